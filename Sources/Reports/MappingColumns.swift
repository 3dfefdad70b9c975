import Engine
import Hardware

/// How a layer was laid on the machine, and what a search of the mapping came to.
struct MappingRow {
    let layer: String
    let mapping: LayerMapping
    let passOrder: String?
    let weightBanks: Int?
    let decision: MappingDecision?
    let cycles: Int

    init(_ run: LayerActivity) {
        (layer, mapping, passOrder, decision) = (run.name, run.mapping, run.passOrder, run.decision)
        cycles = run.activity.cycles
        weightBanks = run.activity.weights.banks > 0 ? run.activity.weights.banks : nil
    }
}

extension Column where Row == LayerMapping {
    /// What a mapping is.
    static let mapping: [Column] = [
        .text("algorithm", "how the layer is computed") { $0.algorithm.description },
        .text("step", "what a reduction step holds: positions (taps), or channels") { $0.step.rawValue },
        .count("step_width", "channels", "channels of a step under channels") {
            $0.step == .channels ? $0.stepWidth : nil
        },
        .count("filters_per_pe", "filters", "filters that a row holds in a pass (Q)") { $0.filtersPerPE },
        .count("tiles_per_pe", "tiles", "tiles that a column holds in a pass (T)") { $0.tilesPerPE },
        .text("balance", "the order in which filters fill the rows") { $0.balance.rawValue },
        .text("loop_order", "the order of passes that was asked for") { $0.loopOrder.rawValue },
        .text("loop_block", "the groups of a block of passes that were asked for") {
            $0.loopBlock.map(String.init) ?? "auto"
        },
        .text("loop_strip", "the groups of a strip of passes that were asked for") {
            $0.loopStrip.map(String.init) ?? "auto"
        },
        .text("step_order", "the order of steps that was asked for") { $0.stepOrder.rawValue },
    ]

    /// The same in one short text.
    static let short = text("mapping", "the mapping in short") { $0.short }

    /// The same of something that has a mapping.
    func of<Other>(_ path: KeyPath<Other, LayerMapping> & Sendable) -> Column<Other> {
        Column<Other>(about) { self.cell($0[keyPath: path]) }
    }
}

extension Column<MappingRow> {
    /// The columns of `mapping.csv`.
    static let all: [Column] =
        [.text("layer", "name of the layer") { $0.layer }]
        + Column<LayerMapping>.mapping.map { $0.of(\MappingRow.mapping) }
        + [
            .text("passes", "the order of passes that ran, of the first channel group; empty on ideal memory") {
                $0.passOrder
            },
            .count(
                "weight_banks", "banks",
                "banks of a shared buffer that hold weights; empty where each operand has its own"
            ) {
                $0.weightBanks
            },
            .count("candidates", "mappings", "mappings that the search ranked; empty without one") {
                $0.decision?.candidates
            },
            .count("estimated", "mappings", "of these, those that were estimated") { $0.decision?.estimated },
            .count("simulated", "mappings", "of these, those that were simulated") { $0.decision?.simulated },
            .count("written_cycles", "cycles", "cycles of the mapping as written; empty where it cannot run") {
                $0.decision?.writtenCycles
            }.shown(["as written"]),
            .count("cycles", "cycles", "cycles of the mapping that ran") { $0.cycles },
        ]

    /// What a terminal shows.
    static let shown: [Column] =
        all.filter { $0.about.name == "layer" } + [Column<LayerMapping>.short.of(\MappingRow.mapping)]
        + all.filter { ["passes", "candidates", "written_cycles", "cycles"].contains($0.about.name) }
}
