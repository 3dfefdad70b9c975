import Energy

/// A run's energy with one family of figures changed, or none.
struct SensitivityRow: Sendable {
    /// What was changed; nil for the figures as they are.
    let change: FigureChange?
    /// What all layers take then.
    let energy: Picojoules
    /// The multipliers' part of it.
    let multiply: Picojoules
    /// What the dense direct convolutions' multiplies take, which none of the changes touches.
    let denseMultiply: Picojoules
    /// What all layers take with the figures as they are.
    let unchanged: Picojoules

    /// A row for the figures as they are, and one a change.
    static func rows(of layers: [LayerEnergy]) -> [SensitivityRow] {
        let unchanged = layers.map(\.total).sum()
        return ([nil] + FigureChange.all.map { $0 }).map { change in
            let changed = change.map { change in layers.map { $0.changed(by: change) } } ?? layers
            return SensitivityRow(
                change: change, energy: changed.map(\.total).sum(), multiply: changed.map(\.multiply).sum(),
                denseMultiply: changed.map(\.denseMultiply).sum(), unchanged: unchanged)
        }
    }
}

extension Column<SensitivityRow> {
    static let energy = measure("energy_pJ", "pJ", "energy of all layers") { $0.energy.value }
    static let energyRatio = measure("energy_ratio", "", "energy_pJ over that with the figures as they are") {
        $0.unchanged > .zero ? $0.energy.value / $0.unchanged.value : nil
    }
    static let multiplyShare = measure("multiply_share", "", "the multipliers' part of energy_pJ") {
        $0.energy > .zero ? $0.multiply.value / $0.energy.value : nil
    }

    /// The columns of `sensitivity.csv`, in their order.
    static let all: [Column<SensitivityRow>] = [
        .text("figures", "family of figures that is changed; none in the first row") {
            $0.change?.family.rawValue ?? "none"
        },
        .measure("factor", "", "what they are multiplied by") { $0.change?.factor ?? 1 },
        energy, energyRatio, multiplyShare,
        .measure("dense_multiply_ratio", "", "energy of the dense direct convolutions' multiplies over energy_pJ") {
            $0.energy > .zero ? $0.denseMultiply.value / $0.energy.value : nil
        },
    ]

    /// Those that a terminal shows.
    static let shown: [Column<SensitivityRow>] = [
        text("figures", "family of figures that is changed") { $0.change?.family.rawValue ?? "as they are" }
            .shown("figures", "", ""),
        text("factor", "what they are multiplied by") { $0.change.map { "\($0.factor)" } }
            .shown("times", "", "", align: .right),
        energy.shown("total", "energy", "", as: .scaled(.energy)),
        energyRatio.shown("against", "as they are", "%", as: .percent),
        multiplyShare.shown("multipliers'", "share", "%", as: .percent),
    ]
}
