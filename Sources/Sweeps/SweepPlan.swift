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
        for constraint in sweep.constraints { try constraint.check(keys: keys) }
        var filter = ConstraintFilter(sweep)
        points = try sweep.choose { try filter.holds($0) }.enumerated().map {
            SweepPoint(number: $0.offset + 1, indices: $0.element)
        }
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
        let meant = axes.enumerated().filter { $0.element.target == .configuration && isMeant($0.element) }
        return { indices in
            try meant.map { index, axis in try Override(key: axis.key, value: axis.values[indices[index]].node) }
        }
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
        func check(_ change: [Override]) throws {
            let machine = try Configuration.load(base: base, overrides: overrides + change, checksTogether: false)
            keys.formUnion(machine.keys)
            _ = try EnergyTables.load(for: machine, library: library)
            if case .standard(let standard) = machine.dram {
                _ = try DRAMConfiguration.decode(standard.node, presets: library.memoryFolder())
            }
        }
        try check([])
        for axis in axes {
            for value in axis.values {
                switch axis.target {
                case .trace: break
                case .ofTrace(let key): for trace in traces { _ = try trace.with(key, value.node) }
                case .configuration: try check([Override(key: axis.key, value: value.node)])
                }
            }
        }
        return keys.sorted()
    }

    /// The cells that hold and are taken, in the grid's order.
    fileprivate func choose(_ holds: ([Int]) throws -> Bool) throws -> [[Int]] {
        let space = SweepSpace(self)
        func all(_ cells: Int) throws -> [[Int]] {
            try (0..<cells).lazy.map(space.indices(ofCell:)).filter(holds)
        }
        func failed(_ message: String) -> InputError { InputError(message, at: Mark(file: path, line: 1, column: 1)) }
        let few = space.cells.flatMap { $0 <= SweepSpace.cellLimit ? $0 : nil }
        var chosen: [[Int]]
        switch sample {
        case .grid:
            guard let few else {
                throw failed(
                    "the grid has more than \(SweepSpace.cellLimit) points: take a sample, such as "
                        + "{method: latin-hypercube, count: 1000}")
            }
            chosen = try all(few)
        case .random(let count, let seed):
            var draws = Draws(seed: seed, stream: "points")
            if let few {
                chosen = try all(few)
                draws.shuffle(&chosen)
                chosen = Array(chosen.prefix(count))
            } else {
                var found: Set<[Int]> = []
                for _ in 0..<1000 * count where found.count < count {
                    let cell = space.draw(&draws)
                    if try holds(cell) { found.insert(cell) }
                }
                chosen = Array(found)
            }
        case .latinHypercube(let count, let seed):
            chosen = try Set(space.latinHypercube(count: count, seed: seed)).filter(holds)
        }
        guard !chosen.isEmpty else { throw failed("no point of the sweep holds all of its constraints") }
        guard chosen.count <= SweepSpace.pointLimit else {
            throw failed(
                "the sweep has \(chosen.count) points, expected at most \(SweepSpace.pointLimit): take a sample")
        }
        return chosen.sorted { $0.lexicographicallyPrecedes($1) }
    }
}
