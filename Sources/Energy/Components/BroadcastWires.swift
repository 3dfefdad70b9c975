import Foundation
import Hardware
import Simulation

/// The buses over the array: a row's carries its filters' masks and values past all columns, a column's its tiles' past all rows.
/// PEs are square, so that a bus is as long as it has PEs times the square root of a PE's area. Counted in bits.
struct BroadcastWires: EnergyComponent {
    let book: FigureBook
    let shape: MachineShape
    /// The area of one PE.
    let peArea: SquareMicrometres

    /// The edge of a PE, in mm.
    var pitch: Double { peArea.squareMillimetres.squareRoot() }

    func entries(of layer: LayerResult) -> [EnergyEntry] {
        let activity = layer.activity
        return [
            entry("weights", shape.sentWeights.bits(of: activity.weightOperands.broadcast), pes: shape.array.columns),
            entry("inputs", shape.sentInputs.bits(of: activity.inputOperands.broadcast), pes: shape.array.rows),
        ]
    }

    private func entry(_ operand: String, _ bits: Int, pes: Int) -> EnergyEntry {
        let span = Double(pes) * pitch
        let words =
            "\(NumberForm.significant(span)) mm, \(pes) PEs of \(NumberForm.significant(pitch)) mm, "
            + "at \(NumberForm.significant(book.wire.energy.value)) pJ/bit/mm"
        return EnergyEntry(
            component: "broadcast", action: operand, count: bits, figure: book.wire.times(span, words), family: .wire)
    }
}
