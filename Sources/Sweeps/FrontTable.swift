import Reports

/// Points as a terminal shows them: what differs between the sweep's points, its objectives, and what one always wants to know.
struct FrontTable {
    private static let always = ["cycles", "utilization", "energy_pJ", "area_mm2"]

    private var table: TextTable

    init(_ result: SweepResult, rows: [SweepRow]) {
        let axes = result.identity.axes.indices.filter { axis in Set(result.rows.map { $0.axes[axis] }).count > 1 }
        let names = (result.identity.objectives.map(\.name) + Self.always).unique()
        let figures = names.compactMap { name in RunTotals.figures.firstIndex { $0.name == name } }
        let scales = figures.map { figure in
            let unit = RunTotals.figures[figure].unit
            let scale = Scale.energy(rows.compactMap { Double($0.figures[figure]) }.max() ?? 0)
            return unit == "pJ" ? (unit: scale.unit, factor: scale.factor) : (unit: unit, factor: 1)
        }
        table = TextTable(
            [(head: ["", "point"], alignment: TextTable.Alignment.right)]
                + axes.map { (head: Self.halves(result.identity.axes[$0]), alignment: .right) }
                + zip(figures, scales).map { figure, scale in
                    let figure = RunTotals.figures[figure]
                    let name = figure.name.replacing("_" + figure.unit, with: "")
                    return (head: [name, scale.unit == name ? "" : scale.unit], alignment: .right)
                })
        let traces = Self.shortNames(result)
        for row in rows {
            table.add(
                ["\(row.number)"] + axes.map { traces[row.axes[$0]] ?? row.axes[$0] }
                    + zip(figures, scales).map { figure, scale in
                        scale.factor == 1
                            ? NumberText.short(row.figures[figure])
                            : Double(row.figures[figure]).map { NumberText.short("\($0 / scale.factor)") } ?? ""
                    })
        }
    }

    /// Its lines, each with its end, of at most so many characters.
    func text(within width: Int) -> String { table.text(within: width) }

    /// A key in two lines: its section, and the rest.
    private static func halves(_ key: String) -> [String] {
        guard let dot = key.firstIndex(of: ".") else { return ["", key] }
        return [String(key[...dot]), String(key[key.index(after: dot)...])]
    }

    /// Traces without the folders that all of them share, and without `.yaml`.
    private static func shortNames(_ result: SweepResult) -> [String: String] {
        guard let axis = result.identity.axes.firstIndex(of: Axis.traceName) else { return [:] }
        let names = result.rows.map { $0.axes[axis] }.unique()
        let parts = names.map { $0.split(separator: "/", omittingEmptySubsequences: false) }
        var common = 0
        while let first = parts.first, common < first.count - 1,
            parts.allSatisfy({ $0.count > common + 1 && $0[common] == first[common] })
        {
            common += 1
        }
        return Dictionary(
            uniqueKeysWithValues: zip(names, parts).map { name, parts in
                let short = parts[common...].joined(separator: "/")
                return (name, short.hasSuffix(".yaml") ? String(short.dropLast(5)) : short)
            })
    }
}
