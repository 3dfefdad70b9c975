import Engine
import Hardware
import Traces

/// The adders behind the multipliers, at the accumulators' width: products of one pair, entry and cycle are added to one another
/// in a tree, and what comes out of it to the accumulator. Gated products are added like others.
struct Adders: EnergyComponent {
    static let parts = [
        Component(
            "adder_tree", "adders of the products of a pair to one another",
            keys: "pe_array.multipliers", "mapping.step"),
        Component("accumulator", "adders of products to accumulators", keys: "mapping.step", "pe_array.lookahead"),
    ]

    let arithmetic: Arithmetic
    let shape: MachineShape

    func entries(of activity: Activity, algorithm: Algorithm?) -> [EnergyEntry] {
        let figure = arithmetic.add(shape.datatype.accumulators)
        let counts = [activity.array.treeAdds, activity.array.accumulatorUpdates]
        return zip(Self.parts, counts).map {
            EnergyEntry(component: $0.name, action: "add", count: $1, figure: figure, family: .arithmetic)
        }
    }

    /// One a multiplier: with M products for one accumulator, M - 1 are the tree's.
    var areas: [AreaEntry] {
        [
            AreaEntry(
                component: Self.part.name, part: "adder", count: shape.pes * shape.array.multipliers,
                figure: arithmetic.adder(shape.datatype.accumulators))
        ]
    }
}
