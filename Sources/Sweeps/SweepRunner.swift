import Energy
import Engine
import Files
import Foundation
import Hardware
import Reports
import Simulation
import Synchronization
import Traces

/// Runs the points of a sweep, one per core at a time.
public struct SweepRunner: Sendable {
    private let plan: SweepPlan
    private let identity: SweepIdentity
    private let shard: Shard
    private let jobs: Int
    private let memory: Bytes

    /// Makes a runner.
    ///
    /// - Parameters:
    ///   - plan: the sweep.
    ///   - version: the program's.
    ///   - shard: the points that run.
    ///   - jobs: concurrent points; nil is the number of cores.
    ///   - memory: the limit of the cache that points share.
    /// - Throws: `FileError` if a table cannot be read.
    public init(
        _ plan: SweepPlan, version: String, shard: Shard = .whole, jobs: Int? = nil, memory: Bytes
    ) throws {
        self.plan = plan
        identity = try SweepIdentity(plan, version: version)
        self.shard = shard
        self.jobs = max(1, jobs ?? ProcessInfo.processInfo.activeProcessorCount)
        self.memory = memory
    }

    /// Runs all points that are not in the journal.
    ///
    /// - Parameters:
    ///   - journal: stores every finished point; nil stores none.
    ///   - progress: called after each point with the number of finished and of all points, those of the journal included.
    /// - Throws: `FileError` if the journal cannot be written; its points remain.
    public func run(
        journal: Journal?, progress: @escaping @Sendable (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) async throws -> SweepResult {
        let mine = plan.points.filter { shard.holds($0.number) }
        let known = journal?.found.rows ?? [:]
        let open = mine.filter { known[$0.number] == nil }
        let runner = PointRunner(plan, memory: memory)
        let workers = min(jobs, open.count)
        // With fewer points than cores, the layers of a point run concurrently.
        let concurrency = max(1, jobs / max(1, workers))
        let counter = Counter(done: mine.count - open.count)
        let rows = try await withThrowingTaskGroup(of: [SweepRow].self) { group in
            for _ in 0..<workers {
                group.addTask {
                    var rows: [SweepRow] = []
                    while !Task.isCancelled, let point = open.element(at: counter.take()) {
                        let row = await runner.run(point, concurrency: concurrency)
                        try journal?.append(row)
                        rows.append(row)
                        progress(counter.finish(), mine.count)
                    }
                    return rows
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        var all = known
        for row in rows { all[row.number] = row }
        return SweepResult(identity, rows: mine.compactMap { all[$0.number] })
    }
}

/// Assigns points to workers, and counts the finished ones.
private final class Counter: Sendable {
    private let numbers: Mutex<(taken: Int, done: Int)>

    init(done: Int) { numbers = Mutex((0, done)) }

    /// The index of the next point.
    func take() -> Int {
        numbers.withLock { numbers in
            numbers.taken += 1
            return numbers.taken - 1
        }
    }

    /// Counts a finished point.
    ///
    /// - Returns: the number of finished points.
    func finish() -> Int {
        numbers.withLock { numbers in
            numbers.done += 1
            return numbers.done
        }
    }
}

extension Array {
    fileprivate func element(at index: Int) -> Element? { index < count ? self[index] : nil }
}

/// Every N-th point of a sweep: the share of one task of a job array.
public struct Shard: Hashable, Sendable, CustomStringConvertible {
    /// From 1 to `count`.
    public let index: Int
    /// Shards of the sweep.
    public let count: Int

    /// The whole sweep.
    public static let whole = Shard(uncheckedIndex: 1, of: 1)

    private init(uncheckedIndex index: Int, of count: Int) { (self.index, self.count) = (index, count) }

    /// Reads `I/N`; nil if the text is invalid.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let index = parts[0], let count = parts[1], (1...100_000).contains(count),
            (1...count).contains(index)
        else { return nil }
        self.init(uncheckedIndex: index, of: count)
    }

    /// Whether it contains a point.
    func holds(_ number: Int) -> Bool { (number - 1) % count == index - 1 }

    /// `2/4`.
    public var description: String { "\(index)/\(count)" }
}

/// Runs single points, and caches what they share.
final class PointRunner: Sendable {
    private let plan: SweepPlan
    private let cache: SimulationCache
    private let tables = Mutex<[EnergySource: EnergyTables]>([:])
    private let variants = Mutex<[[Int]: (number: Int, trace: Trace)]>([:])
    /// Axes that change the trace.
    private let traceAxes: [Int]

    /// - Parameter memory: the limit of the cache.
    init(_ plan: SweepPlan, memory: Bytes) {
        self.plan = plan
        cache = SimulationCache(limit: memory)
        traceAxes = plan.sweep.axes.indices.filter { plan.sweep.axes[$0].target != .configuration }
    }

    /// Runs a point. An error is stored in its row.
    ///
    /// - Parameter concurrency: concurrent layers.
    func run(_ point: SweepPoint, concurrency: Int) async -> SweepRow {
        let axes = plan.texts(of: point)
        do {
            let configuration = try plan.configuration(of: point)
            let machine = try machine(configuration)
            let (number, trace) = try variant(of: point)
            let result = try await Simulator(machine).run(
                trace, concurrency: concurrency, sharing: (cache: cache, trace: number))
            return SweepRow(number: point.number, axes: axes, totals: RunTotals(result))
        } catch {
            return SweepRow(number: point.number, axes: axes, error: Self.words(for: error))
        }
    }

    /// An error as one line.
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
        // These do not change which tables are read.
        (source.technology, source.voltage, source.memoryPerBit) = (0, nil, nil)
        let tables = try tables.withLock { kept in
            if let tables = kept[source] { return tables }
            let tables = try EnergyTables.load(for: configuration, library: plan.library)
            kept[source] = tables
            return tables
        }
        return try Machine(configuration, tables: tables)
    }

    /// The point's trace, and its number among the sweep's traces.
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
