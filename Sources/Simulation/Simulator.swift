import Engine
import Hardware
import Traces

/// Runs traces on one machine: cycles, utilization, energy and area.
///
/// ```swift
/// let trace = try Trace.load(path: "Traces/digits/trace.yaml")
/// let result = try await Simulator(machine: "mobile").run(trace)
/// print(result.total.cycles, result.total.energy)
/// ```
public struct Simulator: Sendable {
    /// The machine.
    public let machine: Machine

    /// Makes a simulator of a machine.
    public init(_ machine: Machine) { self.machine = machine }

    /// Makes a simulator of a machine that is loaded; parameters and errors as for `Machine.load`.
    public init(machine path: String?, overrides: [Override] = [], library: ConfigurationLibrary? = nil) throws {
        machine = try Machine.load(path: path, overrides: overrides, library: library)
    }

    /// Runs every layer of a trace, as many at once as this computer has cores.
    ///
    /// A layer's result depends on the layer and the machine alone, never on the number of cores.
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
    ) async throws -> SimulationResult {
        let activity = try await cycles.run(
            trace, only: indices, concurrency: concurrency, recordsTimeline: recordsTimeline, sharing: shared,
            progress: progress)
        return SimulationResult(activity, machine: machine)
    }

    /// Searches the mappings of layers; parameters and errors as for `CycleModel.explainMappings`.
    public func explainMappings(
        of trace: Trace, only indices: [Int]? = nil, concurrency: Int? = nil, every: Bool = false
    ) async throws -> [[MappingRecord]] {
        try await cycles.explainMappings(of: trace, only: indices, concurrency: concurrency, every: every)
    }

    /// The machine's cycles, and the energies that a search may ask for.
    private var cycles: CycleModel {
        CycleModel(machine.configuration) { [machine] layer in machine.model.energy(of: layer).total.value }
    }

    /// Computes every layer's outputs and compares them with those of the trace and of a direct convolution; parameters and errors
    /// as for `CycleModel.verify`.
    public func verify(
        _ trace: Trace, against result: SimulationResult, tolerance: Double? = nil, concurrency: Int? = nil,
        progress: (@Sendable (Int) -> Void)? = nil
    ) async throws -> [LayerVerification] {
        try await CycleModel(machine.configuration).verify(
            trace, against: result.activity, tolerance: tolerance, concurrency: concurrency, progress: progress)
    }
}
