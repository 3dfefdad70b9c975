import Energy
import Files
import Simulation

/// What a simulation found, as people and programs read it: tables for the terminal, CSV files, a JSON summary.
public struct SimulationReport: Report {
    let result: SimulationResult
    let energy: [LayerEnergy]
    let model: EnergyModel
    let tracePath: String?
    let version: String
    /// What the functional pass found, one element a layer; nil where it did not run.
    public let verification: [LayerVerification]?
    /// The largest error that the functional pass let pass, as a share of the largest output; nil where it did not run.
    public let tolerance: Double?
    /// One row a layer.
    let rows: [LayerRow]
    /// The row of all layers.
    let total: LayerRow
    /// Whether the energies with other figures are shown.
    let showsSensitivity: Bool

    /// Makes a report.
    ///
    /// - Parameters:
    ///   - result: what the simulation found.
    ///   - model: the machine's energies and areas.
    ///   - tracePath: the trace's file as the user named it; nil where it was made in memory.
    ///   - version: the program's version.
    ///   - verification: what the functional pass found, one element a layer, if it ran.
    ///   - tolerance: the largest error that it let pass, as a share of the largest output.
    ///   - showsSensitivity: whether the energies with half and twice of some figures are shown.
    public init(
        result: SimulationResult, model: EnergyModel, tracePath: String?, version: String,
        verification: [LayerVerification]? = nil, tolerance: Double? = nil, showsSensitivity: Bool = false
    ) {
        precondition(verification.map { $0.count == result.layers.count } ?? true, "one verification a layer")
        self.result = result
        self.model = model
        self.showsSensitivity = showsSensitivity
        energy = model.energy(of: result)
        self.tracePath = tracePath
        self.version = version
        self.verification = verification
        self.tolerance = tolerance
        rows = zip(result.layers, energy).map { LayerRow($0, energy: $1, clock: result.configuration.clock) }
        total = LayerRow(totalOf: result, energy: energy)
    }

    /// What of the model is not in the trace, what does not fit together in the machine, nor with the layers, and which operands
    /// are loaded too often, in words.
    public var warnings: [String] {
        result.notExported.warnings + model.warnings(for: result) + result.repeatedLoads
    }

    /// What everything is rendered from.
    public var document: ReportDocument {
        var tables = [("layers.csv", layerTable), ("energy.csv", energyTable), ("area.csv", areaTable)]
        if showsSensitivity { tables.append(("sensitivity.csv", sensitivityTable)) }
        return ReportDocument(sections: sections, tables: tables, summary: summary)
    }

    /// One row a layer, and their total.
    var layerTable: ReportTable { ReportTable(Column<LayerRow>.all, rows: rows, totals: [total]) }

    /// One row a layer, component and action.
    var energyTable: ReportTable { ReportTable(Column<EnergyRow>.all, rows: energy.flatMap(EnergyRow.rows)) }

    /// One row a component and part of the chip.
    var areaTable: ReportTable { ReportTable(Column<AreaRow>.all, rows: AreaRow.rows(of: model)) }

    /// The energy of all layers with the figures as they are, and with some of them at half and at twice.
    var sensitivityTable: ReportTable {
        ReportTable(Column<SensitivityRow>.all, rows: SensitivityRow.rows(of: energy))
    }

    /// `layers.csv`: one line a layer and a last one `total`.
    public func layersCSV() -> [UInt8] { CSV(layerTable).bytes }

    /// `energy.csv`: one line a layer, component and action.
    public func energyCSV() -> [UInt8] { CSV(energyTable).bytes }

    /// `area.csv`: one line a component and part of the chip.
    public func areaCSV() -> [UInt8] { CSV(areaTable).bytes }

    /// `sensitivity.csv`: the energy of all layers with the figures as they are, and with some of them at half and at twice.
    public func sensitivityCSV() -> [UInt8] { CSV(sensitivityTable).bytes }

    /// `summary.json`: the figures of all CSV files, what each of them is, and all that is needed to make the result again;
    /// and, where the functional pass ran, its tolerance, columns and what it found, as the last three keys.
    ///
    /// Keys stand in a fixed order. What is not defined is null; no number is NaN or infinite.
    public func summaryJSON() -> [UInt8] { json() }

    /// Writes `layers.csv`, `energy.csv`, `area.csv`, `summary.json` and, where they were asked for, `sensitivity.csv` and
    /// `timeline.json` into a folder, which is made where it is missing: all files or none, `summary.json` last.
    ///
    /// - Returns: the files' names.
    /// - Throws: `FileError`.
    @discardableResult public func write(to directory: String) throws -> [String] {
        var files = document.files(summary: "summary.json")
        if let timeline = timelineJSON() { files.insert(("timeline.json", timeline), at: files.count - 1) }
        return try OutputFolder.write(files, to: directory, optional: ["sensitivity.csv", "timeline.json"])
    }
}
