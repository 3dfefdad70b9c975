import Comparisons
import DRAM
import Engine
import Traces

/// An output in rows and columns: what writes it, what a row is, and its columns.
public struct OutputTable: Sendable {
    /// The name under which it is asked for: that of its file, or of its key in `summary.json`.
    public let name: String
    /// The command that writes it.
    public let command: String
    /// What a row is.
    public let rows: String
    /// The columns in their order.
    public let columns: [ReportColumn]

    /// Describes the columns that make a table.
    package init<Row>(_ name: String, _ command: String, rows: String, _ columns: [Column<Row>]) {
        self.name = name
        self.command = command
        self.rows = rows
        self.columns = columns.map(\.about)
    }

    /// The outputs of all commands but sweeps, whose columns depend on their axes.
    public static let all = [
        OutputTable(
            "layers.csv", "simulate --output",
            rows: "One row a layer, and a last one `total` of sums and ratios of sums",
            Column<LayerRow>.all),
        OutputTable(
            "energy.csv", "simulate --output, energy", rows: "One row a layer, component and action",
            Column<EnergyRow>.all),
        OutputTable(
            "area.csv", "simulate --output", rows: "One row a component and part of the chip", Column<AreaRow>.all),
        OutputTable(
            "mapping.csv", "simulate --output", rows: "One row a layer: how it was laid on the machine",
            Column<MappingRow>.all),
        OutputTable(
            "candidates.csv", "simulate --explain-mapping --output",
            rows: "One row a layer and mapping that the search compares", Column<MappingCandidateRow>.all),
        OutputTable(
            "sensitivity.csv", "simulate --sensitivity --output",
            rows: "One row for the figures as they are, and one for each change of a family of figures",
            Column<SensitivityRow>.all),
        OutputTable(
            "verification", "simulate --verify --output",
            rows: "In `summary.json`: one entry a layer that was verified",
            Column<LayerVerification>.all),
        OutputTable(
            "compare.csv", "compare --output", rows: "For each case and run one row a layer, and a last one `total`",
            Column<ComparisonRow>.all),
        OutputTable(
            "compare-sensitivity", "compare --sensitivity --output",
            rows: "The comparison's `sensitivity.csv`: for each case and change one row a run",
            Column<ComparisonSensitivityRow>.all),
        OutputTable("dram.csv", "dram --csv", rows: "One row: the replay of a request trace", Column<DRAMResult>.all),
        OutputTable(
            "fill-in.csv", "trace fill-in --csv", rows: "One row a layer to which Winograd's algorithm applies",
            Column<FillIn>.all),
    ]

    /// The table for a page, under a heading.
    public var markdown: String {
        let head = ["| column | unit | what it is |", "| --- | --- | --- |"]
        let lines = columns.map { "| `\($0.name)` | \($0.unit) | \($0.description) |" }
        return "## \(name)\n\n\(rows) (`winosim \(command)`).\n\n" + (head + lines).joined(separator: "\n") + "\n"
    }

    /// The table as JSON.
    public var json: JSON {
        let columns = columns.map { column -> JSON in
            [
                "name": .text(column.name), "unit": .text(column.unit), "description": .text(column.description),
                "is_number": .boolean(column.kind != .text),
            ]
        }
        return ["name": .text(name), "command": .text(command), "rows": .text(rows), "columns": .array(columns)]
    }
}
