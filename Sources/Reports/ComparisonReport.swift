import Comparisons
import Energy
import Files
import Hardware

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
        (self.result, self.version) = (result, version)
        (self.showsSensitivity, self.showsLayers) = (showsSensitivity, showsLayers)
    }

    /// What everything is rendered from.
    public var document: ReportDocument {
        ReportDocument(
            sections: sections,
            tables: [("compare.csv", table)] + (showsSensitivity ? [("sensitivity.csv", sensitivityTable)] : []),
            summary: summary)
    }

    private var table: ReportTable {
        ReportTable(Column<ComparisonRow>.all, rows: result.cases.flatMap(ComparisonRow.rows))
    }

    private var sensitivityTable: ReportTable {
        ReportTable(
            Column<ComparisonSensitivityRow>.all, rows: result.cases.flatMap(ComparisonSensitivityRow.rows))
    }

    /// `sensitivity.csv`: for each case all runs with the figures as they are, and with some of them halved and doubled.
    public func sensitivityCSV() -> [UInt8] { sensitivityTable.csv() }

    /// Writes `compare.csv`, `compare.json` and, where it was asked for, `sensitivity.csv` into a folder, which is made where it
    /// is missing: all files or none, `compare.json` last.
    ///
    /// - Returns: the files' names.
    /// - Throws: `FileError`.
    @discardableResult public func write(to directory: String) throws -> [String] {
        try OutputFolder.write(document.files(summary: "compare.json"), to: directory, optional: ["sensitivity.csv"])
    }

    /// The published run in a case, next to the runs of earlier methods: products of the layers that the publication
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

    // MARK: For programs

    /// What `compare.json` holds: the figures of the CSV files, what each of them is, and all that is needed to make the result
    /// again.
    private var summary: JSON {
        let comparison = result.comparison
        let changed: JSON = [
            "sensitivity_columns": .columns(sensitivityTable.columns), "sensitivity": .rows(sensitivityTable),
        ]
        return [
            "program": .program(version), "name": .text(comparison.name), "description": .text(comparison.description),
            "baseline": .text(comparison.baseline), "columns": .columns(Column<ComparisonRow>.all.map(\.about)),
            "cases": .array(result.cases.map(describe)),
        ] + (comparison.published.map { ["published": describe($0)] } ?? [:]) + (showsSensitivity ? changed : [:])
    }

    private func describe(_ one: CaseResult) -> JSON {
        [
            "name": .text(one.name), "runs": .array(one.runs.map { describe($0, in: one) }),
            "order_turns_round": .array(RankingChange.all(in: one).map(describe)),
        ]
    }

    private func describe(_ run: RunResult, in one: CaseResult) -> JSON {
        let table = ReportTable(
            Column<ComparisonRow>.all, rows: ComparisonRow.layers(of: run, in: one),
            totals: [ComparisonRow.total(of: run, in: one)])
        return [
            "name": .text(run.name),
            "trace": [
                "name": .text(run.model), "path": .text(run.tracePath), "digest": .optional(run.traceDigest),
                "seed": .unsigned(run.seed),
            ],
            "configuration_yaml": .text(run.configuration.yaml()),
            "warnings": .array((run.notExported.warnings + run.notSimulated.warnings + run.warnings).map(JSON.text)),
            "figures": .array(run.origins.map(JSON.text)), "total": .total(table), "layers": .rows(table),
        ]
    }

    private func describe(_ inversion: RankingChange) -> JSON {
        [
            "by": .text(inversion.measure.rawValue), "multiplies_less": .text(inversion.fewer.name),
            "is_ahead": .text(inversion.ahead.name), "multiply_ratio": .real(inversion.multiplyRatio),
            "ratio": .real(inversion.ratio),
            inversion.measure == .time ? "reasons_us" : "reasons_pJ": .object(
                inversion.reasons.map { ($0.part.name, .real($0.excess)) }),
            "text": .text(sentence(inversion)),
        ]
    }

    private func describe(_ published: PublishedFigures) -> JSON {
        let counted = result.cases.map { one -> JSON in
            let total = one.run(published.run)?.total(without: published.without)
            return [
                "case": .text(one.name), "multiply_reduction": .optional(total?.activity.multiplyReduction),
                "against": .array(
                    standing(in: one).map {
                        [
                            "run": .text($0.other.name), "multiplies": .optional($0.multiplies),
                            "time": .optional($0.time),
                            "energy": .optional($0.energy),
                        ]
                    }),
            ]
        }
        return [
            "source": .text(published.source), "run": .text(published.run),
            "multiply_reduction": .real(published.reduction), "without": .array(published.without.map(JSON.text)),
            "over_earlier": [
                "from": .real(published.overEarlier.lowerBound), "to": .real(published.overEarlier.upperBound),
            ],
            "counted": .array(counted),
        ]
    }
}
