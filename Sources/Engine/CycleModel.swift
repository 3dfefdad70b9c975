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
        let readers = GraphReaders(trace)
        var forms = [LayerForm?](repeating: nil, count: layers.count)
        func form(_ index: Int) throws {
            if forms[index] == nil { forms[index] = try LayerForm(layers[index], on: configuration) }
        }
        for i in chosen {
            try form(i)
            if encodesOutputs, let next = readers.layer(reading: layers[i].name) { try form(next.index) }
        }
        let run = chosen.compactMap { i in forms[i].map { (index: i, form: $0) } }
        // Large layers run one after another where they would not fit together.
        let fitting = try MemoryNeed.check(run.map(\.form), configuration: configuration)
        let limit = min(fitting ?? .max, concurrency ?? ProcessInfo.processInfo.activeProcessorCount)
        let results = try await mapConcurrently(run, limit: limit) { [forms] i, form in
            let reader = readers.layer(reading: form.layer.name)
            let share = shared.map { shared in
                LayerShare(
                    cache: shared.cache, key: LayerKey(trace: shared.trace, layer: i),
                    next: reader.map { LayerKey(trace: shared.trace, layer: $0.index) })
            }
            let next = reader.flatMap { reader in
                forms[reader.index].map { NextLayer(form: $0, isOnlyReader: reader.isOnlyReader) }
            }
            let result = try simulate(
                form, next: encodesOutputs ? next : nil, seed: trace.seed, recordsTimeline: recordsTimeline,
                share: share)
            progress?(i)
            return result
        }
        let isWhole = chosen.count == layers.count
        let operations =
            isWhole
            ? try await simulate(
                trace.graph.operations, of: trace, readers, concurrency: concurrency, cache: shared?.cache) : []
        return TraceActivity(
            configuration: configuration, model: trace.model, traceDescription: trace.description,
            traceDigest: trace.digest, seed: trace.seed, layers: results, notExported: trace.notExported,
            operations: operations,
            notSimulated: isWhole
                ? trace.graph.operations.filter { $0.bytesRead == nil } : trace.graph.operations)
    }

    /// Runs the operations of a trace that do not multiply, where their sizes are known.
    private func simulate(
        _ operations: [StandaloneOperation], of trace: Trace, _ readers: GraphReaders, concurrency: Int?,
        cache: SimulationCache?
    ) async throws -> [OperationActivity] {
        var densities: [String: OutputDensity] = [:]
        for name in operations.flatMap({ $0.inputs + [$0.name] }) where densities[name] == nil {
            // What an operation reads or writes is stored as pixels.
            let next =
                try encodesOutputs
                ? readers.layer(reading: name).map {
                    NextLayer(form: try LayerForm(trace.layers[$0.index], on: configuration), isOnlyReader: false)
                } : nil
            densities[name] = try OutputDensity(next, configuration: configuration, seed: trace.seed, share: nil)
        }
        let works = operations.compactMap { operation in
            VectorWork(
                operation, density: { densities[$0] ?? .unknown }, datatype: configuration.datatype,
                storage: configuration.mapping.activationStorage
            ).map { (operation: operation, work: $0) }
        }
        return try await mapConcurrently(works, limit: concurrency) { operation, work in
            let simulation = VectorSimulation(
                name: operation.name, work: work, configuration: configuration, cache: cache)
            return OperationActivity(name: operation.name, kind: operation.kind, activity: try simulation.run())
        }
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
        let next =
            try encodesOutputs
            ? next.map { NextLayer(form: try LayerForm($0, on: configuration), isOnlyReader: true) } : nil
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
        let readers = GraphReaders(trace)
        return try await mapConcurrently(indices ?? Array(trace.layers.indices), limit: concurrency) { i in
            let form = try LayerForm(trace.layers[i], on: configuration)
            let next =
                try encodesOutputs
                ? readers.layer(reading: trace.layers[i].name).map {
                    NextLayer(
                        form: try LayerForm(trace.layers[$0.index], on: configuration), isOnlyReader: $0.isOnlyReader)
                } : nil
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
        _ form: LayerForm, next: NextLayer?, seed: UInt64, recordsTimeline: Bool, share: LayerShare?
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
