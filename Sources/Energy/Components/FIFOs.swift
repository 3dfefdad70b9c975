import Engine
import Hardware
import Traces

/// The PEs' FIFOs, built of registers. Every PE's copy of an entry is written once and read once as it comes to the window; in
/// every cycle a clock gate an entry and two pointers are clocked. Counted in bits.
struct FIFOs: EnergyComponent {
    static let parts = [
        Component(
            "fifo", "FIFOs of the PEs, built of registers",
            keys: "pe_array.fifo_depth", "pe_array.rows", "pe_array.columns", "pe_array.filters_per_pe",
            "pe_array.tiles_per_pe")
    ]

    let book: FigureBook
    let shape: MachineShape

    func entries(of activity: Activity, algorithm: Algorithm?) -> [EnergyEntry] {
        let (weights, inputs) = (activity.weights.queued, activity.inputs.queued)
        let masks = shape.sentWeights.indexBits(of: weights) + shape.sentInputs.indexBits(of: inputs)
        let values = shape.sentWeights.valueBits(of: weights) + shape.sentInputs.valueBits(of: inputs)
        let write = book.energy(.registerWrite, width: 1)
        let read = book.energy(.registerRead, width: 1)
        var rows = [
            ("write_values", values, write), ("read_values", values, read),
            ("clock", clockedBits * activity.cycles, book.energy(.registerClock, width: 1)),
        ]
        if masks > 0 { rows = [("write_masks", masks, write), ("read_masks", masks, read)] + rows }
        return rows.map {
            EnergyEntry(component: Self.part.name, action: $0, count: $1, figure: $2, family: .register)
        }
    }

    var areas: [AreaEntry] {
        [
            AreaEntry(
                component: Self.part.name, part: "register bit",
                count: shape.pes * shape.array.fifoDepth * shape.entryBits, figure: book.area(.registerWrite, width: 1))
        ]
    }

    /// Bits that are clocked in every cycle, over all PEs.
    private var clockedBits: Int {
        let depth = shape.array.fifoDepth
        let pointer = Int.bitWidth - (depth - 1).leadingZeroBitCount
        return shape.pes * (depth + 2 * pointer)
    }
}
