import Comparisons
import Energy
import Engine
import Simulation

/// What a terminal shows of a comparison.
extension ComparisonReport {
    /// All cases, what was published beside what is counted, and where the ranking of the runs changes.
    var sections: [[ReportDocument.Part]] {
        let comparison = result.comparison
        let description = comparison.description.isEmpty ? "" : comparison.description + "; "
        let runs = result.cases.flatMap(\.runs)
        let missing = runs.flatMap { run in
            (run.notExported.warnings + run.notSimulated.warnings).map { "\(run.model): \($0)" }
        }.unique()
        return [[.paragraph("\(comparison.name): \(description)compared with \(comparison.baseline)")]]
            + result.cases.map(section) + overview + [
                comparison.published.map(publication) ?? [], missing.map { .paragraph($0) },
            ] + (showsSensitivity ? result.cases.map(sensitivity) : [])
            + [[.list("Figures:", runs.flatMap(\.origins).unique())]]
    }

    private func section(of one: CaseResult) -> [ReportDocument.Part] {
        var paragraphs: [String] = []
        if showsLayers {
            let areas = one.runs.map { "\($0.name) \(NumberText.figures($0.area.squareMillimetres)) mm2" }
            paragraphs.append("Area: \(areas.joined(separator: ", "))")
        }
        paragraphs += RankingChange.all(in: one).map(sentence)
        paragraphs += one.runs.flatMap { run in run.warnings.map { "\(run.name): \($0)" } }
        return title(of: one) + [.table(table(of: one))] + paragraphs.map { .paragraph($0) }
    }

    private func title(of one: CaseResult) -> [ReportDocument.Part] { one.name.isEmpty ? [] : [.paragraph(one.name)] }

    /// A row a run, or a row a layer and run, with the totals at the end.
    private func table(of one: CaseResult) -> ReportTable {
        let totals = one.runs.map { ComparisonRow.total(of: $0, in: one) }
        let layers = one.runs.flatMap { ComparisonRow.layers(of: $0, in: one) }
        let columns: [Column<ComparisonRow>] = [
            .cycles.shown(["cycles", "", ""]), .speedup.shown(["speed-up", "", "x"]),
            .executed.shown(["multiplies", "executed", ""]), .multiplyReduction.shown(["multiply", "reduced", "x"]),
            .multiplyEnergy.shown(["multiply", "energy", ""], as: .scaled(.energy)),
            .energy.shown(["total", "energy", ""], as: .scaled(.energy)), .energyRatio.shown(["energy", "ratio", ""]),
            .dramBytes.shown(["DRAM", "", ""], as: .scaled(.data)),
            .utilization.shown(["utiliza-", "tion", "%"], as: .percent),
        ]
        // The area is the machine's, whatever the layer.
        guard showsLayers else {
            return ReportTable(
                [.run.shown(["run", "", ""])] + columns + [.area.shown(["area", "", "mm2"])], rows: totals,
                exponents: [0, 3, 6])
        }
        return ReportTable(
            [.layer.shown(["layer", "", ""], skipsRepeats: true), .run.shown(["run", "", ""])] + columns,
            rows: layers.map(\.figures.layer).unique().flatMap { name in layers.filter { $0.figures.layer == name } },
            totals: totals, names: 2,
            exponents: [0, 3, 6])
    }

    // MARK: The ranking of the runs

    /// Why a run that multiplies less ranks lower, in words.
    func sentence(_ inversion: RankingChange) -> String {
        func times(_ ratio: Double) -> String { "\(NumberText.grouped(ratio, decimals: 2))x" }
        let (fewer, ahead) = (inversion.fewer, inversion.ahead)
        let reasons = inversion.reasons.map { reason in
            switch reason.part {
            case .holder(let holder):
                "\(NumberText.amount(reason.excess, .time)) more \(holder.phrase)\(traffic(holder, fewer, ahead))"
            case .component(let name): "\(NumberText.amount(reason.excess, .energy)) more in \(name)"
            }
        }
        let what = inversion.measure == .time ? "as long" : "as much energy"
        return
            "The ranking changes: \(fewer.name) multiplies \(times(inversion.multiplyRatio)) less than \(ahead.name), but "
            + "takes \(times(inversion.ratio)) \(what): \(reasons.joined(separator: ", "))"
    }

    /// The bytes behind a wait for DRAM.
    private func traffic(_ holder: CycleHolder, _ a: RunResult, _ b: RunResult) -> String {
        func bytes(_ run: RunResult) -> Double {
            switch holder {
            case .dramWeights: Double(run.total.activity.memory.weightBytes)
            case .dramInputs: Double(run.total.activity.memory.inputBytes)
            case .dramOutputs: Double(run.total.activity.memory.outputBytes)
            default: 0
            }
        }
        let (mine, other) = (bytes(a), bytes(b))
        // Where both move as much, the wait has another reason: less work to hide it behind.
        guard mine > 1.01 * other else { return "" }
        let scale = Scale(.data, [mine, other])
        return " (\(scale.text(mine)) \(scale.unit) against \(scale.text(other)))"
    }

    // MARK: All cases

    /// Speed-ups, then energy ratios, of every run in every case; nothing for a single case.
    private var overview: [[ReportDocument.Part]] {
        guard result.cases.count > 1 else { return [] }
        let baseline = result.comparison.baseline
        func section(_ title: String, _ column: Column<ComparisonRow>) -> [ReportDocument.Part] {
            let table = table("", rows: result.cases, \.name) { one, run in
                column.cell(ComparisonRow.total(of: one.runs[run], in: one))
            }
            return [.paragraph(title), .table(table)]
        }
        return [
            section("speed-up over \(baseline), x", .speedup), section("energy over that of \(baseline)", .energyRatio),
        ]
    }

    /// A column of names, a column of numbers for each run, whose long names stand in two lines, and perhaps one of remarks.
    private func table<Row: Sendable>(
        _ title: String, rows: [Row], _ name: @escaping @Sendable (Row) -> String,
        remark: (title: String, text: @Sendable (Row) -> String)? = nil,
        _ value: @escaping @Sendable (Row, _ run: Int) -> Cell
    ) -> ReportTable {
        let names = result.cases[0].runs.map(\.name)
        let halves = names.map(Self.halves)
        func head(_ lines: [String]) -> [String] { halves.allSatisfy { $0[0].isEmpty } ? [lines[1]] : lines }
        func text(_ title: String, _ text: @escaping @Sendable (Row) -> String) -> Column<Row> {
            .text(title, title, text).shown(head(["", title]))
        }
        let numbers = names.indices.map { run in
            Column<Row>(ReportColumn(name: names[run], description: title, kind: .measure)) { value($0, run) }
                .shown(head(halves[run]))
        }
        return ReportTable([text(title, name)] + numbers + (remark.map { [text($0.title, $0.text)] } ?? []), rows: rows)
    }

    /// A name in two lines of about the same length, parted behind a hyphen or the like.
    static func halves(_ name: String) -> [String] {
        let places = name.indices.filter { "-_@./ ".contains(name[$0]) }.map { name.index(after: $0) }
        func length(_ place: String.Index) -> Int {
            max(name.distance(from: name.startIndex, to: place), name.distance(from: place, to: name.endIndex))
        }
        guard name.count > 8, let place = places.min(by: { length($0) < length($1) }), place < name.endIndex else {
            return ["", name]
        }
        return [String(name[..<place]), String(name[place...])]
    }

    // MARK: What was published

    private func publication(_ published: PublishedFigures) -> [ReportDocument.Part] {
        func times(_ value: Double) -> String { "\(NumberText.grouped(value, decimals: 1))x" }
        let without = published.without.isEmpty ? "" : " without \(published.without.joined(separator: ", "))"
        let counted = result.cases.compactMap {
            $0.run(published.run)?.total(without: published.without).activity.multiplyReduction
        }
        let own =
            counted.first.map { "this run counts \(NumberText.grouped($0, decimals: 2))x (\(published.run))" }
            ?? "this run counts none"
        let text =
            "Published: \(times(published.reduction)) fewer multiplications than dense direct convolution\(without), "
            + "\(times(published.overEarlier.lowerBound)) to \(times(published.overEarlier.upperBound)) fewer than earlier "
            + "methods (\(published.source)); \(own). Its effect, the others compared with \(published.run)"
            + (without.isEmpty ? ":" : " (products\(without), time and energy of all layers):")
        typealias Standing = (other: RunResult, multiplies: Double, time: Double, energy: Double)
        func column(
            _ against: Int, _ head: [String], _ value: @escaping @Sendable (Standing) -> Double
        ) -> Column<CaseResult> {
            .measure(head.joined(), "", text) { value(standing(in: $0)[against]) }.shown(head)
        }
        let name = Column<CaseResult>.text("case", "conditions that the runs share") { $0.name }
            .shown(["", "", "times as many, as long, as much"])
        let columns = standing(in: result.cases[0]).enumerated().flatMap { index, against in
            [
                column(index, Self.halves(against.other.name) + ["products"], \.multiplies),
                column(index, ["", "", "time"], \.time), column(index, ["", "", "energy"], \.energy),
            ]
        }
        return [.paragraph(text), .table(ReportTable([name] + columns, rows: result.cases))]
    }

    // MARK: Other figures

    /// The energy ratios with some figures halved and doubled, and where that changes the ranking of the runs.
    private func sensitivity(of one: CaseResult) -> [ReportDocument.Part] {
        let (rows, runs) = (ComparisonSensitivityRow.rows(of: one), one.runs.count)
        let changes = stride(from: 0, to: rows.count, by: runs).map { Array(rows[$0..<$0 + runs]) }
        let table = table(
            "energy ratio with", rows: changes,
            { $0[0].change.map { "\($0.family.rawValue) times \($0.factor)" } ?? "figures as they are" },
            remark: ("changes ranking", { Self.swapped($0, changes[0]) })
        ) { rows, run in Column<ComparisonSensitivityRow>.energyRatio.cell(rows[run]) }
        return title(of: one) + [.table(table)]
    }

    /// A pair of runs that has changed places by energy, and the number of others that have.
    private static func swapped(_ rows: [ComparisonSensitivityRow], _ usual: [ComparisonSensitivityRow]) -> String {
        var pairs: [String] = []
        for a in rows.indices {
            for b in rows.indices where rows[a].energy < rows[b].energy && usual[b].energy < usual[a].energy {
                pairs.append("\(rows[a].run.name) < \(rows[b].run.name)")
            }
        }
        guard let first = pairs.first else { return "" }
        return pairs.count == 1 ? first : "\(first), +\(pairs.count - 1)"
    }
}
