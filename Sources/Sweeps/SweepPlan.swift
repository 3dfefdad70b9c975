import Hardware
import Traces

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
