import Comparisons
import Hardware

extension ComparisonReport {
    /// `compare.json`: the figures of the CSV files, what each of them is, and all that is needed to make the result again.
    public func json() -> [UInt8] {
        let comparison = result.comparison
        var summary: [(key: String, value: JSON)] = [
            ("program", .object([("name", .text("winosim")), ("version", .text(version))])),
            ("name", .text(comparison.name)), ("description", .text(comparison.description)),
            ("baseline", .text(comparison.baseline)),
            ("columns", .array(Column<ComparisonRow>.all.map(JSON.init(describing:)))),
            ("cases", .array(result.cases.map(describe))),
        ]
        if let published = comparison.published {
            summary.append(("published", describe(published)))
        }
        if showsSensitivity {
            let rows = result.cases.flatMap(ComparisonSensitivityRow.rows)
            summary += [
                ("sensitivity_columns", .array(Column<ComparisonSensitivityRow>.all.map(JSON.init(describing:)))),
                ("sensitivity", .array(rows.map { JSON($0, Column<ComparisonSensitivityRow>.all) })),
            ]
        }
        return JSON.object(summary).bytes()
    }

    private func describe(_ one: CaseResult) -> JSON {
        let rows = ComparisonRow.rows(of: one)
        return .object([
            ("name", .text(one.name)),
            (
                "runs",
                .array(
                    one.runs.map { run in
                        let mine = rows.filter { $0.run.name == run.name }.map { JSON($0, Column<ComparisonRow>.all) }
                        return .object([
                            ("name", .text(run.name)),
                            (
                                "trace",
                                .object([
                                    ("name", .text(run.model)), ("path", .text(run.tracePath)),
                                    ("digest", run.traceDigest.isEmpty ? .null : .text(run.traceDigest)),
                                    ("seed", .unsigned(run.seed)),
                                ])
                            ),
                            ("configuration_yaml", .text(run.configuration.yaml())),
                            ("warnings", .array((run.notExported.warnings + run.warnings).map(JSON.text))),
                            ("figures", .array(run.origins.map(JSON.text))),
                            ("total", mine.last ?? .null), ("layers", .array(mine.dropLast())),
                        ])
                    })
            ),
            ("order_turns_round", .array(OrderInversion.all(in: one).map(describe))),
        ])
    }

    private func describe(_ inversion: OrderInversion) -> JSON {
        .object([
            ("by", .text(inversion.measure.rawValue)), ("multiplies_less", .text(inversion.fewer.name)),
            ("is_ahead", .text(inversion.ahead.name)), ("multiply_ratio", .real(inversion.multiplyRatio)),
            ("ratio", .real(inversion.ratio)),
            (
                inversion.measure == .time ? "reasons_us" : "reasons_pJ",
                .object(inversion.reasons.map { ($0.name, .real($0.excess)) })
            ),
            ("text", .text(sentence(inversion))),
        ])
    }

    private func describe(_ published: PublishedFigures) -> JSON {
        .object([
            ("source", .text(published.source)), ("run", .text(published.run)),
            ("multiply_reduction", .real(published.reduction)),
            ("without", .array(published.without.map(JSON.text))),
            (
                "over_earlier",
                .object([
                    ("from", .real(published.overEarlier.lowerBound)), ("to", .real(published.overEarlier.upperBound)),
                ])
            ),
            (
                "counted",
                .array(
                    result.cases.map { one in
                        let reduction = one.run(published.run)?.total(without: published.without).activity
                            .multiplyReduction
                        return .object([
                            ("case", .text(one.name)), ("multiply_reduction", reduction.map(JSON.real) ?? .null),
                            (
                                "against",
                                .array(
                                    standing(in: one).map {
                                        .object([
                                            ("run", .text($0.other.name)), ("multiplies", .real($0.multiplies)),
                                            ("time", .real($0.time)), ("energy", .real($0.energy)),
                                        ])
                                    })
                            ),
                        ])
                    })
            ),
        ])
    }
}

extension JSON {
    /// What a column is.
    init<Row>(describing column: Column<Row>) {
        self = .object([
            ("name", .text(column.name)), ("unit", .text(column.unit)), ("description", .text(column.description)),
        ])
    }
}
