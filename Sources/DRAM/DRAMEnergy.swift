import YAML

/// The source of a memory's energy figures.
public enum DRAMEnergyModel: Hashable, Sendable {
    /// A data sheet's currents.
    case currents(DRAMCurrents)
    /// pJ per bit read or written, which includes everything that the source counts.
    case perBit(Double)
}

/// A device's supply and currents, with the names of data sheets.
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
    /// Continuous reads, in mA.
    public var idd4r = 135.0
    /// Continuous writes, in mA.
    public var idd4w = 123.0
    /// Continuous refreshes, in mA.
    public var idd5ab = 250.0

    /// Makes the currents of DDR4-2400 (8 Gb, x8).
    public init() {}

    /// The charge of an activate with its precharge above standby, in mA * memory clocks: IDD0 for a row cycle, less IDD3N
    /// while the row is open and IDD2N while it is closed (Micron TN-40-07).
    func activateCharge(_ timings: DRAMTimings) -> Double {
        let (cycle, open) = (Double(timings.rowCycle), Double(timings.tRAS))
        return idd0 * cycle - (idd3n * open + idd2n * (cycle - open))
    }
}

/// The energies of a channel's commands, in pJ; standby in mW, which is pJ per ns.
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
    /// From currents as in Micron's TN-40-07: mA * V * ns = pJ, each command's current less the standby current, for the time
    /// of the command. No entry is negative: reading refuses currents that would give one.
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
    /// Standby, with rows open or closed.
    public var background: Double

    /// All components.
    public var total: Double { activate + read + write + refresh + background }

    /// The energy of `counters` in `cycles` memory clocks.
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

extension DRAMCurrents {
    /// Reads `{VDD: 1.2, devices: 8, IDD0: 48, ...}`, in V and mA.
    init(_ node: Node) throws {
        let decoder = try MappingDecoder(node, what: "currents")
        self.init()
        supply = try decoder.required("VDD").real(in: 0...10)
        devices = try decoder.required("devices").integer(in: 1...128)
        let currents: [(String, WritableKeyPath<DRAMCurrents, Double>)] = [
            ("IDD0", \.idd0), ("IDD2N", \.idd2n), ("IDD3N", \.idd3n), ("IDD4R", \.idd4r), ("IDD4W", \.idd4w),
            ("IDD5AB", \.idd5ab),
        ]
        for (name, path) in currents { self[keyPath: path] = try decoder.required(name).real(in: 0...100_000) }
        try decoder.finish()
        try check(at: node)
    }

    /// Checks that no command has less current than the standby below it.
    ///
    /// - Parameter node: the mapping of currents.
    private func check(at node: Node) throws {
        let burst = "a command above standby would have a negative energy"
        let pairs = [
            ("IDD3N", idd3n, "IDD2N", idd2n, "an open row needs at least the current of closed rows"),
            ("IDD4R", idd4r, "IDD3N", idd3n, burst), ("IDD4W", idd4w, "IDD3N", idd3n, burst),
            ("IDD5AB", idd5ab, "IDD3N", idd3n, burst),
        ]
        for (name, value, other, least, reason) in pairs where value < least {
            throw (node[name] ?? node).error(
                "\(name) of \(value) mA is below \(other) of \(least) mA: expected at least \(least), as \(reason)")
        }
    }

    /// Checks that an activate with its precharge has at least the charge of standby in the same time.
    ///
    /// - Parameter node: the mapping of timings.
    func checkActivate(_ timings: DRAMTimings, at node: Node) throws {
        guard activateCharge(timings) < 0 else { return }
        throw (["tRAS", "tRC", "tRP"].lazy.compactMap { node[$0] }.first ?? node).error(
            "IDD0 of \(idd0) mA in a row cycle of \(timings.rowCycle) clocks is below standby, expected at least IDD3N of \(idd3n) mA for "
                + "tRAS of \(timings.tRAS) and IDD2N of \(idd2n) mA for the rest: an activate would have a negative energy"
        )
    }
}
