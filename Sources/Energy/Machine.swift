import DRAM
import Hardware
import Simulation

/// A configuration with all that it names: the memory's preset, and the tables of its energies and areas.
public struct Machine: Sendable {
    /// The configuration.
    public let configuration: Configuration
    /// The memory's timings; nil where it names no standard.
    public let dram: DRAMConfiguration?
    /// Its energies and areas.
    public let model: EnergyModel

    /// Looks up what a configuration names.
    ///
    /// - Throws: `FileError` where it does not ship, with the nearest name; `InputError` for what is wrong in it.
    public init(_ configuration: Configuration, library: ConfigurationLibrary) throws {
        var dram: DRAMConfiguration?
        if case .standard(let standard) = configuration.dram {
            dram = try DRAMConfiguration.decode(standard.node, presets: library.memoryFolder())
        }
        try self.init(configuration, tables: EnergyTables.load(for: configuration, library: library), dram: dram)
    }

    /// Takes what somebody has looked up.
    ///
    /// - Throws: `InputError` where a table lacks a figure, or cannot be scaled to what the configuration asks for, or the clock is too
    ///   slow for the memory.
    public init(_ configuration: Configuration, tables: EnergyTables, dram: DRAMConfiguration?) throws {
        self.configuration = configuration
        self.dram = dram
        if let dram { try configuration.checkClock(against: dram) }
        model = try EnergyModel(configuration: configuration, tables: tables, dram: dram)
    }

    /// What runs traces on it.
    public var simulator: Simulator { Simulator(configuration, dram: dram) }
}
