import Energy
import Hardware
import Reports
import Simulation
import Traces

/// A trace that has run on a machine.
struct Run {
    /// The layers that ran.
    let trace: Trace
    /// The machine with which they ran.
    let simulator: Simulator
    /// Their counts.
    let result: SimulationResult
    /// What is shown of them.
    let report: SimulationReport

    /// Loads a trace and a machine, and runs the one on the other.
    ///
    /// - Throws: `FileError`, `InputError`, `BrokenLaw`.
    init(_ path: String, on machine: MachineOptions, layers: LayerSelection, jobs: Int? = nil) async throws {
        let library = try machine.shipped.library()
        var trace = try TraceFile.load(path)
        let configuration = try machine.configuration(library)
        let (model, table) = try EnergyModel.model(of: configuration, library)
        let indices = try layers.indices(in: trace)
        simulator = Simulator(configuration)
        result = try await simulator.run(trace, only: indices, concurrency: jobs)
        report = SimulationReport(
            result: result, energy: model.energy(of: result), table: table, tracePath: trace.path,
            version: winosimVersion)
        trace.layers = indices.map { trace.layers[$0] }
        self.trace = trace
    }
}
