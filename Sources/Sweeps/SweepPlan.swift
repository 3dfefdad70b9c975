import DRAM
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
    /// - Throws: `InputError` and `FileError` at the place of the first slip.
    public init(_ sweep: Sweep, library: ConfigurationLibrary) throws {
        self.sweep = sweep
        self.library = library
        traces = try sweep.traces()
        let keys = try sweep.checkValues(traces: traces, library: library)
        for constraint in sweep.constraints {
            try constraint.check(keys: keys) { key, value in try sweep.check(key, value) }
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
            base: sweep.base, overrides: sweep.overrides + sweep.changes { _ in true }(point.indices))
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

    /// Whether a key of the configuration may have a value; what of a trace has other values is not looked at.
    fileprivate func check(_ key: String, _ value: String) throws {
        if key == Axis.traceName || key.hasPrefix(Axis.traceName + ".") { return }
        let change = Override("\(key)=\(value)")
        _ = try Configuration.load(base: base, overrides: overrides + [change], checksTogether: false)
    }

    /// The traces, by value of their axis.
    fileprivate func traces() throws -> [Trace] {
        try axes.filter { $0.target == .trace }.flatMap(\.values).map { value in
            try SettingPlace(value.node.mark).named { try Trace.load(path: value.node.path()) }
        }
    }

    /// Reads each value of each axis by itself.
    ///
    /// - Returns: the keys that configurations of the sweep have, and those of its traces.
    fileprivate func checkValues(traces: [Trace], library: ConfigurationLibrary) throws -> [String] {
        var keys = Set(axes.map(\.name))
        /// Reads a machine with changes; its tables and its memory where the changes are of these.
        func check(_ change: [Override], of section: Substring?) throws {
            let machine = try Configuration.load(base: base, overrides: overrides + change, checksTogether: false)
            if section == nil || section == "energy" { _ = try EnergyTables.load(for: machine, library: library) }
            guard section == nil || section == "dram" else { return }
            keys.formUnion(machine.keys)
            if case .standard(let standard) = machine.dram {
                _ = try DRAMConfiguration.decode(standard.node, presets: library.memoryFolder())
                keys.formUnion(try library.memoryKeys(of: machine))
            }
        }
        /// A key of a section that is an axis too has to go with one of the section's values.
        func checkAny(_ axis: Axis, _ value: Axis.Value) throws {
            let own = try Override(key: axis.key, value: value.node)
            let sections = axes.filter { axis.name.hasPrefix($0.name + ".") }
            let top = axis.name.split(separator: ".").first
            guard let section = sections.max(by: { $0.depth < $1.depth }) else { return try check([own], of: top) }
            let outcomes = try section.values.map { outer in
                let change = [try Override(key: section.key, value: outer.node), own]
                return Result { try check(change, of: top) }
            }
            if outcomes.allSatisfy({ if case .failure = $0 { true } else { false } }) { try outcomes.first?.get() }
        }
        try check([], of: nil)
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

    /// The cells that hold and are taken, in the grid's order, and what there is to say of a sample that is smaller than asked for.
    fileprivate func choose(
        in space: SweepSpace, _ holds: ([Int]) throws -> Bool
    ) throws -> (chosen: [[Int]], note: String?) {
        func failed(_ message: String) -> InputError { InputError(message, at: Mark(file: path, line: 1, column: 1)) }
        guard space.cells != 0 else { throw failed("no point of the sweep holds all of its constraints") }
        let few = space.cells.flatMap { $0 <= SweepSpace.cellLimit ? $0 : nil }
        func all(_ cells: Int) throws -> [Int] {
            try (0..<cells).filter { try constraints.isEmpty || holds(space.indices(ofCell: $0)) }
        }
        var chosen: [[Int]]
        var asked: Int?
        var none = "no point of the sweep holds all of its constraints"
        switch sample {
        case .grid:
            guard let few else {
                throw failed(
                    "the grid has more than \(SweepSpace.cellLimit) points: take a sample, such as "
                        + "{method: latin-hypercube, count: 1000}")
            }
            chosen = try all(few).map(space.indices(ofCell:))
        case .random(let count, let seed):
            asked = count
            var draws = Draws(seed: seed, stream: "points")
            if let few, !constraints.isEmpty || count > few / 2 {
                var cells = try all(few)
                draws.shuffle(&cells)
                chosen = cells.prefix(count).map(space.indices(ofCell:))
            } else {
                let tries = 1000 * count
                none =
                    "none of \(tries) points that were drawn holds all constraints, of a grid too large to go through"
                var found: Set<[Int]> = []
                for _ in 0..<tries where found.count < count {
                    let cell = space.draw(&draws)
                    if try holds(cell) { found.insert(cell) }
                }
                chosen = Array(found)
            }
        case .latinHypercube(let count, let seed):
            asked = count
            none =
                "none of the \(count) points of the Latin hypercube holds all constraints: take more, or another seed"
            chosen = try Set(space.latinHypercube(count: count, seed: seed)).filter(holds)
        }
        guard !chosen.isEmpty else { throw failed(none) }
        guard chosen.count <= SweepSpace.pointLimit else {
            throw failed(
                "the sweep has \(chosen.count) points, expected at most \(SweepSpace.pointLimit): take a sample")
        }
        let note = asked.flatMap { asked in
            chosen.count < asked
                ? "the sample has \(chosen.count) points of \(asked): the others fell on one another, hold not all constraints, or "
                    + "are not there" : nil
        }
        return (chosen.sorted { $0.lexicographicallyPrecedes($1) }, note)
    }
}
