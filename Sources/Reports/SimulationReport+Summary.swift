import Energy
import Hardware
import Simulation
import YAML

extension SimulationReport {
    /// What `summary.json` holds, in order.
    var summary: [(key: String, value: JSON)] {
        let configuration = result.configuration
        let yaml = configuration.yaml()
        let (layers, energies, areas) = (layerTable, energyTable, areaTable)
        let nested = (try? Document.parse(yaml, file: "configuration")).map { JSON($0) } ?? .null
        var summary: [(key: String, value: JSON)] = [
            ("program", .program(version)),
            (
                "trace",
                .object([
                    ("name", .text(result.model)), ("description", .text(result.traceDescription)),
                    ("path", .optional(tracePath)),
                    ("digest", .optional(result.traceDigest.isEmpty ? nil : result.traceDigest)),
                ])
            ),
            ("seed", .unsigned(result.seed)),
            ("configuration", nested),
            ("configuration_yaml", .text(yaml)),
            ("energy_table", Self.describe(model.tables.table)),
            ("energy_companion", model.tables.companion.map(Self.describe) ?? .null),
            (
                "energy_point",
                .object([
                    ("technology", .text(QuantityKind.length.format(model.point.technology))),
                    ("voltage", .text(QuantityKind.voltage.format(model.point.voltage))),
                    ("scaling", .text(model.tables.scaling.source)), ("sram", .text(model.tables.sram.source)),
                    ("pe_pitch_mm", .real(model.pitch)),
                ])
            ),
            ("warnings", .array(warnings.map(JSON.text))),
            ("columns", .columns(layers.columns)), ("energy_columns", .columns(energies.columns)),
            ("area_columns", .columns(areas.columns)), ("total", JSON.totals(layers).first ?? .null),
            ("layers", .rows(layers)),
            ("energy", .rows(energies)), ("area_mm2", .real(model.totalArea.squareMillimetres)),
            ("area", .rows(areas)),
        ]
        if showsSensitivity {
            summary += [
                ("sensitivity_columns", .columns(sensitivityTable.columns)), ("sensitivity", .rows(sensitivityTable)),
            ]
        }
        if let verification {
            let table = ReportTable(Column<LayerVerification>.all, rows: verification)
            summary += [
                ("verification_tolerance", .optional(tolerance)), ("verification_columns", .columns(table.columns)),
                ("verification", .rows(table)),
            ]
        }
        return summary
    }

    private static func describe(_ table: EnergyTable) -> JSON {
        .object([
            ("name", .text(table.name)), ("description", .text(table.description)),
            ("technology", .text(QuantityKind.length.format(table.point.technology))),
            ("voltage", .text(QuantityKind.voltage.format(table.point.voltage))),
        ])
    }
}
