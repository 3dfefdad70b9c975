import Comparisons
import Energy
import Simulation
import YAML

extension ComparisonReport {
    /// Characters of a terminal's line that the report keeps to.
    static let lineWidth = 120

    /// The tables of all cases, what was published beside what is counted, and where the order of the runs turns round.
    ///
    /// Lines have at most 120 characters, unless names are long, and the text ends with a line end.
    public func terminal() -> String {
        let comparison = result.comparison
        var lines = wrapped(
            "\(comparison.name): \(comparison.description.isEmpty ? "" : comparison.description + "; ")"
                + "held against \(comparison.baseline)")
        for one in result.cases {
            lines += [""] + (one.name.isEmpty ? [] : wrapped(one.name)) + table(of: one).lines
            if showsLayers {
                let areas = one.runs.map {
                    "\($0.name) \(NumberText.grouped($0.area.squareMillimetres, decimals: 1)) mm2"
                }
                lines += wrapped("Area: \(areas.joined(separator: ", "))")
            }
            let inversions = OrderInversion.all(in: one)
            lines += inversions.flatMap { wrapped(sentence($0)) }
            lines += one.runs.flatMap { run in run.warnings.map { "\(run.name): \($0)" } }.flatMap(wrapped)
        }
        if result.cases.count > 1 { lines += [""] + overview() }
        if let published = comparison.published { lines += [""] + publication(published) }
        let missing = result.cases.flatMap(\.runs).flatMap { run in
            run.notExported.warnings.map { "\(run.model): \($0)" }
        }
        if !missing.isEmpty { lines += [""] + missing.unique().flatMap(wrapped) }
        if showsSensitivity { lines += [""] + sensitivity() }
        let origins = result.cases.flatMap(\.runs).flatMap(\.origins).unique()
        lines += ["", "Figures:"]
        lines += origins.flatMap {
            NumberText.wrapped(NumberText.printable($0), width: Self.lineWidth, first: 2, rest: 4)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func wrapped(_ text: String) -> [String] {
        NumberText.wrapped(NumberText.printable(text), width: Self.lineWidth)
    }

    /// A row a run, or a row a layer and run; counts in thousands or millions where they are too wide otherwise.
    private func table(of one: CaseResult) -> TextTable {
        let tables = [0, 3, 6].lazy.map { table(of: one, exponent: $0) }
        return tables.first { $0.width <= Self.lineWidth } ?? table(of: one, exponent: 6)
    }

    private func table(of one: CaseResult, exponent: Int) -> TextTable {
        let rows = showsLayers ? layers(of: one) : ComparisonRow.totals(of: one)
        let energy = Scale.energy(rows.map(\.figures.energy.value).max() ?? 0)
        let most = Double(rows.map(\.figures.activity.dramBytes).max() ?? 0)
        let bytes = Scale.bytes(most)
        let counts = exponent == 0 ? "" : "10^\(exponent)"
        let countScale = (0..<exponent).reduce(1.0) { scale, _ in scale * 10 }
        func count(_ value: Int) -> String {
            exponent == 0
                ? NumberText.grouped(value) : NumberText.grouped(Double(value) / countScale, decimals: 1)
        }
        func optional(_ value: Double?, _ decimals: Int, times: Double = 1) -> String {
            value.map { NumberText.grouped($0 * times, decimals: decimals) } ?? "-"
        }
        let columns: [(head: [String], cell: (ComparisonRow) -> String)] = [
            (["cycles", "", counts], { count($0.figures.activity.cycles) }),
            (["speed-up", "", "x"], { optional($0.speedup, 2) }),
            (["multiplies", "executed", counts], { count($0.figures.multiplies) }),
            (["multiply", "reduced", "x"], { optional($0.figures.activity.multiplyReduction, 2) }),
            (["multiply", "energy", energy.unit], { energy.text($0.figures.multiplyEnergy.value) }),
            (["total", "energy", energy.unit], { energy.text($0.figures.energy.value) }),
            (["energy", "ratio", ""], { optional($0.energyRatio, 3) }),
            (["DRAM", "", bytes.unit], { bytes.text(Double($0.figures.activity.dramBytes)) }),
            (["utiliza-", "tion", "%"], { optional($0.figures.activity.utilization, 1, times: 100) }),
        ]
        // The area is the machine's, whatever the layer.
        let area = ["area", "", "mm2"]
        let names = showsLayers ? [["layer", "", ""], ["run", "", ""]] : [["run", "", ""]]
        var table = TextTable(
            names.map { (head: $0, alignment: TextTable.Alignment.left) }
                + (columns.map(\.head) + (showsLayers ? [] : [area])).map { (head: $0, alignment: .right) })
        var last = ""
        for row in rows {
            let layer = row.figures.layer
            var cells = [row.run.name] + columns.map { $0.cell(row) }
            if showsLayers {
                cells.insert(layer == last ? "" : layer, at: 0)
            } else {
                cells.append(NumberText.grouped(row.run.area.squareMillimetres, decimals: 1))
            }
            if showsLayers && layer == "total" && last != "total" { table.addTotal(cells) } else { table.add(cells) }
            last = layer
        }
        return table
    }

    /// The rows of a case layer by layer, runs inside, the totals at the end.
    private func layers(of one: CaseResult) -> [ComparisonRow] {
        let rows = ComparisonRow.rows(of: one)
        let names = rows.map(\.figures.layer).unique().filter { $0 != "total" } + ["total"]
        return names.flatMap { name in rows.filter { $0.figures.layer == name } }
    }

    // MARK: The order of the runs

    /// Why a run that multiplies less is behind, in words.
    func sentence(_ inversion: OrderInversion) -> String {
        func times(_ ratio: Double) -> String { "\(NumberText.grouped(ratio, decimals: 2))x" }
        let (fewer, ahead) = (inversion.fewer, inversion.ahead)
        let reasons = inversion.reasons.map { reason -> String in
            switch inversion.measure {
            case .time:
                let scale = Scale.time(reason.excess)
                let amount = "\(scale.text(reason.excess)) \(scale.unit)"
                return "\(amount) more \(Self.words(for: reason.name))\(traffic(reason.name, fewer, ahead))"
            case .energy:
                let scale = Scale.energy(reason.excess)
                return "\(scale.text(reason.excess)) \(scale.unit) more in \(reason.name)"
            }
        }
        let what = inversion.measure == .time ? "as long" : "as much energy"
        return
            "The order turns round: \(fewer.name) multiplies \(times(inversion.multiplyRatio)) less than \(ahead.name), and "
            + "takes \(times(inversion.ratio)) \(what): \(reasons.joined(separator: ", "))"
    }

    /// What a multiplier does in a class of cycles.
    private static func words(for name: String) -> String {
        switch CycleClass.allCases.first(where: { $0.name == name }) {
        case .useful: "multiplying"
        case .ineffectual: "multiplying by zeros"
        case .underfill: "in PEs with fewer products than multipliers"
        case .unmapped: "in PEs without a filter or a tile"
        case .imbalance: "waiting for slower PEs"
        case .broadcast: "waiting for the next step"
        case .weightFetch: "waiting for the weight buffer"
        case .inputFetch: "waiting for the input buffer"
        case .inputTransform: "waiting for the input transform"
        case .dramWeights: "waiting for weights from DRAM"
        case .dramInputs: "waiting for inputs from DRAM"
        case .dramOutputs: "waiting for outputs to reach DRAM"
        case .drain: "draining accumulators"
        case nil: "of \(name)"
        }
    }

    /// The bytes behind a wait for DRAM.
    private func traffic(_ name: String, _ a: RunResult, _ b: RunResult) -> String {
        let paths: [String: KeyPath<Activity, Int>] = [
            CycleClass.dramWeights.name: \.dramWeightBytes, CycleClass.dramInputs.name: \.dramInputBytes,
            CycleClass.dramOutputs.name: \.dramOutputBytes,
        ]
        guard let path = paths[name] else { return "" }
        let values = (Double(a.total.activity[keyPath: path]), Double(b.total.activity[keyPath: path]))
        // Where both move as much, the wait has another reason: less work to hide it behind.
        guard values.0 > 1.01 * values.1 else { return "" }
        let scale = Scale.bytes(max(values.0, values.1))
        return " (\(scale.text(values.0)) \(scale.unit) against \(scale.text(values.1)))"
    }

    // MARK: All cases

    /// Speed-ups, then energy ratios, of every run in every case.
    private func overview() -> [String] {
        let baseline = result.comparison.baseline
        return table("speed-up over \(baseline), x", \.speedup).lines + [""]
            + table("energy over that of \(baseline)", \.energyRatio).lines
    }

    private func table(_ title: String, _ path: KeyPath<ComparisonRow, Double?>) -> TextTable {
        var table = TextTable(heads(title, result.cases[0].runs.map(\.name)))
        for one in result.cases {
            let values = ComparisonRow.totals(of: one).map { $0[keyPath: path] }
            table.add([one.name] + values.map { $0.map { NumberText.grouped($0, decimals: 2) } ?? "-" })
        }
        return table
    }

    /// The heads of a column of texts, and of a column of numbers for each name; long names stand in two lines.
    func heads(_ title: String, _ names: [String]) -> [(head: [String], alignment: TextTable.Alignment)] {
        let halves = names.map(Self.halves)
        let isShort = halves.allSatisfy { $0[0].isEmpty }
        return [(head: isShort ? [title] : ["", title], alignment: .left)]
            + halves.map { (head: isShort ? [$0[1]] : $0, alignment: .right) }
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

    private func publication(_ published: PublishedFigures) -> [String] {
        func times(_ value: Double) -> String { "\(NumberText.grouped(value, decimals: 1))x" }
        let without = published.without.isEmpty ? "" : " without \(published.without.joined(separator: ", "))"
        let counted = result.cases.compactMap {
            $0.run(published.run)?.total(without: published.without).activity.multiplyReduction
        }
        let own =
            counted.first.map { "this run counts \(NumberText.grouped($0, decimals: 2))x (\(published.run))" }
            ?? "this run counts none"
        var lines = wrapped(
            "Published: \(times(published.reduction)) fewer multiplications than dense direct convolution\(without), "
                + "\(times(published.overEarlier.lowerBound)) to \(times(published.overEarlier.upperBound)) fewer than earlier "
                + "methods (\(published.source)); \(own). What becomes of it, the others against \(published.run)"
                + (without.isEmpty ? ":" : " (products\(without), time and energy of all layers):"))
        guard let first = result.cases.first else { return lines }
        var table = TextTable(
            [(head: ["", "", "times as many, as long, as much"], alignment: .left)]
                + standing(in: first).flatMap { against in
                    [
                        (head: Self.halves(against.other.name) + ["products"], alignment: TextTable.Alignment.right),
                        (head: ["", "", "time"], alignment: .right), (head: ["", "", "energy"], alignment: .right),
                    ]
                })
        for one in result.cases {
            table.add(
                [one.name]
                    + standing(in: one).flatMap { against in
                        [against.multiplies, against.time, against.energy].map { NumberText.grouped($0, decimals: 2) }
                    })
        }
        lines += table.lines
        return lines
    }
}
