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

/// A sweep with its traces, checked values and points.
public struct SweepPlan: Sendable {
    /// The sweep.
    public let sweep: Sweep
    /// The traces, by value of the trace axis.
    let traces: [Trace]
    /// The selected points that satisfy all constraints, in the grid's order.
    let points: [SweepPoint]
    /// The shipped configurations.
    let library: ConfigurationLibrary

    /// A note on a sample that is smaller than requested.
    public let note: String?

    /// The number of points.
    public var count: Int { points.count }

    /// Reads the traces, and checks every value of every axis. Incompatible values are found when their points run.
    ///
    /// - Parameters:
    ///   - sweep: the sweep.
    ///   - library: the shipped configurations.
    ///   - shipped: the shipped traces; without them the sweep's traces must be files.
    /// - Throws: `InputError` and `FileError` at the position of the first error.
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
    /// - Throws: `InputError` if its values are incompatible.
    func configuration(of point: SweepPoint) throws -> Configuration {
        try Configuration.load(
            base: sweep.base, overrides: sweep.overrides + sweep.changes { _ in true }(point.indices), library: library)
    }

    /// The values of a point's axes, as written.
    func texts(of point: SweepPoint) -> [String] {
        zip(sweep.axes, point.indices).map { $0.values[$1].text }
    }
}

extension Sweep {
    /// The overrides of a choice of values, for some of the axes.
    func changes(_ isMeant: @escaping (Axis) -> Bool) -> ([Int]) throws -> [Override] {
        // A section precedes its keys, which it would otherwise replace.
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

/// Checks of a sweep's values before points run.
extension Sweep {
    /// Checks that a key of the configuration may have a value; keys of traces are not checked.
    func check(_ key: String, _ value: String, library: ConfigurationLibrary) throws {
        if key == Axis.traceName || key.hasPrefix(Axis.traceName + ".") { return }
        let change = Override("\(key)=\(value)")
        _ = try Configuration.load(base: base, overrides: overrides + [change], library: library, checksTogether: false)
    }

    /// Checks each value of each axis.
    ///
    /// - Returns: the keys of the sweep's configurations and traces.
    func checkValues(traces: [Trace], library: ConfigurationLibrary) throws -> [String] {
        var keys = Set(axes.map(\.name))
        /// Reads a machine with changes, and its tables, memory and keys if the changes affect them.
        func check(_ change: [Override], of section: Substring?, isSection: Bool) throws {
            let machine = try Configuration.load(
                base: base, overrides: overrides + change, library: library, checksTogether: false)
            if section == nil || section == "energy" { _ = try EnergyTables.load(for: machine, library: library) }
            if section == nil || section == "dram" || isSection { keys.formUnion(machine.keys) }
            guard section == nil || section == "dram" else { return }
            try machine.dram.check()
            keys.formUnion(machine.presetKeys)
        }
        /// A key in a section that is an axis too must be compatible with one of the section's values.
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

/// Keys of a memory that its configuration does not contain: those of its standard's preset.
extension Configuration {
    private var preset: Node? { if case .standard(let standard) = dram { standard.preset } else { nil } }

    /// All keys of the memory's preset, with dots.
    var presetKeys: [String] {
        func names(_ node: Node, _ prefix: String) -> [String] {
            (node.entries ?? []).flatMap { ["\(prefix).\($0.name)"] + names($0.value, "\(prefix).\($0.name)") }
        }
        return preset.map { names($0, "dram") } ?? []
    }

    /// The value of a key in the memory's preset; nil if there is none.
    func presetValue(of key: String) -> Node? {
        let parts = key.split(separator: ".")
        guard parts.first == "dram" else { return nil }
        return parts.dropFirst().reduce(preset) { $0?[String($1)] }
    }
}
