import Comparisons
import Hardware

extension ComparisonReport {
    /// What `compare.json` holds: the figures of the CSV files, what each of them is, and all that is needed to make the result
    /// again.
    var summary: [(key: String, value: JSON)] {
        let comparison = result.comparison
        var summary: [(key: String, value: JSON)] = [
            ("program", .program(version)), ("name", .text(comparison.name)),
            ("description", .text(comparison.description)), ("baseline", .text(comparison.baseline)),
            ("columns", .columns(Column<ComparisonRow>.all.map(\.about))),
            ("cases", .array(result.cases.map(describe))),
        ]
        if let published = comparison.published {
            summary.append(("published", describe(published)))
        }
        if showsSensitivity {
            summary += [
                ("sensitivity_columns", .columns(sensitivityTable.columns)), ("sensitivity", .rows(sensitivityTable)),
            ]
        }
        return summary
    }

    private func describe(_ one: CaseResult) -> JSON {
        .object([
            ("name", .text(one.name)), ("runs", .array(one.runs.map { describe($0, in: one) })),
            ("order_turns_round", .array(OrderInversion.all(in: one).map(describe))),
        ])
    }

    private func describe(_ run: RunResult, in one: CaseResult) -> JSON {
        let table = ReportTable(
            Column<ComparisonRow>.all, rows: ComparisonRow.layers(of: run, in: one),
            totals: [ComparisonRow.total(of: run, in: one)])
        return .object([
            ("name", .text(run.name)),
            (
                "trace",
                .object([
                    ("name", .text(run.model)), ("path", .text(run.tracePath)),
                    ("digest", .optional(run.traceDigest.isEmpty ? nil : run.traceDigest)),
                    ("seed", .unsigned(run.seed)),
                ])
            ),
            ("configuration_yaml", .text(run.configuration.yaml())),
            ("warnings", .array((run.notExported.warnings + run.warnings).map(JSON.text))),
            ("figures", .array(run.origins.map(JSON.text))),
            ("total", JSON.totals(table).first ?? .null), ("layers", .rows(table)),
        ])
    }

    private func describe(_ inversion: OrderInversion) -> JSON {
        .object([
            ("by", .text(inversion.measure.rawValue)), ("multiplies_less", .text(inversion.fewer.name)),
            ("is_ahead", .text(inversion.ahead.name)), ("multiply_ratio", .real(inversion.multiplyRatio)),
            ("ratio", .real(inversion.ratio)),
            (
                inversion.measure == .time ? "reasons_us" : "reasons_pJ",
                .object(inversion.reasons.map { ($0.part.name, .real($0.excess)) })
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
                            ("case", .text(one.name)), ("multiply_reduction", .optional(reduction)),
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
