/// Everything that describes a memory and its controller. The initial values are DDR4-2400 with one channel of one rank.
public struct DRAMConfiguration: Hashable, Sendable {
    /// The standard's name, which is the preset's.
    public var standard = "DDR4-2400"
    /// The period of the memory clock, in which all timings and cycles are given, in femtoseconds.
    public var clockPeriod = 830_000
    /// What the memory is built of.
    public var organization = DRAMOrganization()
    /// Delays between commands.
    public var timings = DRAMTimings()
    /// How addresses are split.
    public var mapping = AddressMapping.burstsInterleaved
    /// Reads of a channel that wait for a place at a bank.
    public var readQueue = 32
    /// Writes of a channel that wait for a place at a bank.
    public var writeQueue = 32
    /// Requests that wait at a bank.
    public var bankQueue = 8
    /// What the commands cost.
    public var energy = DRAMEnergyModel.currents(DRAMCurrents())
    /// Where the energy figures come from, and what they count.
    public var energySource = ""

    /// Makes DDR4-2400 with one channel of one rank.
    public init() {}

    /// The memory clock's period in ns.
    public var clockNanoseconds: Double { Double(clockPeriod) / 1_000_000 }

    /// Bytes a memory clock at which the data buses of all channels together are full.
    public var peakBytesPerCycle: Double {
        Double(organization.channels * organization.requestBytes) / Double(organization.burstCycles)
    }

    /// The most that all channels together transfer, in GB/s (1e9 bytes a second).
    public var peakBandwidth: Double { peakBytesPerCycle / clockNanoseconds }

    /// Memory clocks from the command of a read to the end of its data, which answers it.
    public var readLatency: Int { timings.readLatency + organization.burstCycles }
}

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
