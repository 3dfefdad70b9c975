import Engine
import Foundation
import Hardware
import Traces

/// What finds the products of two non-zero operands, in a machine that skips.
///
/// For each pair of an entry that is examined: the AND of its masks where both operands are skipped by, and a prefix sum over
/// the mask's P bits that says where in the packed values each product's operands stand: P/2 * log2 P adders of log2 P + 1 bits
/// (R. Ladner and M. Fischer, "Parallel prefix computation", JACM 1980). For each product two operands, chosen by a tree of
/// multiplexers of 4 to 1 from all values of the window's entries.
struct Selection: EnergyComponent {
    static let parts = [
        Component(
            "selection", "logic that finds the products of two non-zero operands",
            keys: "pe_array.lookahead", "pe_array.filters_per_pe", "pe_array.tiles_per_pe")
    ]

    let book: FigureBook
    let shape: MachineShape

    func entries(of activity: Activity, algorithm: Algorithm?) -> [EnergyEntry] {
        let skipping = shape.array.zeroSkipping
        guard skipping != .none else { return [] }
        let bits = activity.workload.maskBits
        let pairs = activity.array.entriesExamined * masks
        let prefix = Prefix(bits)
        var entries: [(String, Int, EnergyFigure)] = []
        if skipping == .both { entries.append(("mask_and", pairs * bits, book.energy(.bitwise, width: 1))) }
        entries += [
            ("prefix_add", pairs * prefix.adders, book.energy(.add, width: Double(prefix.width))),
            (
                "choose_weight", activity.array.executedProducts,
                chosen(from: choices(shape.array.filtersPerPE, bits), shape.datatype.weights)
            ),
            (
                "choose_activation", activity.array.executedProducts,
                chosen(from: choices(shape.array.tilesPerPE, bits), shape.datatype.activations)
            ),
        ]
        return entries.map {
            EnergyEntry(component: Self.part.name, action: $0, count: $1, figure: $2, family: .logic)
        }
    }

    var areas: [AreaEntry] {
        let array = shape.array
        guard array.zeroSkipping != .none else { return [] }
        let bits = shape.maskBits
        let prefix = Prefix(bits)
        let window = shape.pes * array.lookahead * masks
        var areas: [(String, Int, AreaFigure)] = []
        if array.zeroSkipping == .both { areas.append(("and gate", window * bits, book.area(.bitwise, width: 1))) }
        areas += [
            ("prefix adder", window * prefix.adders, book.area(.add, width: Double(prefix.width))),
            multiplexers("weight", choices(array.filtersPerPE, bits), shape.datatype.weights),
            multiplexers("activation", choices(array.tilesPerPE, bits), shape.datatype.activations),
        ]
        return areas.map { AreaEntry(component: Self.part.name, part: $0, count: $1, figure: $2) }
    }

    /// Masks of an entry that are examined: one a pair, or one an operand of the side that is skipped by.
    private var masks: Int {
        switch shape.array.zeroSkipping {
        case .both: shape.array.filtersPerPE * shape.array.tilesPerPE
        case .weights: shape.array.filtersPerPE
        case .activations: shape.array.tilesPerPE
        case .none: 0
        }
    }

    /// Values among which a multiplier's operand is chosen.
    private func choices(_ perPE: Int, _ bits: Int) -> Int { shape.array.lookahead * perPE * bits }

    /// A choice passes one multiplexer a level of its tree.
    private func chosen(from choices: Int, _ width: Int) -> EnergyFigure {
        var levels = 0
        var reach = 1
        while reach < choices {
            reach *= 4
            levels += 1
        }
        return book.energy(.multiplex, width: Double(width)).times(
            Double(levels), "\(levels) levels of 4 to 1 for \(choices) values of \(width) bit")
    }

    /// A tree over all choices has a third as many multiplexers.
    private func multiplexers(_ operand: String, _ choices: Int, _ width: Int) -> (String, Int, AreaFigure) {
        (
            "\(operand) multiplexer", shape.pes * shape.array.multipliers * ((choices + 1) / 3),
            book.area(.multiplex, width: Double(width))
        )
    }

    /// The adders of a prefix sum over so many bits.
    private struct Prefix {
        let adders: Int
        let width: Int

        init(_ bits: Int) {
            let levels = bits > 1 ? Int.bitWidth - (bits - 1).leadingZeroBitCount : 0
            adders = (bits + 1) / 2 * levels
            width = levels + 1
        }
    }
}
