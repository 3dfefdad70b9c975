import Energy
import Engine
import Files
import Hardware

/// The figures of one layer, or of all.
public struct Figures: Sendable {
    /// The layer's name, or `total`.
    public let layer: String
    /// The counts.
    public let activity: Activity
    /// The energy of one layer, or of all.
    public let energies: [LayerEnergy]
    /// The accelerator's clock.
    public let clock: Hertz

    /// Figures of some layers.
    public init(layer: String, activity: Activity, energies: [LayerEnergy], clock: Hertz) {
        (self.layer, self.activity, self.energies, self.clock) = (layer, activity, energies, clock)
    }

    /// Cycles of the accelerator's clock.
    public var cycles: Int { activity.cycles }

    /// The time at the accelerator's clock, in microseconds.
    public var microseconds: Double { Cycles(activity.cycles).seconds(at: clock) * 1e6 }

    /// Multiplications that are executed and not gated.
    public var multiplies: Int { activity.array.multiplications }

    /// All energy.
    public var energy: Picojoules { energies.map(\.total).sum() }

    /// The multipliers' part of the energy.
    public var multiplyEnergy: Picojoules { energies.map(\.multiply).sum() }

    /// The DRAM's part of the energy.
    public var dramEnergy: Picojoules { energies.map(\.dram).sum() }

    /// The same figures with some of those of energy changed.
    public func changed(by change: FigureChange) -> Figures {
        Figures(layer: layer, activity: activity, energies: energies.map { $0.changed(by: change) }, clock: clock)
    }

    /// Energy by component, in the order in which they first stand.
    public var components: [(name: String, energy: Picojoules)] {
        let parts = energies.flatMap(\.components)
        return parts.map(\.name).unique().map { name in
            (name, parts.filter { $0.name == name }.map(\.energy).sum())
        }
    }
}
