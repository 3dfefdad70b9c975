import Hardware
import Simulation

/// The adders behind the multipliers: one addition a product, gated ones included, at the accumulator's width.
///
/// The adders of a reduction tree and those of the accumulators are not told apart.
struct Accumulators: EnergyComponent {
    let table: EnergyTable
    let datatype: Datatype

    func entries(of layer: LayerResult) -> [EnergyEntry] {
        let figure = table.figure(adding: datatype.accumulators)
        return [
            EnergyEntry(
                component: "accumulator", action: "add", count: layer.activity.executedProducts,
                figure: figure)
        ]
    }
}
