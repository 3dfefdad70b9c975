import Hardware
import Simulation
import YAML

/// A part of the machine whose activity takes energy.
protocol EnergyComponent: Sendable {
    /// What it took in a layer: an entry for each kind of action; none where the layer does not have the component.
    func entries(of layer: LayerResult) -> [EnergyEntry]
}

/// Turns activity counts into energies: counts times energy per action, component by component.
///
/// Counted are multipliers, accumulator adders and the adders of both transforms. Buffers, wires, control, leakage and DRAM
/// are not part of it.
public struct EnergyModel: Sendable {
    private let components: [any EnergyComponent]
    private let denseMultiply: Picojoules

    /// Makes the model of a machine.
    ///
    /// - Throws: `InputError` where the configuration asks for another technology than the table's.
    public init(table: EnergyTable, configuration: Configuration) throws {
        guard configuration.energy.technology == table.technology else {
            let asked = QuantityKind.length.format(configuration.energy.technology)
            let found = QuantityKind.length.format(table.technology)
            throw InputError(
                "energy.technology is \(asked), but the energy table \(quoted(table.name)) (\(table.path)) holds figures of "
                    + "\(found), and scaling from node to node is not yet there: set energy.technology to \(found)",
                at: configuration.energy.technologyPlace.mark)
        }
        let datatype = configuration.datatype
        components = [
            Multipliers(table: table, datatype: datatype),
            Accumulators(table: table, datatype: datatype),
            InputTransformAdders(table: table, datatype: datatype),
            OutputTransformAdders(table: table, datatype: datatype),
        ]
        denseMultiply = table.figure(multiplying: datatype.weights, by: datatype.activations).energy
    }

    /// What a layer took.
    public func energy(of layer: LayerResult) -> LayerEnergy {
        LayerEnergy(
            layer: layer.name, entries: components.flatMap { $0.entries(of: layer) },
            denseMultiply: denseMultiply * layer.activity.denseMultiplies)
    }

    /// What every layer took, in the result's order.
    public func energy(of result: SimulationResult) -> [LayerEnergy] { result.layers.map { energy(of: $0) } }
}
