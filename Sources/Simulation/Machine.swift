import Energy
import Engine
import Hardware

/// A machine with all that it is made of: its configuration with the memory, and its energies and areas. Nothing that is done with
/// it reads a file.
///
/// ```swift
/// let machine = try Machine.load(path: "Configs/mobile.yaml")
/// print(machine.model.totalArea.squareMillimetres)
/// ```
public struct Machine: Sendable {
    /// The configuration.
    public let configuration: Configuration
    /// Its energies and areas.
    public let model: EnergyModel

    /// Loads a machine with overrides `key.key=value` in their order.
    ///
    /// - Parameters:
    ///   - path: a file, or the name of what ships; the default machine where nil.
    ///   - overrides: keys that replace those of the file.
    ///   - library: what ships; where nil, that of `ConfigurationLibrary(near: path)`.
    /// - Throws: `FileError` where a file cannot be read or does not ship, with the nearest name; `InputError` for what is wrong in
    ///   one or in an override.
    public static func load(
        path: String?, overrides: [Override] = [], library: ConfigurationLibrary? = nil
    ) throws -> Machine {
        let library = try library ?? ConfigurationLibrary(near: path)
        let configuration = try Configuration.load(
            path: path.map(library.resolve), overrides: overrides, library: library)
        return try Machine(configuration, library: library)
    }

    /// Looks up the tables that a configuration names.
    ///
    /// - Throws: `FileError` where one does not ship, with the nearest name; `InputError` for what is wrong in it, and as
    ///   `init(_:tables:)`.
    public init(_ configuration: Configuration, library: ConfigurationLibrary) throws {
        try self.init(configuration, tables: EnergyTables.load(for: configuration, library: library))
    }

    /// Makes a machine of tables that are at hand already.
    ///
    /// - Throws: `InputError` where a table lacks a figure, or cannot be scaled to what the configuration asks for, or the clock is too
    ///   slow for the memory.
    public init(_ configuration: Configuration, tables: EnergyTables) throws {
        self.configuration = configuration
        try configuration.checkClock()
        model = try EnergyModel(configuration: configuration, tables: tables)
    }
}
