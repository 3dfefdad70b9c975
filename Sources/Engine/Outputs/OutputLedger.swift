import Hardware

/// What the outputs did from the accumulators to DRAM.
public struct OutputLedger: Ledger {
    /// Pairs that left the accumulators.
    public var pairs = 0
    /// Accumulators that were read when their pairs left.
    public var accumulatorDrains = 0
    /// Real outputs.
    public var values = 0
    /// Outputs, or positions of the next layer's tiles, that were examined to store them as a mask and the non-zero ones, and those that
    /// the next layer's density keeps.
    public var encoded = ValueCount()
    /// What the encoding stores beside the values, in bits.
    public var indexBits = 0
    /// Bytes of the outputs as they are stored, each pass rounded up.
    public var bytes = 0
    /// Writes of one bank of the output buffer at its port's width; each is read once on the way to DRAM.
    public var bufferWrites = 0

    /// Makes counts of zero.
    public init() {}

    /// The entries of all properties.
    public static let counters: [Counter<Self>] = [
        .sum(\.pairs, "pairs", "pairs of a filter and a tile that left the accumulators"),
        .sum(\.accumulatorDrains, "accumulators", "accumulators read when their pairs left"),
        .sum(\.values, "values", "outputs"),
        .sum(\.encoded, "values", "outputs, or positions of the next layer's tiles, that encoders examined and kept"),
        .sum(\.indexBits, "bit", "bits that the encoding stores beside the outputs"),
        .sum(\.bytes, "B", "bytes of the outputs as they are stored"),
        .sum(\.bufferWrites, "accesses", "writes of one bank of the output buffer"),
    ]
}
