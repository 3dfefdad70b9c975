import Energy
import Engine
import Files
import Hardware
import Simulation
import Traces

/// Runs all runs of a comparison.
public struct ComparisonRunner: Sendable {
    /// Where shipped configurations, memories and energy tables are.
    public let library: ConfigurationLibrary
    /// Layers at once; the number of cores where nil.
    public let concurrency: Int?
    /// What is kept of what runs of one trace on different machines share.
    public let memory: Bytes
    /// Which layers of a trace run: indices in rising order.
    public let selects: @Sendable (Trace) throws -> [Int]

    /// Makes a runner.
    ///
    /// - Parameters:
    ///   - library: the configurations that ship.
    ///   - concurrency: layers at once; the number of cores where nil.
    ///   - memory: what is kept of what runs of one trace on different machines share: operands and masks.
    ///   - selects: the layers of a trace that run; all where nil.
    public init(
        library: ConfigurationLibrary, concurrency: Int? = nil, memory: Bytes = .kibibytes(1 << 19),
        selects: (@Sendable (Trace) throws -> [Int])? = nil
    ) {
        self.library = library
        self.memory = memory
        self.concurrency = concurrency
        self.selects = selects ?? { Array($0.layers.indices) }
    }

    /// Runs everything, case by case, run by run, a run's layers side by side.
    ///
    /// All traces and machines are read before the first run begins, so that an error in the last one shows at once.
    ///
    /// - Parameters:
    ///   - comparison: what is compared.
    ///   - progress: told before each run how many are done, and of how many.
    /// - Throws: `FileError` and `InputError` for what cannot be read, does not fit or cannot run; `BrokenLaw` for a bug of ours.
    public func run(
        _ comparison: Comparison, progress: @Sendable (_ done: Int, _ of: Int, _ run: String) -> Void = { _, _, _ in }
    ) async throws -> ComparisonResult {
        let prepared = try prepare(comparison)
        let all = prepared.reduce(0) { $0 + $1.count }
        let cache = SimulationCache(limit: memory)
        let traces = comparison.cases.flatMap(\.runs).map(\.traceKey).unique()
        var done = 0
        var cases: [CaseResult] = []
        for (one, runs) in zip(comparison.cases, prepared) {
            var results: [RunResult] = []
            for (run, (trace, machine)) in zip(one.runs, runs) {
                progress(done, all, one.name.isEmpty ? run.name : "\(one.name): \(run.name)")
                let number = traces.firstIndex(of: run.traceKey) ?? traces.count
                let result = try await Simulator(machine).run(
                    trace, only: selects(trace), concurrency: concurrency, sharing: (cache: cache, trace: number))
                results.append(RunResult(name: run.name, result: result, tracePath: run.trace))
                done += 1
            }
            cases.append(CaseResult(name: one.name, runs: results, baseline: comparison.baseline))
        }
        return ComparisonResult(comparison: comparison, cases: cases)
    }

    /// Reads all traces and machines of a comparison, without running one.
    ///
    /// - Throws: `FileError` and `InputError` for what cannot be read or does not fit.
    public func check(_ comparison: Comparison) throws { _ = try prepare(comparison) }

    private func prepare(_ comparison: Comparison) throws -> [[(Trace, Machine)]] {
        let prepared = try comparison.cases.map { one in try one.runs.map(prepare) }
        for (one, runs) in zip(comparison.cases, prepared) {
            try comparison.published?.check(one, traces: runs.map(\.0))
        }
        return prepared
    }

    private func prepare(_ run: ComparisonRun) throws -> (Trace, Machine) {
        let trace = try run.tracePlace.named { try Trace.load(path: run.trace) }
        let configuration = try run.configurationPlace.named {
            try Configuration.load(path: run.configuration, overrides: run.overrides, library: library)
        }
        _ = try selects(trace)
        return (try run.batch.map(trace.with(batch:)) ?? trace, try Machine(configuration, library: library))
    }
}

extension ComparisonRun {
    /// Runs with the same trace at the same batch share its operands.
    fileprivate var traceKey: [String] { [trace, batch.map(String.init) ?? ""] }
}

extension PublishedFigures {
    /// Refuses layers to leave out that the published method's run does not have.
    fileprivate func check(_ one: ComparisonCase, traces: [Trace]) throws {
        guard let index = one.runs.firstIndex(where: { $0.name == run }) else { return }
        let names = traces[index].layers.map(\.name)
        for (name, place) in zip(without, withoutPlaces) where !names.contains(name) {
            let near = nearestName(to: name, among: names).map { ": did you mean \(quoted($0))?" } ?? ""
            throw InputError("the trace of \(quoted(run)) has no layer \(quoted(name))\(near)", at: place.mark)
        }
    }
}
