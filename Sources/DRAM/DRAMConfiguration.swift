/// A memory and its controller. The initial values are DDR4-2400 with one channel of one rank.
public struct DRAMConfiguration: Hashable, Sendable {
    /// The standard's name, which is the preset's.
    public var standard = "DDR4-2400"
    /// The period of the memory clock, in which all timings and cycles are given, in femtoseconds.
    public var clockPeriod = 830_000
    /// The organization of the memory.
    public var organization = DRAMOrganization()
    /// Delays between commands.
    public var timings = DRAMTimings()
    /// How addresses are split.
    public var mapping = AddressMapping.burstsInterleaved
    /// Reads of a channel that wait for space in a bank's queue.
    public var readQueue = 32
    /// Writes of a channel that wait for space in a bank's queue.
    public var writeQueue = 32
    /// Requests that wait at a bank.
    public var bankQueue = 8
    /// The energy of the commands.
    public var energy = DRAMEnergyModel.currents(DRAMCurrents())
    /// The source of the energy figures, and what they include.
    public var energySource = ""

    /// Makes DDR4-2400 with one channel of one rank.
    public init() {}

    /// The memory clock's period in ns.
    public var clockNanoseconds: Double { Double(clockPeriod) / 1_000_000 }

    /// Bytes a memory clock at which the data buses of all channels together are full.
    public var peakBytesPerCycle: Double {
        Double(organization.channels * organization.requestBytes) / Double(organization.burstCycles)
    }

    /// The peak bandwidth of all channels together, in GB/s (1e9 bytes per second).
    public var peakBandwidth: Double { peakBytesPerCycle / clockNanoseconds }

    /// Memory clocks from a read command to the end of its data, when it is answered.
    public var readLatency: Int { timings.readLatency + organization.burstCycles }
}

/// The organization of a memory. All counts are powers of two.
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
