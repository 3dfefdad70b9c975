/// Where a memory's energy figures come from.
public enum DRAMEnergyModel: Hashable, Sendable {
    /// A data sheet's currents.
    case currents(DRAMCurrents)
    /// pJ for a bit that is read or written, in which everything that the source counts is contained.
    case perBit(Double)
}

/// A device's supply and its currents under the names of the data sheets.
public struct DRAMCurrents: Hashable, Sendable {
    /// VDD, in V.
    public var supply = 1.2
    /// Devices that work together in a rank.
    public var devices = 8
    /// One bank is activated and precharged as fast as the row cycle allows, in mA.
    public var idd0 = 48.0
    /// Standby with all banks precharged, in mA.
    public var idd2n = 34.0
    /// Standby with a bank active, in mA.
    public var idd3n = 43.0
    /// Reads without a gap, in mA.
    public var idd4r = 135.0
    /// Writes without a gap, in mA.
    public var idd4w = 123.0
    /// Refreshes without a gap, in mA.
    public var idd5ab = 250.0

    /// Makes the currents of DDR4-2400 (8 Gb, x8).
    public init() {}

    /// What one activate with its precharge takes above standby, in mA * memory clocks: IDD0 for a row cycle, less IDD3N
    /// while the row is open and IDD2N while it is closed (Micron TN-40-07).
    func activateCharge(_ timings: DRAMTimings) -> Double {
        let (cycle, open) = (Double(timings.rowCycle), Double(timings.tRAS))
        return idd0 * cycle - (idd3n * open + idd2n * (cycle - open))
    }
}

/// What the commands of a channel cost, in pJ; standby in mW, which is pJ a ns.
public struct DRAMEnergyTable: Hashable, Sendable {
    /// An activate with its precharge, above standby.
    public var activate = 0.0
    /// A read burst, above standby.
    public var read = 0.0
    /// A write burst, above standby.
    public var write = 0.0
    /// A refresh of a rank, above standby.
    public var refresh = 0.0
    /// A rank with a row open.
    public var activeStandby = 0.0
    /// A rank with all rows closed.
    public var prechargedStandby = 0.0

    /// The table of a memory.
    ///
    /// From currents as in Micron's TN-40-07: mA * V * ns = pJ, each command's current less the standby current that flows
    /// anyway, for as long as the command takes. No entry is negative: a memory whose currents would make one so is refused
    /// when it is read.
    public init(_ configuration: DRAMConfiguration) {
        let organization = configuration.organization
        switch configuration.energy {
        case .perBit(let energy):
            read = energy * Double(8 * organization.requestBytes)
            write = read
        case .currents(let current):
            let timings = configuration.timings
            let power = current.supply * Double(current.devices)
            let clock = power * configuration.clockNanoseconds
            activate = clock * current.activateCharge(timings)
            read = clock * (current.idd4r - current.idd3n) * Double(organization.burstCycles)
            write = clock * (current.idd4w - current.idd3n) * Double(organization.burstCycles)
            refresh = clock * (current.idd5ab - current.idd3n) * Double(timings.tRFC)
            activeStandby = power * current.idd3n
            prechargedStandby = power * current.idd2n
        }
    }
}

/// The energy of a memory's work by component, in pJ.
public struct DRAMEnergy: Hashable, Sendable {
    /// Opening and closing rows.
    public var activate: Double
    /// Read bursts.
    public var read: Double
    /// Write bursts.
    public var write: Double
    /// Refreshes.
    public var refresh: Double
    /// Standing by, with rows open or closed.
    public var background: Double

    /// All components.
    public var total: Double { activate + read + write + refresh + background }

    /// The energy of what `counters` say happened in `cycles` memory clocks.
    public init(_ counters: DRAMCounters, cycles: Int, configuration: DRAMConfiguration) {
        let table = DRAMEnergyTable(configuration)
        let organization = configuration.organization
        activate = Double(counters.activates) * table.activate
        read = Double(counters.reads) * table.read
        write = Double(counters.writes) * table.write
        refresh = Double(counters.refreshes) * table.refresh
        let closed = Double(counters.prechargedCycles)
        let open = Double(cycles) * Double(organization.channels * organization.ranks) - closed
        background = configuration.clockNanoseconds * (closed * table.prechargedStandby + open * table.activeStandby)
    }
}
