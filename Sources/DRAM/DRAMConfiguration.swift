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
