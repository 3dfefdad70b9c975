import Foundation
import Hardware
import Synchronization

/// Runs the points of a sweep, one a core at a time.
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
    ///   - jobs: points at once; as many as there are cores where nil.
    ///   - memory: how much is kept of what points share.
    /// - Throws: `FileError` where a table cannot be read.
    public init(
        _ plan: SweepPlan, version: String, shard: Shard = .whole, jobs: Int? = nil, memory: Bytes
    ) throws {
        self.plan = plan
        identity = try SweepIdentity(plan, version: version)
        self.shard = shard
        self.jobs = max(1, jobs ?? ProcessInfo.processInfo.activeProcessorCount)
        self.memory = memory
    }

    /// Runs all points that a journal does not have yet.
    ///
    /// - Parameters:
    ///   - journal: keeps every finished point; nil keeps none.
    ///   - progress: told after each point how many are done, and of how many, those of the journal among them.
    /// - Throws: `FileError` where the journal cannot be written: what it has stays.
    public func run(
        journal: Journal?, progress: @escaping @Sendable (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) async throws -> SweepResult {
        let mine = plan.points.filter { shard.holds($0.number) }
        let known = journal?.found.rows ?? [:]
        let open = mine.filter { known[$0.number] == nil }
        let runner = PointRunner(plan, memory: memory)
        let workers = min(jobs, open.count)
        // Where there are fewer points than cores, the layers of one run side by side.
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

/// Hands out work, and counts what is done.
private final class Counter: Sendable {
    private let numbers: Mutex<(taken: Int, done: Int)>

    init(done: Int) { numbers = Mutex((0, done)) }

    /// The index of the next piece of work.
    func take() -> Int {
        numbers.withLock { numbers in
            numbers.taken += 1
            return numbers.taken - 1
        }
    }

    /// Counts a piece of work that is done.
    ///
    /// - Returns: how many are.
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
