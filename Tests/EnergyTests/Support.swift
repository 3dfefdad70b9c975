import DRAM
import Energy
import Hardware
import TestSupport
import Traces

@testable import Engine

/// The shipped configurations.
func shippedLibrary() throws -> ConfigurationLibrary {
    try ConfigurationLibrary(
        directory: repository + "/Configs", environment: [:], executable: nil, workingDirectory: "/")
}

/// The shipped table of a name.
func shippedTable(_ name: String = "default") throws -> EnergyTable {
    try EnergyTable.load(path: "\(repository)/Configs/energy/\(name).yaml")
}

/// The energy model of a machine, from the tables that its configuration names.
func shippedModel(_ set: (inout Configuration) -> Void = { _ in }) throws -> EnergyModel {
    var configuration = Configuration()
    set(&configuration)
    return try EnergyModel(
        configuration: configuration, tables: EnergyTables.load(for: configuration, library: shippedLibrary()))
}

/// A layer with the given counts.
func layer(_ name: String = "layer", _ algorithm: Algorithm, _ set: (inout Activity) -> Void) -> LayerActivity {
    var activity = Activity()
    set(&activity)
    return LayerActivity(
        name: name, shape: LayerShape(channels: 1, filters: 1), algorithm: algorithm, note: nil, activity: activity)
}

extension LayerEnergy {
    /// The entry of a component and action.
    func entry(_ component: String, _ action: String) -> EnergyEntry? {
        entries.first { $0.component == component && $0.action == action }
    }
}
