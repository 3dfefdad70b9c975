import Engine
import Hardware
import Traces

/// The vector unit: an adder as wide as the accumulators for each operation that a lane does in a cycle, and registers behind each of
/// its stages. Registers are counted in bits.
struct VectorUnits: EnergyComponent {
    static let parts = [
        Component("vector_unit", "lanes that run what does not multiply", keys: "vector_unit.lanes")
    ]

    let arithmetic: Arithmetic
    let shape: MachineShape

    func entries(of activity: Activity, algorithm: Algorithm?) -> [EnergyEntry] {
        guard algorithm == nil else { return [] }
        let bits = shape.datatype.accumulators
        let unit = shape.configuration.vectorUnit
        return [
            EnergyEntry(
                component: Self.part.name, action: "operation", count: activity.vector.operations,
                figure: arithmetic.add(bits), family: .arithmetic),
            EnergyEntry(
                component: Self.part.name, action: "register",
                count: activity.vector.turns * bits * max(1, unit.latency),
                figure: arithmetic.book.energy(.registerWrite, width: 1), family: .register),
        ]
    }

    var areas: [AreaEntry] {
        let bits = shape.datatype.accumulators
        let unit = shape.configuration.vectorUnit
        return [
            AreaEntry(
                component: Self.part.name, part: "adder", count: unit.operationsPerCycle, figure: arithmetic.adder(bits)
            ),
            AreaEntry(
                component: Self.part.name, part: "register bit",
                count: unit.operationsPerCycle * bits * max(1, unit.latency),
                figure: arithmetic.book.area(.registerWrite, width: 1)),
        ]
    }
}
