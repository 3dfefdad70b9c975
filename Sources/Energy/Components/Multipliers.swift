import Hardware
import Simulation

/// The array's multipliers, one action a product that is executed and not gated.
///
/// A transformed activation is wider than a stored one by the growth of its transform, and so is the multiplier's port.
struct Multipliers: EnergyComponent {
    static let component = "multiplier"

    let table: EnergyTable
    let datatype: Datatype

    func entries(of layer: LayerResult) -> [EnergyEntry] {
        let activity = layer.activity
        let figure = table.figure(multiplying: datatype.weights, by: datatype.activations + activity.growthBits)
        return [
            EnergyEntry(
                component: Self.component, action: "multiply",
                count: activity.executedProducts - activity.gatedProducts,
                figure: figure)
        ]
    }
}
