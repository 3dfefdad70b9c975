import Comparisons
import Energy
import Files

/// What a comparison found, as people and programs read it: tables for the terminal, CSV files, a JSON summary.
public struct ComparisonReport: Report {
    let result: ComparisonResult
    let version: String
    /// Whether the energies with other figures are shown.
    let showsSensitivity: Bool
    /// Whether the terminal shows every layer.
    let showsLayers: Bool

    /// Makes a report.
    ///
    /// - Parameters:
    ///   - result: what was compared.
    ///   - version: the program's version.
    ///   - showsSensitivity: whether the ratios with half and twice of some figures are shown.
    ///   - showsLayers: whether the terminal shows every layer, not the totals alone.
    public init(result: ComparisonResult, version: String, showsSensitivity: Bool = false, showsLayers: Bool = true) {
        self.result = result
        self.version = version
        self.showsSensitivity = showsSensitivity
        self.showsLayers = showsLayers
    }

    /// What everything is rendered from.
    public var document: ReportDocument {
        ReportDocument(
            sections: sections,
            tables: [("compare.csv", table)] + (showsSensitivity ? [("sensitivity.csv", sensitivityTable)] : []),
            summary: summary)
    }

    /// For each case and run one row a layer and a last one `total`.
    private var table: ReportTable {
        ReportTable(Column<ComparisonRow>.all, rows: result.cases.flatMap(ComparisonRow.rows))
    }

    /// For each case all runs with the figures as they are, and with some of them at half and at twice.
    var sensitivityTable: ReportTable {
        ReportTable(
            Column<ComparisonSensitivityRow>.all, rows: result.cases.flatMap(ComparisonSensitivityRow.rows))
    }

    /// `sensitivity.csv`: for each case all runs with the figures as they are, and with some of them at half and at twice.
    public func sensitivityCSV() -> [UInt8] { CSV(sensitivityTable).bytes }

    /// Writes `compare.csv`, `compare.json` and, where it was asked for, `sensitivity.csv` into a folder, which is made where it
    /// is missing: all files or none, `compare.json` last.
    ///
    /// - Returns: the files' names.
    /// - Throws: `FileError`.
    @discardableResult public func write(to directory: String) throws -> [String] {
        try OutputFolder.write(document.files(summary: "compare.json"), to: directory, optional: ["sensitivity.csv"])
    }

    /// The published run in a case, beside the runs that stand for earlier methods: products of the layers that the publication
    /// counts, time and energy of all.
    func standing(in one: CaseResult) -> [(other: RunResult, multiplies: Double, time: Double, energy: Double)] {
        guard let published = result.comparison.published, let mine = one.run(published.run) else { return [] }
        func ratio(_ a: Double, _ b: Double) -> Double { b > 0 ? a / b : .infinity }
        func multiplies(_ run: RunResult) -> Double { Double(run.total(without: published.without).multiplies) }
        return ([result.comparison.baseline] + published.earlier).unique().compactMap { name in
            one.run(name).map { other in
                (
                    other, ratio(multiplies(other), multiplies(mine)),
                    ratio(other.total.microseconds, mine.total.microseconds),
                    ratio(other.total.energy.value, mine.total.energy.value)
                )
            }
        }
    }
}
