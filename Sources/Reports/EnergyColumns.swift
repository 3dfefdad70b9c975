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
        .measure("share", "", "energy_pJ over the layer's total") {
            $0.layerTotal > .zero ? $0.entry.total.value / $0.layerTotal.value : nil
        },
        .text("source", "where energy_per_action_pJ comes from") { $0.entry.source },
        .text("table", "table that holds the figure") { $0.entry.figure.source.origin },
        .text("family", "figures that are right or wrong together") { $0.entry.family.rawValue },
    ]
}
