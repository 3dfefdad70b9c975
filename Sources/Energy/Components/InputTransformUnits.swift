import Engine
import Hardware
import Traces

/// The input transform's units: adders as wide as what they make, and registers for the patch and behind each of its two
/// factors. Registers are counted in bits.
struct InputTransformUnits: EnergyComponent {
    static let parts = [
        Component(
            "input_transform", "units of the input transform",
            keys: "input_transform.units", "input_transform.placement")
    ]

    let arithmetic: Arithmetic
    let shape: MachineShape

    func entries(of activity: Activity, algorithm: Algorithm?) -> [EnergyEntry] {
        guard case .winograd(let m, let r) = algorithm else { return [] }
        let growth = shape.datatype.format == .integer ? activity.workload.growthBits : 0
        let positions = (m + r - 1) * (m + r - 1)
        return [
            EnergyEntry(
                component: Self.part.name, action: "add", count: activity.transforms.inputAdds,
                figure: arithmetic.add(shape.datatype.activations + growth), family: .arithmetic),
            EnergyEntry(
                component: Self.part.name, action: "register",
                count: activity.transforms.inputTiles * registerBits(positions: positions, growth: growth),
                figure: arithmetic.book.energy(.registerWrite, width: 1), family: .register),
        ]
    }

    var areas: [AreaEntry] {
        guard let matrices = shape.matrices else { return [] }
        let transform = shape.configuration.inputTransform
        let adders = (matrices.inputTransformAdds + transform.interval - 1) / transform.interval
        let bits = registerBits(positions: matrices.n * matrices.n, growth: shape.growthBits)
        return [
            AreaEntry(
                component: Self.part.name, part: "adder", count: transform.units * adders,
                figure: arithmetic.adder(shape.datatype.activations + shape.growthBits)),
            AreaEntry(
                component: Self.part.name, part: "register bit", count: transform.units * bits,
                figure: arithmetic.book.area(.registerWrite, width: 1)),
        ]
    }

    private func registerBits(positions: Int, growth: Int) -> Int {
        positions * (3 * shape.datatype.activations + 2 * growth)
    }
}
