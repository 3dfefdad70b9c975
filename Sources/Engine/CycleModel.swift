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

    /// Makes the model of a machine.
    public init(_ configuration: Configuration = Configuration()) { self.configuration = configuration }

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
            forms[i] = try LayerForm(layers[i], mapping: configuration.mapping)
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
            notExported: trace.notExported)
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
        let form = try LayerForm(layer, mapping: configuration.mapping)
        _ = try MemoryNeed.check([form], configuration: configuration)
        try configuration.checkClock()
        let next = try encodesOutputs ? next.map { try LayerForm($0, mapping: configuration.mapping) } : nil
        return try simulate(form, next: next, seed: seed, recordsTimeline: recordsTimeline, share: nil)
    }

    /// Whether the zeros of outputs are not stored, so that the layer that reads them says what they take.
    private var encodesOutputs: Bool { !configuration.mapping.activationStorage.keepsZeros }

    /// - Parameter next: the layer that reads the outputs, where their zeros are not stored.
    private func simulate(
        _ form: LayerForm, next: LayerForm?, seed: UInt64, recordsTimeline: Bool, share: LayerShare?
    ) throws -> LayerActivity {
        func make() throws -> LayerActivity {
            let density = try OutputDensity(next, configuration: configuration, seed: seed, share: share)
            let recorder = recordsTimeline ? TimelineRecorder() : nil
            let written = MappingCandidate(form: form, configuration: configuration)
            var chosen = written
            var note = form.note
            let lowered: LoweredLayer
            if configuration.mapping.search == .none {
                lowered = try LoweredLayer(form, configuration: configuration, seed: seed, share: share)
            } else {
                let search = MappingSearch(written: written, seed: seed, nextDensity: density, share: share)
                let (best, tried) = try search.run()
                (chosen, lowered) = (best.candidate, best.lowered)
                if chosen.words != written.words {
                    let choice = "runs as \(chosen.words): the fastest of \(tried) mappings"
                    note = note.map { "\($0); \(choice)" } ?? choice
                }
                if recorder == nil {
                    return LayerActivity(
                        name: form.layer.name, shape: form.shape, algorithm: chosen.form.algorithm, note: note,
                        activity: best.activity)
                }
            }
            let activity = try LayerSimulation(
                lowered: lowered, configuration: chosen.configuration, nextDensity: density, recorder: recorder,
                cache: share?.cache
            ).run()
            return LayerActivity(
                name: form.layer.name, shape: form.shape, algorithm: chosen.form.algorithm, note: note,
                activity: activity, timeline: recorder?.timeline(cycles: activity.cycles))
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
