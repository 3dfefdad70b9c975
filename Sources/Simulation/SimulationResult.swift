import Energy
import Engine
import Hardware
import Traces

/// What one layer did, and what it took.
public struct LayerResult: Sendable {
    /// What it did, and how it ran.
    public let run: LayerActivity
    /// What it took, component by component.
    public let energy: LayerEnergy

    /// The layer's name.
    public var name: String { run.name }

    /// The counts.
    public var activity: Activity { run.activity }
}

/// What one operation that does not multiply did, and what it took.
public struct OperationResult: Sendable {
    /// What it did.
    public let run: OperationActivity
    /// What it took, component by component.
    public let energy: LayerEnergy

    /// The operation's name.
    public var name: String { run.name }

    /// The counts.
    public var activity: Activity { run.activity }
}

/// What a trace did on a machine, and what it took.
public struct SimulationResult: Sendable {
    /// The machine.
    public let machine: Machine
    /// What the layers did.
    public let activity: TraceActivity
    /// One result a layer, in the trace's order.
    public let layers: [LayerResult]
    /// One result an operation that does not multiply, in the trace's order.
    public let operations: [OperationResult]
    /// All layers and operations together: they run one after the other and do not overlap.
    public let total: Figures

    /// Adds the energy to what a trace did.
    public init(_ activity: TraceActivity, machine: Machine) {
        self.activity = activity
        self.machine = machine
        layers = activity.layers.map { LayerResult(run: $0, energy: machine.model.energy(of: $0)) }
        operations = activity.operations.map { OperationResult(run: $0, energy: machine.model.energy(of: $0)) }
        total = Figures(
            layer: "total", activity: activity.total, energies: layers.map(\.energy) + operations.map(\.energy),
            clock: machine.configuration.clock)
    }

    /// What does not fit together in the machine, nor with the layers, which operands are loaded too often, and
    /// which of `mapping.layers` match no layer, in words.
    public var warnings: [String] {
        machine.model.warnings(for: activity) + activity.repeatedLoads + activity.unmatchedPins
    }

    /// The figures of each layer, then of each operation that does not multiply, in the trace's order.
    public var figures: [Figures] {
        let clock = machine.configuration.clock
        return layers.map {
            Figures(layer: $0.name, activity: $0.activity, energies: [$0.energy], clock: clock)
        }
            + operations.map {
                Figures(layer: $0.name, activity: $0.activity, energies: [$0.energy], clock: clock)
            }
    }
}
