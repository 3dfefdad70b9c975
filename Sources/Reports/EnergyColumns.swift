import Energy

/// What a line of `energy.csv` is made from.
struct EnergyRow: Sendable {
    /// The layer's name.
    let layer: String
    /// The component and its action.
    let entry: EnergyEntry
    /// The energy of the whole layer.
    let layerTotal: Picojoules

    /// The rows of a layer.
    static func rows(of energy: LayerEnergy) -> [EnergyRow] {
        let total = energy.total
        return energy.entries.map { EnergyRow(layer: energy.layer, entry: $0, layerTotal: total) }
    }
}

extension Column<EnergyRow> {
    /// The columns of `energy.csv`, in their order.
    static let all: [Column<EnergyRow>] = [
        .text("layer", "name of the layer") { $0.layer },
        .text("component", "part of the machine") { $0.entry.component },
        .text("action", "what it did") { $0.entry.action },
        .count("count", "actions", "how often it did it") { $0.entry.count },
        .measure("energy_per_action_pJ", "pJ", "what it takes once") { $0.entry.perAction.value },
        .measure("energy_pJ", "pJ", "what it took") { $0.entry.total.value },
        .measure("share", "", "energy_pJ over the layer's total") { ratio($0.entry.total.value, $0.layerTotal.value) },
        .text("source", "where energy_per_action_pJ comes from") { $0.entry.source },
        .text("table", "table that holds the figure") { $0.entry.figure.source.origin },
        .text("family", "figures that are right or wrong together") { $0.entry.family.rawValue },
    ]
}

/// What a line of `area.csv` is made from.
struct AreaRow: Sendable {
    /// The component and its part.
    let entry: AreaEntry
    /// The area of the whole chip.
    let chip: SquareMicrometres

    /// What the sum of all rows is.
    static let total = ReportColumn(name: "area_mm2", unit: "mm2", description: "area of the chip", kind: .measure)

    /// The rows of a machine.
    static func rows(of model: EnergyModel) -> [AreaRow] {
        let chip = model.totalArea
        return model.areas.map { AreaRow(entry: $0, chip: chip) }
    }
}

extension Column<AreaRow> {
    /// The columns of `area.csv`, in their order.
    static let all: [Column<AreaRow>] = [
        .text("component", "part of the machine") { $0.entry.component },
        .text("part", "what it is built of") { $0.entry.part },
        .count("count", "parts", "copies on the chip") { $0.entry.count },
        .measure("area_each_um2", "um2", "what one covers") { $0.entry.figure.area.value },
        .measure("area_mm2", "mm2", "what all cover") { $0.entry.total.squareMillimetres },
        .measure("share", "", "area_mm2 over the chip's") { ratio($0.entry.total.value, $0.chip.value) },
        .text("source", "where area_each_um2 comes from") { $0.entry.figure.source.text },
        .text("table", "table that holds the figure") { $0.entry.figure.source.origin },
    ]
}

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
        ratio($0.energy.value, $0.unchanged.value)
    }
    static let multiplyShare = measure("multiply_share", "", "the multipliers' part of energy_pJ") {
        ratio($0.multiply.value, $0.energy.value)
    }

    /// The columns of `sensitivity.csv`, in their order.
    static let all: [Column<SensitivityRow>] = [
        .text("figures", "family of figures that is changed; none in the first row") {
            $0.change?.family.rawValue ?? "none"
        },
        .measure("factor", "", "what they are multiplied by") { $0.change?.factor ?? 1 },
        energy, energyRatio, multiplyShare,
        .measure("dense_multiply_ratio", "", "energy of the dense direct convolutions' multiplies over energy_pJ") {
            ratio($0.denseMultiply.value, $0.energy.value)
        },
    ]

    /// Those that a terminal shows.
    static let shown: [Column<SensitivityRow>] = [
        text("figures", "family of figures that is changed") { $0.change?.family.rawValue ?? "as they are" }
            .shown(["figures", "", ""]),
        text("factor", "what they are multiplied by") { $0.change.map { "\($0.factor)" } }
            .shown(["times", "", ""], align: .right),
        energy.shown(["total", "energy", ""], as: .scaled(.energy)),
        energyRatio.shown(["against", "as they are", "%"], as: .percent),
        multiplyShare.shown(["multipliers'", "share", "%"], as: .percent),
    ]
}
