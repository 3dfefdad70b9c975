import Engine
import Foundation
import Hardware
import Traces

/// The buses over the array: a row's carries its filters' masks and values past all columns, a column's its tiles' past all rows.
/// PEs are square, so that a bus is as long as it has PEs times the square root of a PE's area. Counted in bits, masks apart.
struct BroadcastWires: EnergyComponent {
    static let parts = [
        Component(
            "broadcast", "buses of rows and columns over the array",
            keys: "pe_array.rows", "pe_array.columns", "pe_array.skip_empty_steps")
    ]

    let book: FigureBook
    let shape: MachineShape
    /// The area of one PE.
    let peArea: SquareMicrometres

    /// The edge of a PE, in mm.
    var pitch: Double { peArea.squareMillimetres.squareRoot() }

    func entries(of activity: Activity, algorithm: Algorithm?) -> [EnergyEntry] {
        let (weights, inputs) = (activity.weights.broadcast, activity.inputs.broadcast)
        let array = shape.array
        return [
            entry("weight_masks", shape.sentWeights.indexBits(of: weights), pes: array.columns),
            entry("weight_values", shape.sentWeights.valueBits(of: weights), pes: array.columns),
            entry("input_masks", shape.sentInputs.indexBits(of: inputs), pes: array.rows),
            entry("input_values", shape.sentInputs.valueBits(of: inputs), pes: array.rows),
        ].filter { $0.count > 0 || $0.action.hasSuffix("values") }
    }

    private func entry(_ action: String, _ bits: Int, pes: Int) -> EnergyEntry {
        let span = Double(pes) * pitch
        let words =
            "\(NumberForm.significant(span)) mm, \(pes) PEs of \(NumberForm.significant(pitch)) mm, "
            + "at \(NumberForm.significant(book.wire.energy.value)) pJ/bit/mm"
        return EnergyEntry(
            component: Self.part.name, action: action, count: bits, figure: book.wire.times(span, words), family: .wire)
    }
}
