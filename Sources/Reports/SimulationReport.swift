import Energy
import Engine
import Files
import Hardware
import Simulation
import YAML

/// What a simulation found, as people and programs read it: tables for the terminal, CSV files, a JSON summary.
public struct SimulationReport: Report {
    /// What the layers did.
    let run: TraceActivity
    let energy: [LayerEnergy]
    let model: EnergyModel
    let tracePath: String?
    let version: String
    /// What the functional pass found, one element a layer; nil where it did not run.
    public let verification: [LayerVerification]?
    /// The largest error that the functional pass let pass, as a share of the largest output; nil where it did not run.
    public let tolerance: Double?
    /// One row a layer, then one an operation that does not multiply.
    let rows: [LayerRow]
    /// The row of all layers.
    let total: LayerRow
    /// Whether the energies with other figures are shown.
    let showsSensitivity: Bool

    /// Makes a report.
    ///
    /// - Parameters:
    ///   - result: what the simulation found.
    ///   - tracePath: the trace's file as the user named it; nil where it was made in memory.
    ///   - version: the program's version.
    ///   - verification: what the functional pass found, one element a layer, if it ran.
    ///   - tolerance: the largest error that it let pass, as a share of the largest output.
    ///   - showsSensitivity: whether the energies with half and twice of some figures are shown.
    public init(
        result: SimulationResult, tracePath: String?, version: String,
        verification: [LayerVerification]? = nil, tolerance: Double? = nil, showsSensitivity: Bool = false
    ) {
        precondition(verification.map { $0.count == result.layers.count } ?? true, "one verification a layer")
        (run, model, self.tracePath, self.version) = (result.activity, result.machine.model, tracePath, version)
        energy = result.layers.map(\.energy) + result.operations.map(\.energy)
        let clock = result.machine.configuration.clock
        rows =
            result.layers.map { LayerRow($0, clock: clock) } + result.operations.map { LayerRow($0, clock: clock) }
        total = LayerRow(totalOf: result)
        warnings =
            result.activity.notExported.warnings + result.activity.notSimulated.warnings + result.warnings
        (self.verification, self.tolerance, self.showsSensitivity) = (verification, tolerance, showsSensitivity)
    }

    /// What of the model is not in the trace, what does not fit together in the machine, nor with the layers, and which operands
    /// are loaded too often, in words.
    public let warnings: [String]

    /// What everything is rendered from.
    public var document: ReportDocument {
        var tables = [
            ("layers.csv", layerTable), ("energy.csv", energyTable), ("area.csv", areaTable),
            ("mapping.csv", mappingTable),
        ]
        if showsSensitivity { tables.append(("sensitivity.csv", sensitivityTable)) }
        return ReportDocument(sections: sections, tables: tables, summary: summary)
    }

    private var layerTable: ReportTable { ReportTable(Column<LayerRow>.all, rows: rows, totals: [total]) }
    private var energyTable: ReportTable { ReportTable(Column<EnergyRow>.all, rows: energy.flatMap(EnergyRow.rows)) }
    private var areaTable: ReportTable { ReportTable(Column<AreaRow>.all, rows: AreaRow.rows(of: model)) }
    private var mappingTable: ReportTable {
        ReportTable(Column<MappingRow>.all, rows: run.layers.map(MappingRow.init))
    }
    private var sensitivityTable: ReportTable {
        ReportTable(Column<SensitivityRow>.all, rows: SensitivityRow.rows(of: energy))
    }

    /// `layers.csv`: one line a layer, one an operation that does not multiply, and a last one `total`.
    public func layersCSV() -> [UInt8] { layerTable.csv() }

    /// `energy.csv`: one line a layer, component and action.
    public func energyCSV() -> [UInt8] { energyTable.csv() }

    /// `area.csv`: one line a component and part of the chip.
    public func areaCSV() -> [UInt8] { areaTable.csv() }

    /// `sensitivity.csv`: the energy of all layers with the figures as they are, and with some of them halved and doubled.
    public func sensitivityCSV() -> [UInt8] { sensitivityTable.csv() }

    /// `summary.json`: the figures of all CSV files, what each of them is, and all that is needed to make the result again;
    /// and, where the functional pass ran, its tolerance, columns and what it found, as the last three keys.
    ///
    /// Keys have a fixed order. What is not defined is null; no number is NaN or infinite.
    public func summaryJSON() -> [UInt8] { json() }

    /// Writes `layers.csv`, `energy.csv`, `area.csv`, `mapping.csv`, `summary.json` and, where they were asked for, `sensitivity.csv` and
    /// `timeline.json` into a folder, which is made where it is missing: all files or none, `summary.json` last.
    ///
    /// - Returns: the files' names.
    /// - Throws: `FileError`.
    @discardableResult public func write(to directory: String) throws -> [String] {
        var files = document.files(summary: "summary.json")
        if let timeline = timelineJSON() { files.insert(("timeline.json", timeline), at: files.count - 1) }
        return try OutputFolder.write(files, to: directory, optional: ["sensitivity.csv", "timeline.json"])
    }

    // MARK: For programs

    /// What `summary.json` holds, in order.
    private var summary: JSON {
        let yaml = run.configuration.yaml()
        let (layers, energies, areas, sensitivity) = (layerTable, energyTable, areaTable, sensitivityTable)
        let summary: JSON = [
            "program": .program(version),
            "trace": [
                "name": .text(run.model), "description": .text(run.traceDescription),
                "path": .optional(tracePath), "digest": .optional(run.traceDigest),
            ],
            "seed": .unsigned(run.seed),
            "configuration": (try? Document.parse(yaml, file: "configuration")).map { JSON($0) } ?? .null,
            "configuration_yaml": .text(yaml), "energy_table": Self.describe(model.tables.table),
            "energy_companion": model.tables.companion.map(Self.describe) ?? .null,
            "energy_point": [
                "technology": .text(QuantityKind.length.format(model.point.technology)),
                "voltage": .text(QuantityKind.voltage.format(model.point.voltage)),
                "scaling": .text(model.tables.scaling.source), "sram": .text(model.tables.sram.source),
                "pe_pitch_mm": .real(model.pitch),
            ],
            "warnings": .array(warnings.map(JSON.text)), "columns": .columns(layers.columns),
            "energy_columns": .columns(energies.columns), "area_columns": .columns(areas.columns),
            "total": .total(layers), "layers": .rows(layers), "energy": .rows(energies),
            "area_mm2": .real(model.totalArea.squareMillimetres), "area": .rows(areas),
        ]
        let changed: JSON = ["sensitivity_columns": .columns(sensitivity.columns), "sensitivity": .rows(sensitivity)]
        let outputs: JSON? = verification.map {
            let table = ReportTable(Column<LayerVerification>.all, rows: $0)
            return [
                "verification_tolerance": .optional(tolerance), "verification_columns": .columns(table.columns),
                "verification": .rows(table),
            ]
        }
        return summary + (showsSensitivity ? changed : [:]) + (outputs ?? [:])
    }

    private static func describe(_ table: EnergyTable) -> JSON {
        [
            "name": .text(table.name), "description": .text(table.description),
            "technology": .text(QuantityKind.length.format(table.point.technology)),
            "voltage": .text(QuantityKind.voltage.format(table.point.voltage)),
        ]
    }
}
