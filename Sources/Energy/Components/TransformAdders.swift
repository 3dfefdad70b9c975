import Hardware
import Simulation

/// The adders of the input transform, as wide as what it makes.
struct InputTransformAdders: EnergyComponent {
    let table: EnergyTable
    let datatype: Datatype

    func entries(of layer: LayerResult) -> [EnergyEntry] {
        guard case .winograd = layer.algorithm else { return [] }
        let figure = table.figure(adding: datatype.activations + layer.activity.growthBits)
        return [
            EnergyEntry(
                component: "input_transform", action: "add", count: layer.activity.inputTransformAdds,
                figure: figure)
        ]
    }
}

/// The adders of the output transform, as wide as the accumulators that they read.
struct OutputTransformAdders: EnergyComponent {
    let table: EnergyTable
    let datatype: Datatype

    func entries(of layer: LayerResult) -> [EnergyEntry] {
        guard case .winograd = layer.algorithm else { return [] }
        let figure = table.figure(adding: datatype.accumulators)
        return [
            EnergyEntry(
                component: "output_transform", action: "add", count: layer.activity.outputTransformAdds,
                figure: figure)
        ]
    }
}
