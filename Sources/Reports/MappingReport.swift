import Engine
import Files
import Hardware

/// The candidates of a layer's mapping, with their estimates and what was simulated.
public struct MappingReport: Report {
    /// The candidates of a layer.
    public struct Layer: Sendable {
        let name: String
        let records: [MappingRecord]

        /// Makes the candidates of a layer, the mapping as written first.
        public init(name: String, records: [MappingRecord]) { (self.name, self.records) = (name, records) }
    }

    private let layers: [Layer]
    private let goal: MappingGoal
    private let machine: String
    private let version: String

    /// Makes a report.
    ///
    /// - Parameters:
    ///   - layers: the layers with their candidates.
    ///   - machine: the machine.
    ///   - version: the program's version.
    public init(_ layers: [Layer], machine: Configuration, version: String) {
        self.layers = layers
        goal = machine.mapping.search == .none ? .cycles : machine.mapping.search
        self.machine = machine.name
        self.version = version
    }

    /// Writes `candidates.csv` and `candidates.json` into a folder, which is made where it is missing.
    ///
    /// - Returns: the files' names.
    /// - Throws: `FileError`.
    @discardableResult public func write(to directory: String) throws -> [String] {
        try OutputFolder.write(document.files(summary: "candidates.json"), to: directory, optional: [])
    }

    /// A table a layer, the best first; those that fell out early are counted.
    public var document: ReportDocument {
        let sections: [[ReportDocument.Part]] = layers.map { layer in
            let rows = layer.records.map { MappingCandidateRow(layer: layer.name, record: $0) }.sorted {
                $0.key < $1.key
            }
            let shown = rows.filter { $0.record.estimate != nil || $0.record.exact != nil || $0.record.isWritten }
            return [
                .paragraph(
                    "\(layer.name) on \(machine), search for \(goal.words): \(rows.count) mappings, "
                        + "\(rows.count { $0.record.estimate != nil }) estimated, "
                        + "\(rows.count { $0.record.exact != nil }) simulated"),
                .table(ReportTable(Column<MappingCandidateRow>.shown(goal), rows: shown)),
                .list(
                    "Not possible:",
                    rows.compactMap { row in row.record.obstacle.map { "\(row.record.mapping.short): \($0)" } }),
            ]
        }
        let table = ReportTable(
            Column<MappingCandidateRow>.all,
            rows: layers.flatMap { layer in layer.records.map { MappingCandidateRow(layer: layer.name, record: $0) } })
        return ReportDocument(
            sections: sections, tables: [("candidates.csv", table)],
            summary: [
                "program": .program(version), "machine": .text(machine), "goal": .text(goal.rawValue),
                "columns": .columns(table.columns), "candidates": .rows(table),
            ])
    }
}

extension MappingGoal {
    /// What is sought, in words.
    fileprivate var words: String {
        switch self {
        case .none, .cycles: "the fewest cycles"
        case .energy: "the least energy"
        case .edp: "the least product of energy and cycles"
        }
    }
}

struct MappingCandidateRow {
    let layer: String
    let record: MappingRecord

    var mapping: LayerMapping { record.mapping }

    /// Simulated ones first, then estimated ones, each in rising order.
    fileprivate var key: (Double, Double, Double) {
        (record.exact ?? .infinity, record.estimate ?? .infinity, record.rough)
    }

    var state: String {
        if record.obstacle != nil { return "not possible" }
        return [record.isChosen ? "runs" : nil, record.isWritten ? "as written" : nil].compactMap { $0 }.joined(
            separator: ", ")
    }
}

extension Column<MappingCandidateRow> {
    /// The columns of `candidates.csv`.
    static let all: [Column] = [layer] + mapping + figures + costs + [state]

    /// What a terminal shows.
    static func shown(_ goal: MappingGoal) -> [Column] {
        [Column<LayerMapping>.short.of(\MappingCandidateRow.mapping)] + figures + (goal.needsEnergy ? costs : []) + [
            state
        ]
    }

    private static let layer = text("layer", "name of the layer") { $0.layer }
    private static let mapping = Column<LayerMapping>.mapping.map { $0.of(\MappingCandidateRow.mapping) }
    private static let figures: [Column] = [
        .count("rough_cycles", "cycles", "cycles in closed form, by which all candidates are ranked first") {
            $0.record.rough.isFinite ? Int($0.record.rough) : nil
        },
        .count("estimated_cycles", "cycles", "cycles by the estimate") { $0.record.estimatedCycles },
        .count("simulated_cycles", "cycles", "cycles of an exact simulation") { $0.record.exactCycles },
    ]
    private static let costs: [Column] = [
        .measure("estimated_cost", "", "what is sought by the estimate: cycles, pJ, or pJ x cycles") {
            $0.record.estimate
        },
        .measure("simulated_cost", "", "the same of an exact simulation") { $0.record.exact },
    ]
    private static let state = text("state", "whether it runs, and whether it is the mapping as written") { $0.state }
}
