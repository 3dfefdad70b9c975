import Energy
import Hardware
import TestSupport
import Traces

@testable import Simulation

/// The table that ships.
func shippedTable() throws -> EnergyTable { try EnergyTable.load(path: repository + "/Configs/energy/default.yaml") }

/// A layer with the given counts.
func layer(_ name: String = "layer", _ algorithm: Algorithm, _ set: (inout Activity) -> Void) -> LayerResult {
    var activity = Activity()
    set(&activity)
    return LayerResult(
        name: name, shape: LayerShape(channels: 1, filters: 1), algorithm: algorithm, note: nil, activity: activity)
}
