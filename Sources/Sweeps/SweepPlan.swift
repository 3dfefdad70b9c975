import Energy
import Hardware
import Traces
import YAML

/// A point of a sweep.
struct SweepPoint: Hashable, Sendable {
    /// Its number, from 1.
    let number: Int
    /// By axis, the index of its value.
    let indices: [Int]
}

/// A sweep whose traces are read and whose values are checked, with its points.
public struct SweepPlan: Sendable {
    /// What was asked.
    public let sweep: Sweep
    /// By value of the trace's axis.
    let traces: [Trace]
    /// The points that hold all constraints and were chosen, in the grid's order.
    let points: [SweepPoint]
    /// Where the configurations that ship are.
    let library: ConfigurationLibrary

    /// What there is to say of a sample that is smaller than was asked for.
    public let note: String?

    /// How many points there are.
    public var count: Int { points.count }

    /// Reads the traces, and looks at every value of every axis by itself: what does not go together is found point by point.
    ///
    /// - Parameters:
    ///   - sweep: the sweep.
    ///   - library: the configurations that ship.
    ///   - shipped: the traces that ship, which a sweep may name; without them, files alone.
    /// - Throws: `InputError` and `FileError` at the place of the first slip.
    public init(_ sweep: Sweep, library: ConfigurationLibrary, traces shipped: TraceLibrary? = nil) throws {
        self.sweep = sweep
        self.library = library
        traces = try sweep.traces(shipped)
        let keys = try sweep.checkValues(traces: traces, library: library)
        for constraint in sweep.constraints {
            try constraint.check(keys: keys) { key, value in try sweep.check(key, value, library: library) }
        }
        var filter = ConstraintFilter(sweep, library: library)
        let (chosen, note) = try sweep.choose(in: SweepSpace(sweep, values: filter.values())) { try filter.holds($0) }
        points = chosen.enumerated().map { SweepPoint(number: $0.offset + 1, indices: $0.element) }
        self.note = note
    }

    /// The machine of a point.
    ///
    /// - Throws: `InputError` where its values do not go together.
    func configuration(of point: SweepPoint) throws -> Configuration {
        try Configuration.load(
            base: sweep.base, overrides: sweep.overrides + sweep.changes { _ in true }(point.indices), library: library)
    }

    /// As they were written, the values of a point's axes.
    func texts(of point: SweepPoint) -> [String] {
        zip(sweep.axes, point.indices).map { $0.values[$1].text }
    }
}

extension Sweep {
    /// What a choice of values changes of the configuration, for some of the axes.
    func changes(_ isMeant: @escaping (Axis) -> Bool) -> ([Int]) throws -> [Override] {
        // A section before the keys in it, which would be gone again with it.
        let meant = axes.enumerated()
            .filter { $0.element.target == .configuration && isMeant($0.element) }
            .sorted { ($0.element.depth, $0.offset) < ($1.element.depth, $1.offset) }
        return { indices in
            try meant.map { index, axis in try Override(key: axis.key, value: axis.values[indices[index]].node) }
        }
    }

    /// The traces, by value of their axis.
    fileprivate func traces(_ shipped: TraceLibrary?) throws -> [Trace] {
        try axes.filter { $0.target == .trace }.flatMap(\.values).map { value in
            try SettingPlace(value.node.mark).named {
                try Trace.load(path: shipped.map { try $0.resolve(value.node) } ?? value.node.path())
            }
        }
    }
}

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

/// A memory has keys that its configuration does not write: those of the preset behind its standard.
extension Configuration {
    private var preset: Node? { if case .standard(let standard) = dram { standard.preset } else { nil } }

    /// All keys of the memory that its preset has, with dots.
    var presetKeys: [String] {
        func names(_ node: Node, _ prefix: String) -> [String] {
            (node.entries ?? []).flatMap { ["\(prefix).\($0.name)"] + names($0.value, "\(prefix).\($0.name)") }
        }
        return preset.map { names($0, "dram") } ?? []
    }

    /// The value of a key of the memory that its preset gives; nil where it gives none.
    func presetValue(of key: String) -> Node? {
        let parts = key.split(separator: ".")
        guard parts.first == "dram" else { return nil }
        return parts.dropFirst().reduce(preset) { $0?[String($1)] }
    }
}
