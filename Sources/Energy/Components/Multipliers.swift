import Engine
import Hardware
import Traces

/// The array's multipliers, one action a product that is executed and not gated.
///
/// A transformed activation is wider than a stored one by the growth of its transform, and so is the multiplier's port.
struct Multipliers: EnergyComponent {
    static let parts = [
        Component(
            "multiplier", "products that are executed and not gated",
            keys: "pe_array.zero_skipping", "pe_array.gating", "mapping.algorithm")
    ]

    let arithmetic: Arithmetic
    let shape: MachineShape

    func entries(of activity: Activity, algorithm: Algorithm?) -> [EnergyEntry] {
        let growth = shape.datatype.format == .integer ? activity.workload.growthBits : 0
        return [
            EnergyEntry(
                component: Self.part.name, action: "multiply",
                count: activity.array.multiplications,
                figure: arithmetic.multiply(shape.datatype.weights, shape.datatype.activations + growth),
                family: .arithmetic)
        ]
    }

    var areas: [AreaEntry] {
        [
            AreaEntry(
                component: Self.part.name, part: "multiplier", count: shape.pes * shape.array.multipliers,
                figure: arithmetic.multiplier(shape.datatype.weights, shape.datatype.activations + shape.growthBits))
        ]
    }
}
