import Energy
import Hardware
import Traces

/// What can be said of a sweep's values before a point runs.
extension Sweep {
    /// Whether a key of the configuration may have a value; what of a trace has other values is not looked at.
    func check(_ key: String, _ value: String, library: ConfigurationLibrary) throws {
        if key == Axis.traceName || key.hasPrefix(Axis.traceName + ".") { return }
        let change = Override("\(key)=\(value)")
        _ = try Configuration.load(base: base, overrides: overrides + [change], library: library, checksTogether: false)
    }

    /// Reads each value of each axis by itself.
    ///
    /// - Returns: the keys that configurations of the sweep have, and those of its traces.
    func checkValues(traces: [Trace], library: ConfigurationLibrary) throws -> [String] {
        var keys = Set(axes.map(\.name))
        /// Reads a machine with changes; its tables, its memory and its keys where the changes are of these.
        func check(_ change: [Override], of section: Substring?, isSection: Bool) throws {
            let machine = try Configuration.load(
                base: base, overrides: overrides + change, library: library, checksTogether: false)
            if section == nil || section == "energy" { _ = try EnergyTables.load(for: machine, library: library) }
            if section == nil || section == "dram" || isSection { keys.formUnion(machine.keys) }
            guard section == nil || section == "dram" else { return }
            try machine.dram.check()
            keys.formUnion(machine.presetKeys)
        }
        /// A key of a section that is an axis too has to go with one of the section's values.
        func checkAny(_ axis: Axis, _ value: Axis.Value) throws {
            let own = try Override(key: axis.key, value: value.node)
            let sections = axes.filter { axis.name.hasPrefix($0.name + ".") }
            let isSection = value.node.entries != nil
            let top = axis.name.split(separator: ".").first
            guard let section = sections.max(by: { $0.depth < $1.depth }) else {
                return try check([own], of: top, isSection: isSection)
            }
            let outcomes = try section.values.map { outer in
                let change = [try Override(key: section.key, value: outer.node), own]
                return Result { try check(change, of: top, isSection: isSection) }
            }
            if outcomes.allSatisfy({ if case .failure = $0 { true } else { false } }) { try outcomes.first?.get() }
        }
        try check([], of: nil, isSection: false)
        for axis in axes {
            for value in axis.values {
                switch axis.target {
                case .trace: break
                case .ofTrace(let key): for trace in traces { _ = try trace.with(key, value.node) }
                case .configuration: try checkAny(axis, value)
                }
            }
        }
        return keys.sorted()
    }
}
