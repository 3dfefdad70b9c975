import Comparisons
import Energy
import Simulation

extension ComparisonReport {
    /// The tables of all cases, what was published beside what is counted, and where the order of the runs turns round.
    ///
    /// The text ends with a line end.
    ///
    /// - Parameter width: characters that lines have at most.
    public func terminal(width: Int = 120) -> String {
        func wrapped(_ text: String) -> [String] { NumberText.wrapped(NumberText.printable(text), width: width) }
        let comparison = result.comparison
        var lines = wrapped(
            "\(comparison.name): \(comparison.description.isEmpty ? "" : comparison.description + "; ")"
                + "held against \(comparison.baseline)")
        for one in result.cases {
            lines += [""] + (one.name.isEmpty ? [] : wrapped(one.name)) + caseLines(one, within: width)
            if showsLayers {
                let areas = one.runs.map {
                    "\($0.name) \(NumberText.figures($0.area.squareMillimetres)) mm2"
                }
                lines += wrapped("Area: \(areas.joined(separator: ", "))")
            }
            let inversions = OrderInversion.all(in: one)
            lines += inversions.flatMap { wrapped(sentence($0)) }
            lines += one.runs.flatMap { run in run.warnings.map { "\(run.name): \($0)" } }.flatMap(wrapped)
        }
        if result.cases.count > 1 { lines += [""] + overview(within: width) }
        if let published = comparison.published { lines += [""] + publication(published, within: width) }
        let missing = result.cases.flatMap(\.runs).flatMap { run in
            run.notExported.warnings.map { "\(run.model): \($0)" }
        }
        if !missing.isEmpty { lines += [""] + missing.unique().flatMap(wrapped) }
        if showsSensitivity { lines += [""] + sensitivity(within: width) }
        let origins = result.cases.flatMap(\.runs).flatMap(\.origins).unique()
        lines += ["", "Figures:"]
        lines += origins.flatMap {
            NumberText.wrapped(NumberText.printable($0), width: width, first: 2, rest: 4)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A row a run, or a row a layer and run; counts in thousands or millions where that alone makes them fit.
    private func caseLines(_ one: CaseResult, within width: Int) -> [String] {
        let names = showsLayers ? 2 : 1
        let tables = [0, 3, 6].lazy.map { table(of: one, exponent: $0) }
        return TextTable.fitting(tables, within: width, names: names)?.lines(within: width, names: names) ?? []
    }

    private func table(of one: CaseResult, exponent: Int) -> TextTable {
        let rows = showsLayers ? layers(of: one) : ComparisonRow.totals(of: one)
        let energy = Scale.energy(rows.flatMap { [$0.figures.energy.value, $0.figures.multiplyEnergy.value] })
        let bytes = Scale.bytes(rows.map { Double($0.figures.activity.memory.bytes) })
        let counts = exponent == 0 ? "" : "10^\(exponent)"
        let countScale = (0..<exponent).reduce(1.0) { scale, _ in scale * 10 }
        func count(_ value: Int) -> String {
            exponent == 0 ? NumberText.grouped(value) : NumberText.figures(Double(value) / countScale)
        }
        func optional(_ value: Double?, times: Double = 1) -> String {
            value.map { NumberText.figures($0 * times) } ?? "-"
        }
        let columns: [(head: [String], cell: (ComparisonRow) -> String)] = [
            (["cycles", "", counts], { count($0.figures.activity.cycles) }),
            (["speed-up", "", "x"], { optional($0.speedup) }),
            (["multiplies", "executed", counts], { count($0.figures.multiplies) }),
            (["multiply", "reduced", "x"], { optional($0.figures.activity.multiplyReduction) }),
            (["multiply", "energy", energy.unit], { energy.text($0.figures.multiplyEnergy.value) }),
            (["total", "energy", energy.unit], { energy.text($0.figures.energy.value) }),
            (["energy", "ratio", ""], { optional($0.energyRatio) }),
            (["DRAM", "", bytes.unit], { bytes.text(Double($0.figures.activity.memory.bytes)) }),
            (["utiliza-", "tion", "%"], { optional($0.figures.activity.array.utilization, times: 100) }),
        ]
        // The area is the machine's, whatever the layer.
        let area = ["area", "", "mm2"]
        let names = showsLayers ? [["layer", "", ""], ["run", "", ""]] : [["run", "", ""]]
        var table = TextTable(
            names.map { (head: $0, alignment: TextTable.Alignment.left) }
                + (columns.map(\.head) + (showsLayers ? [] : [area])).map { (head: $0, alignment: .decimal) })
        var last = ""
        for row in rows {
            let layer = row.figures.layer
            var cells = [row.run.name] + columns.map { $0.cell(row) }
            if showsLayers {
                cells.insert(layer == last ? "" : layer, at: 0)
            } else {
                cells.append(NumberText.figures(row.run.area.squareMillimetres))
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

    /// What a run's next broadcast waited for.
    private static func words(for name: String) -> String {
        switch CycleHolder.allCases.first(where: { $0.name == name }) {
        case .array: "in the array"
        case .issue: "sending one bundle of steps a cycle"
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
            CycleHolder.dramWeights.name: \.memory.weightBytes, CycleHolder.dramInputs.name: \.memory.inputBytes,
            CycleHolder.dramOutputs.name: \.memory.outputBytes,
        ]
        guard let path = paths[name] else { return "" }
        let values = (Double(a.total.activity[keyPath: path]), Double(b.total.activity[keyPath: path]))
        // Where both move as much, the wait has another reason: less work to hide it behind.
        guard values.0 > 1.01 * values.1 else { return "" }
        let scale = Scale.bytes([values.0, values.1])
        return " (\(scale.text(values.0)) \(scale.unit) against \(scale.text(values.1)))"
    }

    // MARK: All cases

    /// Speed-ups, then energy ratios, of every run in every case.
    private func overview(within width: Int) -> [String] {
        let baseline = result.comparison.baseline
        return ratioLines("speed-up over \(baseline), x", \.speedup, within: width) + [""]
            + ratioLines("energy over that of \(baseline)", \.energyRatio, within: width)
    }

    private func ratioLines(_ title: String, _ path: KeyPath<ComparisonRow, Double?>, within width: Int) -> [String] {
        var table = TextTable(heads("", result.cases[0].runs.map(\.name)))
        for one in result.cases {
            let values = ComparisonRow.totals(of: one).map { $0[keyPath: path] }
            table.add([one.name] + values.map { $0.map { NumberText.figures($0) } ?? "-" })
        }
        return NumberText.wrapped(NumberText.printable(title), width: width) + table.lines(within: width)
    }

    /// The heads of a column of texts, and of a column of numbers for each name; long names stand in two lines.
    func heads(_ title: String, _ names: [String]) -> [(head: [String], alignment: TextTable.Alignment)] {
        let halves = names.map(Self.halves)
        let isShort = halves.allSatisfy { $0[0].isEmpty }
        return [(head: isShort ? [title] : ["", title], alignment: .left)]
            + halves.map { (head: isShort ? [$0[1]] : $0, alignment: .decimal) }
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

    private func publication(_ published: PublishedFigures, within width: Int) -> [String] {
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
            + "methods (\(published.source)); \(own). What becomes of it, the others against \(published.run)"
            + (without.isEmpty ? ":" : " (products\(without), time and energy of all layers):")
        let lines = NumberText.wrapped(NumberText.printable(text), width: width)
        guard let first = result.cases.first else { return lines }
        var table = TextTable(
            [(head: ["", "", "times as many, as long, as much"], alignment: .left)]
                + standing(in: first).flatMap { against in
                    [
                        (head: Self.halves(against.other.name) + ["products"], alignment: TextTable.Alignment.decimal),
                        (head: ["", "", "time"], alignment: .decimal),
                        (head: ["", "", "energy"], alignment: .decimal),
                    ]
                })
        for one in result.cases {
            table.add(
                [one.name]
                    + standing(in: one).flatMap { against in
                        [against.multiplies, against.time, against.energy].map { NumberText.figures($0) }
                    })
        }
        return lines + table.lines(within: width)
    }
}
