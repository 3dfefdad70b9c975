import Hardware

/// All tables that a machine's energy and area are made from.
public struct EnergyTables: Sendable {
    /// The table that the configuration names.
    public let table: EnergyTable
    /// The table that gives what the first one lacks; nil where it names none.
    public let companion: EnergyTable?
    /// How figures go from node to node.
    public let scaling: TechnologyScaling
    /// The banks of the buffers.
    public let sram: SRAMTable

    /// The files of the table and of its companion.
    public var files: [String] { table.files + (companion?.files ?? []) }

    /// Makes a set of tables.
    public init(table: EnergyTable, companion: EnergyTable?, scaling: TechnologyScaling, sram: SRAMTable) {
        self.table = table
        self.companion = companion
        self.scaling = scaling
        self.sram = sram
    }

    /// Loads what a configuration's energy section names.
    ///
    /// - Throws: `FileError` where a table is missing, with the nearest shipped name; `InputError` for what is wrong in one.
    public static func load(for configuration: Configuration, library: ConfigurationLibrary) throws -> EnergyTables {
        let energy = configuration.energy
        let table = try energy.tablePlace.named { try EnergyTable.resolve(energy.table, library: library) }
        return EnergyTables(
            table: table, companion: try table.loadCompanion(library: library),
            scaling: try TechnologyScaling.shipped(in: library),
            sram: try SRAMTable.resolve(device: energy.sram, library: library))
    }
}
