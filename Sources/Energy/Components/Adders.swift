import Engine
import Hardware

/// The adders behind the multipliers, at the accumulators' width: products of one pair, entry and cycle are added to one another
/// in a tree, and what comes out of it to the accumulator. Gated products are added like others.
struct Adders: EnergyComponent {
    let arithmetic: Arithmetic
    let shape: MachineShape

    func entries(of layer: LayerActivity) -> [EnergyEntry] {
        let figure = arithmetic.add(shape.datatype.accumulators)
        return [
            ("adder_tree", layer.activity.array.treeAdds), ("accumulator", layer.activity.array.accumulatorUpdates),
        ].map {
            EnergyEntry(component: $0, action: "add", count: $1, figure: figure, family: .arithmetic)
        }
    }

    /// One a multiplier: with M products for one accumulator, M - 1 are the tree's.
    var areas: [AreaEntry] {
        [
            AreaEntry(
                component: "adder_tree", part: "adder", count: shape.pes * shape.array.multipliers,
                figure: arithmetic.adder(shape.datatype.accumulators))
        ]
    }
}
