/// What the transform units did.
public struct TransformLedger: Ledger {
    /// Tiles of one channel that went through the input transform for this layer, on load, behind the buffer, or when they were
    /// stored.
    public var inputTiles = 0
    /// Additions in the input transform.
    public var inputAdds = 0
    /// Additions in the output transform.
    public var outputAdds = 0

    /// Makes counts of zero.
    public init() {}

    /// The entries of all properties.
    public static let counters: [Counter<Self>] = [
        .sum(
            \.inputTiles, "tiles",
            "tiles of one channel through the input transform: each time one is loaded or broadcast, or once where DRAM stores it transformed"
        ),
        .sum(\.inputAdds, "additions", "additions in the input transform"),
        .sum(\.outputAdds, "additions", "additions in the output transform"),
    ]
}
