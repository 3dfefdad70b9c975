import Energy
import Engine
import Hardware
import Reports
import Simulation
import Traces

/// A run of a trace on a machine.
struct Run {
    /// The report of the layers that ran.
    let report: SimulationReport

    /// Loads a trace and a machine, and runs the trace on the machine.
    ///
    /// - Parameters:
    ///   - path: the trace, by its path or name.
    ///   - traces: the shipped traces.
    ///   - options: the machine.
    ///   - layers: the layers that run.
    ///   - jobs: concurrent layers; nil is the number of cores.
    ///   - verifies: whether the outputs are verified.
    ///   - tolerance: the tolerance of the verification; nil for what the trace's outputs allow.
    ///   - recordsTimeline: whether the report has a timeline.
    ///   - showsSensitivity: whether the report has the energies with some figures halved and doubled.
    /// - Throws: `FileError`, `InputError`, `BrokenLaw`.
    init(
        _ path: String, of traces: TraceLibraryOptions, on options: MachineOptions, layers: LayerSelection,
        jobs: Int? = nil,
        verifies: Bool = false, tolerance: Double? = nil, recordsTimeline: Bool = false, showsSensitivity: Bool = false
    ) async throws {
        let library = try options.shipped.library()
        var trace = try traces.load(path)
        let configuration = try options.configuration(library)
        let machine = try Machine(configuration, library: library)
        let indices = try layers.indices(in: trace)
        let simulator = Simulator(machine)
        let work = indices.map { trace.layers[$0].shape.denseMultiplies }
        let progress = LayerProgress(work: Dictionary(uniqueKeysWithValues: zip(indices, work)))
        let result = try await progress.shown("simulated") { told in
            try await simulator.run(
                trace, only: indices, concurrency: jobs, recordsTimeline: recordsTimeline, progress: told)
        }
        trace.layers = indices.map { trace.layers[$0] }
        var verification: [LayerVerification]?
        let tolerance = verifies ? tolerance ?? trace.outputTolerance : nil
        if let tolerance {
            let progress = LayerProgress(work: Dictionary(uniqueKeysWithValues: zip(work.indices, work)))
            verification = try await progress.shown("verified") { [trace] told in
                try await simulator.verify(
                    trace, against: result, tolerance: tolerance, concurrency: jobs, progress: told)
            }
        }
        report = SimulationReport(
            result: result, tracePath: trace.path, version: winosimVersion,
            verification: verification, tolerance: tolerance,
            showsSensitivity: showsSensitivity)
    }
}

/// The mappings of some layers of a trace on a machine.
struct MappingRun {
    /// The report of the layers' mappings.
    let report: MappingReport

    /// Loads a trace and a machine, and searches the layers' mappings.
    ///
    /// - Parameters:
    ///   - path: the trace, by its path or name.
    ///   - traces: the shipped traces.
    ///   - options: the machine.
    ///   - glob: patterns of the layers.
    ///   - jobs: concurrent layers; nil is the number of cores.
    ///   - every: whether to simulate every mapping.
    /// - Throws: `FileError`, `InputError`, `BrokenLaw`.
    init(
        _ path: String, of traces: TraceLibraryOptions, on options: MachineOptions, layers glob: String,
        jobs: Int?, every: Bool
    ) async throws {
        let library = try options.shipped.library()
        let trace = try traces.load(path)
        let configuration = try options.configuration(library)
        let simulator = Simulator(try Machine(configuration, library: library))
        let indices = try LayerSelection.indices(of: [glob], option: "--explain-mapping", in: trace)
        let records = try await simulator.explainMappings(of: trace, only: indices, concurrency: jobs, every: every)
        report = MappingReport(
            zip(indices, records).map { MappingReport.Layer(name: trace.layers[$0].name, records: $1) },
            machine: configuration, version: winosimVersion)
    }
}
