import Energy
import Engine
import Hardware
import Simulation
import Traces

/// The results of all runs of a comparison.
public struct ComparisonResult: Sendable {
    /// What was compared.
    public let comparison: Comparison
    /// One result a case, in their order.
    public let cases: [CaseResult]

    /// Makes a result.
    public init(comparison: Comparison, cases: [CaseResult]) {
        precondition(cases.count == comparison.cases.count, "one result a case")
        self.comparison = comparison
        self.cases = cases
    }
}

/// The results of the runs of one case.
public struct CaseResult: Sendable {
    /// The case's name.
    public let name: String
    /// One result a run, in their order.
    public let runs: [RunResult]
    /// The run that the others are compared with.
    public let baseline: RunResult

    /// Makes a case's result; one of the runs is the baseline.
    public init(name: String, runs: [RunResult], baseline: String) {
        self.name = name
        self.runs = runs
        guard let found = runs.first(where: { $0.name == baseline }) else {
            preconditionFailure("the baseline \(baseline) is none of the runs")
        }
        self.baseline = found
    }

    /// The run of a name.
    public func run(_ name: String) -> RunResult? { runs.first { $0.name == name } }
}

/// The result of one run: figures of its layers and of all of them.
public struct RunResult: Sendable {
    /// The run's name.
    public let name: String
    /// The trace's model.
    public let model: String
    /// SHA-256 of the trace, in hex.
    public let traceDigest: String
    /// The trace's file.
    public let tracePath: String
    /// The seed that fixed what was drawn.
    public let seed: UInt64
    /// The machine.
    public let configuration: Configuration
    /// The chip's area.
    public let area: SquareMicrometres
    /// What does not fit together in the machine, nor with the layers, in words.
    public let warnings: [String]
    /// What the model multiplies in none of the trace's layers.
    public let notExported: [NotExported]
    /// The network's operations that do not multiply and are fused into no layer: they are not simulated.
    public let notSimulated: [StandaloneOperation]
    /// The tables that its energies and areas come from, a line each.
    public let origins: [String]
    /// The layers, in the trace's order.
    public let layers: [Figures]
    /// All layers together.
    public let total: Figures

    /// Takes what a simulation found.
    public init(name: String, result: SimulationResult, tracePath: String) {
        self.name = name
        model = result.activity.model
        traceDigest = result.activity.traceDigest
        self.tracePath = tracePath
        seed = result.activity.seed
        configuration = result.machine.configuration
        area = result.machine.model.totalArea
        warnings = result.warnings
        notExported = result.activity.notExported
        notSimulated = result.activity.notSimulated
        origins = result.machine.model.origins
        layers = result.figures
        total = result.total
    }

    /// The layer of a name.
    public func layer(_ name: String) -> Figures? { layers.first { $0.layer == name } }

    /// The figures of all layers but some.
    public func total(without names: [String]) -> Figures {
        let kept = layers.filter { !names.contains($0.layer) }
        var sum = Activity()
        for layer in kept { sum += layer.activity }
        return Figures(
            layer: total.layer, activity: sum, energies: kept.flatMap(\.energies), clock: total.clock)
    }
}
