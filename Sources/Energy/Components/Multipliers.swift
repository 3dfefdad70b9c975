import Engine
import Hardware

/// The array's multipliers, one action a product that is executed and not gated.
///
/// A transformed activation is wider than a stored one by the growth of its transform, and so is the multiplier's port.
struct Multipliers: EnergyComponent {
    static let component = "multiplier"

    let arithmetic: Arithmetic
    let shape: MachineShape

    func entries(of layer: LayerActivity) -> [EnergyEntry] {
        let activity = layer.activity
        let growth = shape.datatype.format == .integer ? activity.workload.growthBits : 0
        return [
            EnergyEntry(
                component: Self.component, action: "multiply",
                count: activity.array.multiplications,
                figure: arithmetic.multiply(shape.datatype.weights, shape.datatype.activations + growth),
                family: .arithmetic)
        ]
    }

    var areas: [AreaEntry] {
        [
            AreaEntry(
                component: Self.component, part: "multiplier", count: shape.pes * shape.array.multipliers,
                figure: arithmetic.multiplier(shape.datatype.weights, shape.datatype.activations + shape.growthBits))
        ]
    }
}
