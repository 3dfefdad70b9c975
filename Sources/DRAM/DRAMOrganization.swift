/// What a memory is built of. All counts are powers of two.
public struct DRAMOrganization: Hashable, Sendable {
    /// Independent channels.
    public var channels = 1
    /// Ranks of a channel.
    public var ranks = 1
    /// Bank groups of a rank.
    public var bankGroups = 4
    /// Banks of a bank group.
    public var banksPerGroup = 4
    /// Bytes that a row holds on a channel.
    public var rowBytes = 8192
    /// Rows of a bank.
    public var rows = 65536
    /// Transfers of a burst.
    public var burstLength = 8
    /// Memory clocks for which a burst occupies the data bus.
    public var burstCycles = 4
    /// Bits of a channel's data bus.
    public var busBits = 64

    /// Makes the organization of one rank of DDR4 (8 Gb, x8).
    public init() {}

    /// Bytes of a burst, which is one request.
    public var requestBytes: Int { burstLength * busBits / 8 }
    /// Requests that a row holds.
    public var columns: Int { rowBytes / requestBytes }
    /// Banks of a channel.
    public var banks: Int { ranks * bankGroups * banksPerGroup }
    /// Bytes of the whole memory.
    public var capacity: Int { channels * banks * rows * rowBytes }
}
