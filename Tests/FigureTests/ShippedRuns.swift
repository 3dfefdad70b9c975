import Comparisons
import Energy
import Engine
import Files
import Foundation
import Hardware
import Reports
import Simulation
import Sweeps
import TestSupport
import Traces
import YAML

/// The digest of one file of a shipped run.
struct FigureDigest: Hashable, Sendable {
    /// The trace, or `comparison` or `sweep` with its name.
    let subject: String
    /// The machine, the comparison's case, or the sweep's points.
    let conditions: String
    /// The file's name; `exit` if the machine refuses the trace.
    let file: String
    /// The file's digest, or the exit code.
    let digest: String

    /// The pinned form: columns separated by at least two spaces.
    var line: String {
        [(subject, 32), (conditions, 30), (file, 14)].reduce(into: "") { line, column in
            line += column.0.padding(toLength: column.1, withPad: " ", startingAt: 0)
        } + digest
    }

    /// Makes the digest of a file.
    init(_ subject: String, _ conditions: String, _ file: String, _ digest: String) {
        (self.subject, self.conditions, self.file, self.digest) = (subject, conditions, file, digest)
    }

    /// Reads a pinned line; nil if it is none.
    init?(line: String) {
        let columns = line.components(separatedBy: "  ").filter { !$0.isEmpty }
            .map { $0.trimmingCharacters(in: .whitespaces) }
        guard columns.count == 4 else { return nil }
        self.init(columns[0], columns[1], columns[2], columns[3])
    }
}

/// All shipped runs, as independent jobs.
struct ShippedRuns: Sendable {
    typealias Job = @Sendable () async throws -> [FigureDigest]

    /// The shard of each sweep that runs: one of N points. N has no factor in common with the number of values of the
    /// last axes, so that each of these values has points. A sweep that is not listed runs all points.
    static let shards = [
        "array-shape": "1/5", "buffers-dram": "1/11", "machine-search": "1/29", "multipliers-lookahead": "1/5",
        "stored-tiles": "1/5", "tile-density": "1/7",
    ]
    /// The size of the cache that the points of a sweep, or the machines of a trace, share.
    private static let shared = Bytes.kibibytes(1 << 19)

    private let library: ConfigurationLibrary
    private let traces: TraceLibrary
    private let isQuick: Bool

    /// - Parameter isQuick: whether only the digits trace runs.
    init(isQuick: Bool) throws {
        library = try ConfigurationLibrary(
            directory: repository + "/Configs", environment: [:], executable: nil, workingDirectory: "/")
        traces = try TraceLibrary(
            directory: repository + "/Traces", environment: [:], executable: nil, workingDirectory: "/")
        self.isQuick = isQuick
    }

    /// Runs all jobs, as many at once as there are cores.
    func digests() async throws -> [FigureDigest] {
        // The longest jobs first, so that no core is idle at the end.
        let jobs: [Job] = try comparisons().reversed() + (isQuick ? [] : sweeps()) + simulations().reversed()
        return try await withThrowingTaskGroup(of: [FigureDigest].self) { group in
            var digests: [FigureDigest] = []
            for (index, job) in jobs.enumerated() {
                if index >= ProcessInfo.processInfo.activeProcessorCount, let done = try await group.next() {
                    digests += done
                }
                group.addTask { try await job() }
            }
            return try await group.reduce(into: digests) { $0 += $1 }
        }
    }

    /// Whether a pinned line belongs to a run that is made here.
    func covers(_ pinned: FigureDigest) -> Bool {
        !isQuick || pinned.subject.hasPrefix("digits") || pinned.subject == "comparison digits"
    }

    /// A job per trace, which runs it on every machine.
    private func simulations() throws -> [Job] {
        let machines = try library.list()
        return try traces.list().filter { !isQuick || $0.name.hasPrefix("digits") }.map { item in
            {
                let trace = try Trace.load(path: item.path)
                let cache = SimulationCache(limit: Self.shared)
                var digests: [FigureDigest] = []
                for machine in machines { digests += try await simulate(trace, item.name, on: machine, cache) }
                return digests
            }
        }
    }

    private func simulate(
        _ trace: Trace, _ name: String, on item: ConfigurationLibrary.Item, _ cache: SimulationCache
    ) async throws -> [FigureDigest] {
        func digest(_ file: String, _ digest: String) -> FigureDigest { FigureDigest(name, item.name, file, digest) }
        let machine = try Machine(Configuration.load(path: item.path, library: library), library: library)
        let result: SimulationResult
        do {
            result = try await Simulator(machine).run(trace, concurrency: 1, sharing: (cache: cache, trace: 0))
        } catch is InputError {
            return [digest("exit", "65")]
        }
        let report = SimulationReport(result: result, tracePath: trace.path, version: "")
        return [
            digest("layers.csv", try Digest.csv(report.layersCSV())),
            digest("energy.csv", try Digest.csv(report.energyCSV())),
            digest("area.csv", try Digest.csv(report.areaCSV())),
            digest("summary.json", try Digest.json(report.summaryJSON())),
        ]
    }

    /// A job per case of a comparison.
    private func comparisons() throws -> [Job] {
        try library.comparisons().filter { !isQuick || $0.name == "digits" }.flatMap { item in
            let comparison = try Comparison.load(path: item.path, library: library, traces: traces)
            return comparison.cases.map { one -> Job in
                var single = comparison
                single.cases = [one]
                return { [single] in
                    let result = try await ComparisonRunner(library: library, concurrency: 1).run(single)
                    let report = ComparisonReport(result: result, version: "")
                    let digest = try Digest.csv(report.csv())
                    return [FigureDigest("comparison \(item.name)", one.name, "compare.csv", digest)]
                }
            }
        }
    }

    /// A job per sweep.
    private func sweeps() throws -> [Job] {
        library.sweeps().map { item in
            {
                let shard = Self.shards[item.name].flatMap(Shard.init) ?? .whole
                let plan = try SweepPlan(
                    Sweep.load(path: item.path, library: library), library: library, traces: traces)
                let runner = try SweepRunner(plan, version: "", shard: shard, jobs: 1, memory: Self.shared)
                let digest = try Digest.csv(await runner.run(journal: nil).csv())
                return [FigureDigest("sweep \(item.name)", "points \(shard)", "sweep.csv", digest)]
            }
        }
    }
}
