import Files
import Foundation
import Hardware
import Traces

/// Finds what traces do on one machine, to the cycle, without energies: those are for `Simulator` (module `Simulation`).
///
/// ```swift
/// let trace = try Trace.load(path: "Traces/digits/trace.yaml")
/// let result = try await CycleModel(configuration).run(trace)
/// print(result.total.cycles)
/// ```
public struct CycleModel: Sendable {
    /// The machine.
    public let configuration: Configuration
    /// The energy of a layer in pJ, for searches of mappings that ask for it; nil where there are no energies.
    private let energy: (@Sendable (LayerActivity) -> Double)?

    /// Makes the model of a machine.
    ///
    /// - Parameters:
    ///   - configuration: the machine.
    ///   - energy: the energy of a layer in pJ, for `mapping.search: energy` and `edp`.
    public init(
        _ configuration: Configuration = Configuration(), energy: (@Sendable (LayerActivity) -> Double)? = nil
    ) {
        self.configuration = configuration
        self.energy = energy
    }

    /// Runs every layer of a trace, as many at once as this computer has cores.
    ///
    /// A layer's result depends on the layer and the configuration alone, never on the number of cores.
    ///
    /// - Parameters:
    ///   - trace: the trace.
    ///   - indices: indices of the layers that run, in rising order; all where nil.
    ///   - concurrency: layers at once; the number of cores where nil.
    ///   - recordsTimeline: whether the results hold what happened when.
    ///   - shared: what runs of the same trace share, and the trace's number among all that share it.
    ///   - progress: told after each layer its index in the trace.
    /// - Throws: `InputError` where a layer cannot run as the configuration asks or does not fit the memory that is free;
    ///   `BrokenLaw` for a bug of ours.
    public func run(
        _ trace: Trace, only indices: [Int]? = nil, concurrency: Int? = nil, recordsTimeline: Bool = false,
        sharing shared: (cache: SimulationCache, trace: Int)? = nil, progress: (@Sendable (Int) -> Void)? = nil
    ) async throws -> TraceActivity {
        let layers = trace.layers
        try configuration.checkClock()
        let chosen = indices ?? Array(layers.indices)
        var forms = [LayerForm?](repeating: nil, count: layers.count + 1)
        for i in encodesOutputs ? chosen.flatMap({ [$0, $0 + 1] }) : chosen where i < layers.count && forms[i] == nil {
            forms[i] = try LayerForm(layers[i], on: configuration)
        }
        let run = chosen.compactMap { i in forms[i].map { (index: i, form: $0) } }
        // Large layers run one after another where they would not fit together.
        let fitting = try MemoryNeed.check(run.map(\.form), configuration: configuration)
        let limit = min(fitting ?? .max, concurrency ?? ProcessInfo.processInfo.activeProcessorCount)
        let results = try await mapConcurrently(run, limit: limit) { [forms] i, form in
            let isLast = i + 1 == layers.count
            let share = shared.map {
                LayerShare(
                    cache: $0.cache, key: LayerKey(trace: $0.trace, layer: i),
                    next: isLast ? nil : LayerKey(trace: $0.trace, layer: i + 1))
            }
            let result = try simulate(
                form, next: encodesOutputs ? forms[i + 1] : nil, seed: trace.seed, recordsTimeline: recordsTimeline,
                share: share)
            progress?(i)
            return result
        }
        return TraceActivity(
            configuration: configuration, model: trace.model, traceDescription: trace.description,
            traceDigest: trace.digest, seed: trace.seed, layers: results,
            notExported: trace.notExported, notSimulated: trace.graph.operations)
    }

    /// Runs one layer.
    ///
    /// - Parameters:
    ///   - layer: the layer.
    ///   - next: the layer that reads this one's outputs, whose pixel density decides how they are stored.
    ///   - seed: what fixes the operands that are drawn.
    ///   - recordsTimeline: whether the result holds what happened when.
    /// - Throws: `InputError` where the layer cannot run as the configuration asks; `BrokenLaw` for a bug of ours.
    public func simulate(
        _ layer: Layer, next: Layer? = nil, seed: UInt64 = 1, recordsTimeline: Bool = false
    ) throws -> LayerActivity {
        let form = try LayerForm(layer, on: configuration)
        _ = try MemoryNeed.check([form], configuration: configuration)
        try configuration.checkClock()
        let next = try encodesOutputs ? next.map { try LayerForm($0, on: configuration) } : nil
        return try simulate(form, next: next, seed: seed, recordsTimeline: recordsTimeline, share: nil)
    }

    /// Whether the zeros of outputs are not stored, so that the layer that reads them says what they take.
    private var encodesOutputs: Bool { !configuration.mapping.activationStorage.keepsZeros }

    /// Searches the mappings of layers.
    ///
    /// - Parameters:
    ///   - trace: the trace.
    ///   - indices: indices of the layers; all where nil.
    ///   - concurrency: layers at once; the number of cores where nil.
    ///   - every: whether to simulate every candidate, to see what the estimate misses.
    /// - Returns: by layer all candidates, the mapping as written first.
    /// - Throws: as `run`.
    public func explainMappings(
        of trace: Trace, only indices: [Int]? = nil, concurrency: Int? = nil, every: Bool = false
    ) async throws -> [[MappingRecord]] {
        try configuration.checkClock()
        return try await mapConcurrently(indices ?? Array(trace.layers.indices), limit: concurrency) { i in
            let form = try LayerForm(trace.layers[i], on: configuration)
            let next =
                encodesOutputs && i + 1 < trace.layers.count
                ? try LayerForm(trace.layers[i + 1], on: configuration) : nil
            let density = try OutputDensity(next, configuration: configuration, seed: trace.seed, share: nil)
            return try search(form, density: density, seed: trace.seed, share: nil).run(every: every).records
        }
    }

    private func search(
        _ form: LayerForm, density: OutputDensity, seed: UInt64, share: LayerShare?
    ) throws -> MappingSearch {
        let goal = configuration.mapping.search == .none ? .cycles : configuration.mapping.search
        if goal.needsEnergy && energy == nil {
            throw InputError(
                "mapping.search is \(goal.rawValue), and this run has no energies; expected a run by Simulator, or cycles",
                at: nil)
        }
        let pins = configuration.mapping.pins(of: form.layer.name)
        // The forms of one layer have their operands in common.
        let operands = SimulationCache(limit: .kibibytes(1 << 20))
        return MappingSearch(
            space: MappingSpace(
                written: MappingCandidate(form: form, configuration: configuration.pinned(pins)),
                hardware: configuration, pins: pins),
            objective: MappingObjective(goal: goal, energy: energy), seed: seed, nextDensity: density,
            share: share ?? LayerShare(cache: operands, key: LayerKey(trace: 0, layer: 0), next: nil),
            cache: share?.cache)
    }

    /// - Parameter next: the layer that reads the outputs, where their zeros are not stored.
    private func simulate(
        _ form: LayerForm, next: LayerForm?, seed: UInt64, recordsTimeline: Bool, share: LayerShare?
    ) throws -> LayerActivity {
        func make() throws -> LayerActivity {
            let density = try OutputDensity(next, configuration: configuration, seed: seed, share: share)
            var candidate = MappingCandidate(
                form: form, configuration: configuration.pinned(configuration.mapping.pins(of: form.layer.name)))
            var decision: MappingDecision?
            if configuration.mapping.search != .none {
                let outcome = try search(form, density: density, seed: seed, share: share).run()
                if !recordsTimeline { return outcome.activity.noted(form.note) }
                (candidate, decision) = (outcome.candidate, outcome.decision)
            }
            let recorder = recordsTimeline ? TimelineRecorder() : nil
            let run = try LayerSimulation(
                lowered: LoweredLayer(
                    candidate.form, configuration: candidate.configuration, seed: seed, share: share),
                configuration: candidate.configuration, nextDensity: density, recorder: recorder, cache: share?.cache
            ).run()
            var result = candidate.result(run).noted(form.note)
            result.decision = decision
            result.timeline = recorder?.timeline(cycles: run.activity.cycles)
            return result
        }
        guard let share, !recordsTimeline else { return try make() }
        return try share.cache.result(share.key, on: configuration, next: share.next, make: make)
    }

    /// Applies `transform` to every element, a few at once, and returns the results in order.
    ///
    /// - Throws: the error of the first element that has one, whichever failed first.
    func mapConcurrently<Input: Sendable, Output: Sendable>(
        _ inputs: some Collection<Input>, limit: Int?, _ transform: @escaping @Sendable (Input) throws -> Output
    ) async throws -> [Output] {
        let limit = max(1, limit ?? ProcessInfo.processInfo.activeProcessorCount)
        let results = await withTaskGroup(of: (Int, Result<Output, any Error>).self) { group in
            var results = [Result<Output, any Error>?](repeating: nil, count: inputs.count)
            var hasFailed = false
            func take(_ done: Int, _ result: Result<Output, any Error>) {
                if case .failure = result { hasFailed = true }
                results[done] = result
            }
            // Behind a failure nothing more begins, and all elements before it have begun.
            for (index, input) in inputs.enumerated() {
                if index >= limit, let (done, result) = await group.next() { take(done, result) }
                if hasFailed { break }
                group.addTask { (index, Result { try transform(input) }) }
            }
            for await (done, result) in group { take(done, result) }
            return results
        }
        return try results.compactMap { try $0?.get() }
    }
}
