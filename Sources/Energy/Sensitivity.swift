/// How energies change when a family of figures is wrong by a factor: a conclusion that hangs on one of them shows.
public struct FigureChange: Hashable, Sendable {
    /// The figures that are changed.
    public let family: FigureFamily
    /// What they are multiplied by.
    public let factor: Double

    /// The families that published figures differ in most, each at half and at twice.
    public static let all: [FigureChange] = [FigureFamily.register, .wire, .logic, .sram, .dram].flatMap { family in
        [0.5, 2].map { FigureChange(family: family, factor: $0) }
    }
}

extension LayerEnergy {
    /// What the layer would have taken with other figures; clock and control follow what is dynamic on chip.
    public func changed(by change: FigureChange) -> LayerEnergy {
        let scaled = entries.map { entry in
            entry.family == change.family ? entry.scaled(by: change.factor) : entry
        }
        func switching(_ entries: [EnergyEntry]) -> Double {
            entries.filter(\.isSwitching).map(\.total).sum().value
        }
        let before = switching(entries)
        let share = before > 0 ? switching(scaled) / before : 1
        return LayerEnergy(
            layer: layer, entries: scaled.map { $0.family == .clock ? $0.scaled(by: share) : $0 },
            denseMultiply: denseMultiply)
    }
}

extension EnergyEntry {
    fileprivate func scaled(by factor: Double) -> EnergyEntry {
        EnergyEntry(
            component: component, action: action, count: count,
            figure: figure.times(factor, "times \(NumberForm.significant(factor))"), family: family,
            isSwitching: isSwitching)
    }
}
