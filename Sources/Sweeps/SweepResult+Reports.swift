import Files
import Reports

extension SweepResult {
    /// Writes `sweep.csv` and `sweep.json` into a folder, which is made where it is missing: both or none.
    ///
    /// - Returns: the files' names.
    /// - Throws: `FileError`.
    @discardableResult public func write(to folder: String) throws -> [String] {
        try OutputFolder.write([("sweep.csv", csv()), ("sweep.json", json())], to: folder)
    }

    /// `sweep.json`: what the sweep was, what its columns are, which points failed, and the front.
    public func json() -> [UInt8] {
        let figures = RunTotals.figures
        return JSON.object([
            (
                "sweep",
                .array(identity.parts.map { .object([("name", .text($0.name)), ("text", .text($0.text))]) })
            ),
            (
                "columns",
                .array(
                    figures.map {
                        .object([
                            ("name", .text($0.name)), ("unit", .text($0.unit)), ("description", .text($0.description)),
                        ])
                    })
            ),
            ("points", .integer(rows.count)),
            (
                "failed",
                .array(
                    rows.filter { !$0.error.isEmpty }.map {
                        .object([("point", .integer($0.number)), ("error", .text($0.error))])
                    })
            ),
            ("pareto", .array(frontRows.map(json))),
        ]).bytes()
    }

    private func json(_ row: SweepRow) -> JSON {
        let axes = zip(identity.axes, row.axes).map { (key: $0, value: JSON.text($1)) }
        let figures = zip(RunTotals.figures, row.figures).map { figure, text -> (key: String, value: JSON) in
            if text.isEmpty { return (figure.name, .null) }
            if !figure.isNumber { return (figure.name, .text(text)) }
            return (figure.name, Int(text).map(JSON.integer) ?? Double(text).map(JSON.real) ?? .null)
        }
        return .object([("point", .integer(row.number))] + axes + figures)
    }

    /// The rows of all fronts, one front after the other in the sweep's order, each from the best by the first objective.
    private var frontRows: [SweepRow] {
        let (apart, objectives) = (identity.apart, identity.objectives)
        func values(_ row: SweepRow) -> [String] { apart.map { row.axes[$0] } }
        let all = rows.filter { front.numbers.contains($0.number) }
        return all.map(values).unique().flatMap { own in
            all.filter { values($0) == own }.sorted { a, b in
                for objective in objectives {
                    guard let x = a.value(objective), let y = b.value(objective), x != y else { continue }
                    return objective.direction == .minimize ? x < y : x > y
                }
                return a.number < b.number
            }
        }
    }

    /// Rows of the front that a terminal shows.
    private static let shown = 40

    /// Which points of the front read an operand more than twice as often as they have to; empty where none does.
    private func repeatedLoads(_ front: [SweepRow]) -> String {
        var text = ""
        for (operand, buffer) in [("weight", "weight_buffer"), ("input", "input_buffer")] {
            let column = "\(operand)_load_ratio"
            guard let index = RunTotals.figures.firstIndex(where: { $0.name == column }) else { continue }
            let found = front.count { Double($0.figures[index]) ?? 0 > 2 }
            guard found > 0 else { continue }
            text +=
                "\(found) of \(front.count) points on the front read \(operand)s from DRAM more than twice as often as "
                + "compulsory (column \(column)): raise \(buffer).capacity\n"
        }
        return text
    }

    /// The front as a table, and what points that failed have to say. The text ends with a line end.
    ///
    /// - Parameter width: characters that the table's lines have at most.
    public func terminal(width: Int = 120) -> String {
        let objectives = identity.objectives
        let names = objectives.map { "\($0.name) \($0.direction.rawValue)d" }.joined(separator: ", ")
        let front = frontRows
        let failed = failures == 0 ? "" : ", \(NumberText.grouped(failures)) of them failed"
        var text =
            "\(NumberText.grouped(count)) points\(failed); \(NumberText.grouped(front.count)) on the front: \(names)\n"
        if !front.isEmpty { text += "\n" + FrontTable(self, rows: Array(front.prefix(Self.shown))).text(within: width) }
        if front.count > Self.shown {
            text += "and \(NumberText.grouped(front.count - Self.shown)) more in sweep.csv\n"
        }
        text += repeatedLoads(front)
        let reasons = reasons
        if !reasons.isEmpty {
            text += "\nFailed:\n"
            for (point, error) in reasons.prefix(10) {
                let others = rows.count { $0.error == error } - 1
                let more = others == 0 ? "" : " and \(NumberText.grouped(others)) more"
                text += "  point \(point)\(more): \(error)\n"
            }
            if reasons.count > 10 { text += "  and \(reasons.count - 10) other reasons in sweep.csv\n" }
        }
        return text
    }
}
