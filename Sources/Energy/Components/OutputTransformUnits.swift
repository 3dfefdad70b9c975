import Engine
import Hardware
import Traces

/// The output units: adders as wide as the accumulators that they read, and registers behind each of the transform's two factors,
/// or for a direct layer's output on its way. Registers are counted in bits.
struct OutputTransformUnits: EnergyComponent {
    static let parts = [
        Component(
            "output_transform", "output units, with the output transform of Winograd layers",
            keys: "output_transform.units")
    ]

    let arithmetic: Arithmetic
    let shape: MachineShape

    func entries(of activity: Activity, algorithm: Algorithm?) -> [EnergyEntry] {
        let bits = shape.datatype.accumulators
        var values = 1
        var entries: [EnergyEntry] = []
        if case .winograd(let m, let r) = algorithm {
            values = m * (m + r - 1) + m * m
            entries.append(
                EnergyEntry(
                    component: Self.part.name, action: "add", count: activity.transforms.outputAdds,
                    figure: arithmetic.add(bits), family: .arithmetic))
        }
        entries.append(
            EnergyEntry(
                component: Self.part.name, action: "register", count: activity.outputs.pairs * values * bits,
                figure: arithmetic.book.energy(.registerWrite, width: 1), family: .register))
        return entries
    }

    var areas: [AreaEntry] {
        let transform = shape.configuration.outputTransform
        let bits = shape.datatype.accumulators
        let registers = AreaEntry(
            component: Self.part.name, part: "register bit",
            count: transform.units * bits * (shape.matrices.map { $0.m * $0.n + $0.m * $0.m } ?? 1),
            figure: arithmetic.book.area(.registerWrite, width: 1))
        guard let matrices = shape.matrices else { return [registers] }
        let adders = (matrices.outputTransformAdds + transform.interval - 1) / transform.interval
        return [
            AreaEntry(
                component: Self.part.name, part: "adder", count: transform.units * adders,
                figure: arithmetic.adder(bits)),
            registers,
        ]
    }
}
