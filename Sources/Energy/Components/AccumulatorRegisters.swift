import Engine
import Hardware
import Traces

/// The accumulators' registers: an update reads one and writes it, and a pair that leaves reads all of its accumulators. Counted in bits.
struct AccumulatorRegisters: EnergyComponent {
    static let parts = [
        Component(
            "accumulator_register", "registers of the accumulators",
            keys: "pe_array.accumulator_sets", "pe_array.filters_per_pe", "pe_array.tiles_per_pe", "mapping.step")
    ]

    let book: FigureBook
    let shape: MachineShape

    func entries(of activity: Activity, algorithm: Algorithm?) -> [EnergyEntry] {
        let bits = shape.datatype.accumulators
        let updates = activity.array.accumulatorUpdates * bits
        let drains = activity.outputs.accumulatorDrains * bits
        let read = book.energy(.registerRead, width: 1)
        let write = book.energy(.registerWrite, width: 1)
        return [("read", updates, read), ("write", updates, write), ("drain", drains, read)].map {
            EnergyEntry(component: Self.part.name, action: $0, count: $1, figure: $2, family: .register)
        }
    }

    var areas: [AreaEntry] {
        let array = shape.array
        let registers = array.accumulatorSets * array.filtersPerPE * array.tilesPerPE * shape.accumulators
        return [
            AreaEntry(
                component: Self.part.name, part: "register bit",
                count: shape.pes * registers * shape.datatype.accumulators, figure: book.area(.registerWrite, width: 1))
        ]
    }
}
