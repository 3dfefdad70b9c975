import Energy
import Hardware
import Simulation
import YAML

extension SimulationReport {
    /// `summary.json`: the figures of all CSV files, what each of them is, and all that is needed to make the result again;
    /// and, where the functional pass ran, its tolerance, columns and what it found, as the last three keys.
    ///
    /// Keys stand in a fixed order. What is not defined is null; no number is NaN or infinite.
    public func summaryJSON() -> [UInt8] {
        let configuration = result.configuration
        let yaml = configuration.yaml()
        let nested = (try? Document.parse(yaml, file: "configuration")).map { JSON($0) } ?? .null
        var summary: [(key: String, value: JSON)] = [
            ("program", .object([("name", .text("winosim")), ("version", .text(version))])),
            (
                "trace",
                .object([
                    ("name", .text(result.model)), ("description", .text(result.traceDescription)),
                    ("path", tracePath.map(JSON.text) ?? .null),
                    ("digest", result.traceDigest.isEmpty ? .null : .text(result.traceDigest)),
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
            ("columns", .array(Column<LayerRow>.all.map(JSON.init(describing:)))),
            ("energy_columns", .array(Column<EnergyRow>.all.map(JSON.init(describing:)))),
            ("area_columns", .array(Column<AreaRow>.all.map(JSON.init(describing:)))),
            ("total", JSON(total, Column<LayerRow>.all)),
            ("layers", .array(rows.map { JSON($0, Column<LayerRow>.all) })),
            (
                "energy",
                .array(energy.flatMap(EnergyRow.rows).map { JSON($0, Column<EnergyRow>.all) })
            ),
            ("area_mm2", .real(model.totalArea.squareMillimetres)),
            ("area", .array(AreaRow.rows(of: model).map { JSON($0, Column<AreaRow>.all) })),
        ]
        if showsSensitivity {
            summary += [
                ("sensitivity_columns", .array(Column<SensitivityRow>.all.map(JSON.init(describing:)))),
                (
                    "sensitivity",
                    .array(SensitivityRow.rows(of: energy).map { JSON($0, Column<SensitivityRow>.all) })
                ),
            ]
        }
        if let verification {
            summary += [
                ("verification_tolerance", tolerance.map(JSON.real) ?? .null),
                ("verification_columns", .array(Column<LayerVerification>.all.map(JSON.init(describing:)))),
                ("verification", .array(verification.map { JSON($0, Column<LayerVerification>.all) })),
            ]
        }
        return JSON.object(summary).bytes()
    }

    private static func describe(_ table: EnergyTable) -> JSON {
        .object([
            ("name", .text(table.name)), ("description", .text(table.description)),
            ("technology", .text(QuantityKind.length.format(table.point.technology))),
            ("voltage", .text(QuantityKind.voltage.format(table.point.voltage))),
        ])
    }
}
