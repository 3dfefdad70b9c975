import Energy
import Hardware
import Simulation
import Traces

/// What all runs of a comparison came to.
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

/// What the runs of one case came to.
public struct CaseResult: Sendable {
    /// The case's name.
    public let name: String
    /// One result a run, in their order.
    public let runs: [RunResult]
    /// The run that the others are held against.
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

/// What one run came to: figures of its layers and of all of them.
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
    /// The tables that its energies and areas come from, a line each.
    public let origins: [String]
    /// The layers, in the trace's order.
    public let layers: [RunFigures]
    /// All layers together.
    public let total: RunFigures

    /// Takes what a simulation found.
    public init(name: String, result: SimulationResult, model: EnergyModel, tracePath: String) {
        self.name = name
        self.model = result.model
        traceDigest = result.traceDigest
        self.tracePath = tracePath
        seed = result.seed
        configuration = result.configuration
        area = model.totalArea
        warnings = model.warnings(for: result) + result.repeatedLoads
        notExported = result.notExported
        origins = model.origins
        let energies = model.energy(of: result)
        let clock = result.configuration.clock
        layers = zip(result.layers, energies).map {
            RunFigures(layer: $0.name, activity: $0.activity, energies: [$1], clock: clock)
        }
        total = RunFigures(layer: "total", activity: result.total, energies: energies, clock: clock)
    }

    /// The layer of a name.
    public func layer(_ name: String) -> RunFigures? { layers.first { $0.layer == name } }

    /// The figures of all layers but some.
    public func total(without names: [String]) -> RunFigures {
        let kept = layers.filter { !names.contains($0.layer) }
        var sum = Activity()
        for layer in kept { sum += layer.activity }
        return RunFigures(
            layer: total.layer, activity: sum, energies: kept.flatMap(\.energies), clock: total.clock)
    }
}

/// The figures of one layer, or of all, that runs are compared by.
public struct RunFigures: Sendable {
    /// The layer's name, or `total`.
    public let layer: String
    /// The counts.
    public let activity: Activity
    /// The energy of one layer, or of all.
    public let energies: [LayerEnergy]
    /// The accelerator's clock.
    public let clock: Hertz

    /// The time at the accelerator's clock, in microseconds.
    public var microseconds: Double { Cycles(activity.cycles).seconds(at: clock) * 1e6 }

    /// Multiplications that are executed and not gated.
    public var multiplies: Int { activity.array.executedProducts - activity.array.gatedProducts }

    /// All energy.
    public var energy: Picojoules { energies.map(\.total).sum() }

    /// The multipliers' part of the energy.
    public var multiplyEnergy: Picojoules { energies.map(\.multiply).sum() }

    /// The DRAM's part of the energy.
    public var dramEnergy: Picojoules { energies.map(\.dram).sum() }

    /// The same figures with some of those of energy changed.
    public func changed(by change: FigureChange) -> RunFigures {
        RunFigures(layer: layer, activity: activity, energies: energies.map { $0.changed(by: change) }, clock: clock)
    }

    /// Energy by component, in the order in which they first stand.
    public var components: [(name: String, energy: Picojoules)] {
        let parts = energies.flatMap(\.components)
        return parts.map(\.name).unique().map { name in
            (name, parts.filter { $0.name == name }.map(\.energy).sum())
        }
    }
}
