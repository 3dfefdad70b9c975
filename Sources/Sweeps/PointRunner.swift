import Energy
import Files
import Hardware
import Reports
import Simulation
import Synchronization
import Traces

/// Runs single points, and keeps what they share.
final class PointRunner: Sendable {
    private let plan: SweepPlan
    private let cache: SimulationCache
    private let tables = Mutex<[EnergySource: EnergyTables]>([:])
    private let variants = Mutex<[[Int]: (number: Int, trace: Trace)]>([:])
    /// Axes that change the trace.
    private let traceAxes: [Int]

    /// - Parameter memory: bytes of what points share that are kept.
    init(_ plan: SweepPlan, memory: Bytes) {
        self.plan = plan
        cache = SimulationCache(limit: memory)
        traceAxes = plan.sweep.axes.indices.filter { plan.sweep.axes[$0].target != .configuration }
    }

    /// Runs a point. What is wrong with it stands in its row.
    ///
    /// - Parameter concurrency: layers at once.
    func run(_ point: SweepPoint, concurrency: Int) async -> SweepRow {
        let axes = plan.texts(of: point)
        do {
            let configuration = try plan.configuration(of: point)
            let machine = try machine(configuration)
            let (number, trace) = try variant(of: point)
            let result = try await machine.simulator.run(
                trace, concurrency: concurrency, sharing: (cache: cache, trace: number))
            return SweepRow(number: point.number, axes: axes, totals: RunTotals(result, model: machine.model))
        } catch {
            return SweepRow(number: point.number, axes: axes, error: Self.words(for: error))
        }
    }

    /// One line on what went wrong.
    private static func words(for error: any Error) -> String {
        let text =
            switch error {
            case let error as InputError: error.message
            case let error as FileError: "\(quoted(error.path)): \(error.reason)"
            default: "internal error (a bug in winosim): \(error)"
            }
        return NumberText.printable(text)
    }

    private func machine(_ configuration: Configuration) throws -> Machine {
        var source = configuration.energy
        // Neither decides what is read.
        (source.technology, source.voltage, source.memoryPerBit) = (0, nil, nil)
        let tables = try tables.withLock { kept in
            if let tables = kept[source] { return tables }
            let tables = try EnergyTables.load(for: configuration, library: plan.library)
            kept[source] = tables
            return tables
        }
        return try Machine(configuration, tables: tables)
    }

    /// The point's trace, and its number among those of the sweep.
    private func variant(of point: SweepPoint) throws -> (number: Int, trace: Trace) {
        let choice = traceAxes.map { point.indices[$0] }
        return try variants.withLock { variants in
            if let known = variants[choice] { return known }
            var trace: Trace?
            for (axis, value) in zip(traceAxes, choice) where plan.sweep.axes[axis].target == .trace {
                trace = plan.traces[value]
            }
            guard var made = trace else { preconditionFailure("a sweep without traces") }
            for (axis, value) in zip(traceAxes, choice) {
                guard case .ofTrace(let key) = plan.sweep.axes[axis].target else { continue }
                made = try made.with(key, plan.sweep.axes[axis].values[value].node)
            }
            let variant = (number: variants.count, trace: made)
            variants[choice] = variant
            return variant
        }
    }
}
