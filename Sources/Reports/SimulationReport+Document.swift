import Energy
import Engine
import Hardware
import Simulation
import YAML

/// What a terminal shows of a simulation.
extension SimulationReport {
    /// The layers, where their cycles go, what is assumed, and where the energies come from.
    var sections: [[ReportDocument.Part]] {
        let configuration = run.configuration
        let head =
            "\(run.model) on \(configuration.name): \(NumberText.grouped(configuration.multipliers)) multipliers at "
            + QuantityKind.frequency.format(configuration.clock.value)
        let paragraphs = [boundBy, slotShares] + timeByOperation + advice + [energies, memory] + Self.assumptions
        let notes = rows.compactMap { row in row.remark.map { "\(row.layer) \($0)" } } + splits
        let origins =
            model.origins + ["energy.csv and area.csv say of every figure how it was made, and from what publication"]
        return [
            [.paragraph(head)],
            [.table(shownLayers), .chart(cycleChart), .chart(energyChart)],
            searched ? [.table(ReportTable(Column<MappingRow>.shown, rows: run.layers.map(MappingRow.init)))] : [],
            paragraphs.map { .paragraph($0) } + [.list("Notes:", notes + warnings)],
            [.table(componentTable)],
            [.list("Figures:", origins)],
            showsSensitivity
                ? [.table(ReportTable(Column<SensitivityRow>.shown, rows: SensitivityRow.rows(of: energy)))] : [],
            verificationParts,
        ]
    }

    /// Whether the mappings were chosen, so that they are worth a table.
    private var searched: Bool { run.layers.contains { $0.decision != nil } }

    /// How layers split the banks of a shared buffer, each split with its layers.
    private var splits: [String] {
        rows.compactMap(\.split).unique().map { split in
            "\(rows.filter { $0.split == split }.map(\.layer).joined(separator: ", ")): \(split)"
        }
    }

    // MARK: Tables and charts

    private var shownLayers: ReportTable {
        ReportTable(
            [
                .layer.shown(["layer", "", ""]), .algorithm.shown(["algorithm", "", ""]),
                .cycles.shown(["cycles", "", ""]),
                .time.shown(["time", "", ""], as: .scaled(.time)),
                .utilization.shown(["utiliza-", "tion", "%"], as: .percent),
                .multiplies.shown(["multiplies", "", ""]), .multiplyReduction.shown(["multiply", "reduced", "x"]),
                .weightDensity.shown(["weight", "density", "%"], as: .percent),
                .activationDensity.shown(["activ.", "density", "%"], as: .percent),
                .multiplyEnergy.shown(["multiply", "energy", ""], as: .scaled(.energy)),
                .energy.shown(["total", "energy", ""], as: .scaled(.energy)),
            ], rows: rows, totals: [total], exponents: [0, 3, 6, 9, 12])
    }

    private var cycleChart: ReportChart {
        ReportChart(
            title: "Cycles by what held the next bundle",
            bars: ReportTable([.layer] + CycleHolder.allCases.map(Column.cycles), rows: rows))
    }

    private var energyChart: ReportChart {
        let components = energy.flatMap(\.entries).map(\.component).unique()
        return ReportChart(
            title: "Energy by component",
            bars: ReportTable(
                [.text("layer", "name of the layer") { $0.layer }]
                    + components.map { name in
                        Column<LayerEnergy>.measure(name, "pJ", "energy of the component") {
                            $0.energy(of: name).value
                        }
                    }, rows: energy))
    }

    /// One row a component: what it took in all layers, what it covers, and the tables of its figures.
    private var componentTable: ReportTable {
        let entries = energy.flatMap(\.entries)
        let total = ComponentRow(
            "total", energy: total.energy, area: model.totalArea, of: (total.energy, model.totalArea))
        let rows = (entries.map(\.component) + model.areas.map(\.component)).unique().map { name in
            let (took, covers) = (entries.filter { $0.component == name }, model.areas.filter { $0.component == name })
            return ComponentRow(
                name, energy: took.isEmpty ? nil : took.map(\.total).sum(),
                area: covers.isEmpty ? nil : covers.map(\.total).sum(), of: total.whole,
                origins: (took.map(\.figure.source.origin) + covers.map(\.figure.source.origin)).unique())
        }
        return ReportTable(Column<ComponentRow>.all, rows: rows, totals: [total])
    }

    // MARK: Sentences

    /// What the layers together are bound by, and all holders of their cycles, largest first. It comes before the slots, since it
    /// says what to change.
    private var boundBy: String {
        let ledger = total.activity.timing.held
        guard let bound = ledger.largest else { return "Bound by nothing: there are no cycles" }
        return "Bound by \(bound.name). What held the next broadcast, in shares of all cycles: "
            + Self.shares(CycleHolder.allCases.map { ($0.name, ledger[$0]) })
    }

    /// The classes of all slots, largest first.
    private var slotShares: String {
        let slots = total.activity.array.slots
        let shares = Self.shares(CycleClass.allCases.map { ($0.name, slots[$0]) })
        return "What the multipliers did, in shares of all slots: " + (shares.isEmpty ? "there are none" : shares)
    }

    /// What takes the time where not all of the network multiplies, largest first.
    private var timeByOperation: [String] {
        guard !run.operations.isEmpty else { return [] }
        let names = rows.compactMap(\.algorithm)
        let counts = names.unique().map { name in
            (name: name, count: rows.reduce(0) { $0 + ($1.algorithm == name ? $1.activity.cycles : 0) })
        }
        return ["Time by operation, in shares of all cycles: " + Self.shares(counts)]
    }

    private static func shares(_ counts: [(name: String, count: Int)]) -> String {
        let whole = Double(counts.reduce(0) { $0 + $1.count })
        return counts.largestFirst(\.count)
            .map { "\($0.name) \(NumberText.percent(Double($0.count) / whole))" }.joined(separator: ", ")
    }

    /// Which keys govern what the layers are bound by. Slots without a filter or a tile count only where the array itself sets
    /// the pace: elsewhere more of them at work would wait as long.
    private var advice: [String] {
        let activity = total.activity
        guard let bound = activity.timing.held.largest else { return [] }
        let slots =
            bound == .array || bound == .issue ? CycleClass.allCases.largestFirst { activity.array.slots[$0] } : []
        let idle = slots.compactMap { kind in kind.advice.map { "\(kind.name) slots: \($0)" } }
        return ["To change it: \(idle.first ?? bound.advice)"]
    }

    private var energies: String {
        let factor =
            total.multiplyEnergy > .zero
            ? " (\(NumberText.grouped(total.denseMultiplyEnergy.value / total.multiplyEnergy.value, decimals: 2)) x)"
            : ""
        func text(_ energy: Picojoules) -> String { NumberText.amount(energy.value, .energy) }
        return "Multiply energy: \(text(total.multiplyEnergy)) of \(text(total.energy)); the dense direct "
            + "convolutions' multiplies take \(text(total.denseMultiplyEnergy))\(factor)"
    }

    private var memory: String {
        switch run.configuration.dram {
        case .ideal:
            "Memory: ideal; operands are on chip when they are needed, outputs leave at once, DRAM bytes are the "
                + "compulsory ones"
        case .bandwidth(let bytes, let latency):
            "Memory: one channel of \(bytes) bytes a cycle and \(latency) cycles of latency"
        case .standard(let standard): "Memory: DRAM, \(standard.lines.joined(separator: ", "))"
        }
    }

    private static let assumptions = [
        "Assumed: accumulators take every product of a cycle, without conflicts",
        "Not counted in energy and area: wires between buffers and array, line buffers, pads",
    ]
}

/// What a component takes and covers, of what all do.
private struct ComponentRow: Sendable {
    let name: String
    /// Nil for a component that only covers area.
    let energy: Picojoules?
    /// Nil for a component that is not on the chip.
    let area: SquareMicrometres?
    let whole: (energy: Picojoules, area: SquareMicrometres)
    let origins: String

    init(
        _ name: String, energy: Picojoules?, area: SquareMicrometres?,
        of whole: (energy: Picojoules, area: SquareMicrometres), origins: [String] = []
    ) {
        (self.name, self.energy, self.area, self.whole) = (name, energy, area, whole)
        self.origins = origins.joined(separator: ", ")
    }
}

extension Column<ComponentRow> {
    fileprivate static let all: [Column<ComponentRow>] = [
        text("component", "part of the machine") { $0.name }.shown(["component", ""]),
        figure("energy_pJ", "pJ", "energy of all layers") { row in row.energy.map { .real($0.value) } }
            .shown(["energy", ""], as: .scaled(.energy)),
        figure("energy_share", "", "energy_pJ over that of all components") { row in
            row.energy.map { .measure($0.value / row.whole.energy.value) }
        }.shown(["share", "%"], as: .percent),
        figure("area_mm2", "mm2", "what it covers") { row in row.area.map { .real($0.squareMillimetres) } }
            .shown(["area", "mm2"]),
        figure("area_share", "", "area_mm2 over the chip's") { row in
            row.area.map { .measure($0.value / row.whole.area.value) }
        }.shown(["share", "%"], as: .percent),
        text("figures", "the tables of its figures") { $0.origins }.shown(["figures from", ""], as: .prose),
    ]

    /// A figure of components that have it; the others show nothing.
    private static func figure(
        _ name: String, _ unit: String, _ description: String, _ value: @escaping @Sendable (ComponentRow) -> Cell?
    ) -> Column {
        Column(ReportColumn(name: name, unit: unit, description: description, kind: .measure)) {
            value($0) ?? .text("")
        }
    }
}
