import Files
import Reports

/// What became of a sweep's points.
public struct SweepResult: Report {
    let identity: SweepIdentity
    let objectives: [Objective]
    /// In the order of their numbers.
    let rows: [SweepRow]
    let front: ParetoFront

    init(_ identity: SweepIdentity, rows: [SweepRow]) {
        (self.identity, self.rows, objectives) = (identity, rows, identity.objectives)
        front = ParetoFront(rows, objectives: objectives, apart: identity.apart)
    }

    /// Points that ran.
    public var count: Int { rows.count }

    /// Points that failed.
    public var failures: Int { rows.count { !$0.error.isEmpty } }

    /// What points that failed have to say, each once, with the number of the first one that says it.
    public var reasons: [(point: Int, error: String)] {
        rows.filter { !$0.error.isEmpty }.map(\.error).unique().compactMap { error in
            rows.first { $0.error == error }.map { ($0.number, error) }
        }
    }

    // MARK: The document

    /// `sweep.csv`: its columns, where `AXIS` stands for one column an axis.
    public static let columns = OutputTable(
        "sweep.csv", "sweep --output", rows: "One row a point, its failed ones too",
        Column<SweepRow>.all(axes: ["AXIS"]) { _ in false })

    /// Writes `sweep.csv` and `sweep.json` into a folder, which is made where it is missing: both or none.
    ///
    /// - Returns: the files' names.
    /// - Throws: `FileError`.
    @discardableResult public func write(to folder: String) throws -> [String] {
        try OutputFolder.write(document.files(summary: "sweep.json"), to: folder)
    }

    /// For people the front, and what points that failed have to say, each in one line; a row a point; for programs what the sweep
    /// was, what its columns are, which points failed, and the front.
    public var document: ReportDocument {
        let frontRows = frontRows
        let isOnFront = { @Sendable [front] (row: SweepRow) in front.numbers.contains(row.number) }
        let columns = Column<SweepRow>.all(axes: identity.axes, isOnFront: isOnFront)
        let failed = ReportTable([.point, .error], rows: rows.filter { !$0.error.isEmpty })
        return ReportDocument(
            sections: [[.paragraph(head(frontRows))], frontParts(frontRows), [.list("Failed:", failureItems)]],
            tables: [("sweep.csv", ReportTable(columns, rows: rows))],
            summary: [
                "sweep": .array(identity.parts.map { ["name": .text($0.name), "text": .text($0.text)] }),
                "columns": .columns(RunTotals.Figure.all.map(\.column)), "points": .integer(rows.count),
                "failed": .rows(failed),
                "pareto": .rows(ReportTable(Column<SweepRow>.values(axes: identity.axes), rows: frontRows)),
            ], keepsLines: true)
    }

    /// The rows of all fronts, one front after the other in the sweep's order, each from the best by the first objective.
    private var frontRows: [SweepRow] {
        let apart = identity.apart
        func values(_ row: SweepRow) -> [String] { apart.map { row.axes[$0] } }
        let all = rows.filter { front.numbers.contains($0.number) }
        return all.map(values).unique().flatMap { own in
            all.filter { values($0) == own }.sorted { a, b in
                for objective in objectives {
                    guard let x = objective.cost(a), let y = objective.cost(b), x != y else { continue }
                    return x < y
                }
                return a.number < b.number
            }
        }
    }

    // MARK: For people

    /// Rows of the front that a terminal shows.
    private static let shown = 40
    /// Reasons of failed points that a terminal shows.
    private static let reasonsShown = 10

    private func head(_ front: [SweepRow]) -> String {
        let names = objectives.map { "\($0.name) \($0.direction.rawValue)d" }.joined(separator: ", ")
        let failed = failures == 0 ? "" : ", \(NumberText.grouped(failures)) of them failed"
        return "\(NumberText.grouped(count)) points\(failed); \(NumberText.grouped(front.count)) on the front: \(names)"
    }

    /// The front, and which of its points read an operand more than twice as often as they have to.
    private func frontParts(_ front: [SweepRow]) -> [ReportDocument.Part] {
        guard !front.isEmpty else { return [] }
        var parts = [ReportDocument.Part.table(frontTable(Array(front.prefix(Self.shown))))]
        if front.count > Self.shown {
            parts.append(.paragraph("and \(NumberText.grouped(front.count - Self.shown)) more in sweep.csv"))
        }
        let operands: [(RunTotals.Figure, name: String, key: String)] = [
            (.weightLoadRatio, "weights", "weight_buffer.capacity"),
            (.inputLoadRatio, "inputs", "input_buffer.capacity"),
        ]
        for (ratio, name, key) in operands {
            let found = front.count { $0[ratio].number ?? 0 > 2 }
            guard found > 0 else { continue }
            parts.append(
                .paragraph(
                    "\(found) of \(front.count) points on the front read \(name) from DRAM more than twice as often as "
                        + "compulsory (column \(ratio.column.name)): raise \(key), or operand_buffer.capacity where both share one"
                ))
        }
        return parts
    }

    /// What differs between the sweep's points, its objectives, and what is of interest in any sweep.
    private func frontTable(_ front: [SweepRow]) -> ReportTable {
        let axes = identity.axes.indices.filter { axis in Set(rows.map { $0.axes[axis] }).count > 1 }
        let traces = traceNames
        let axisColumns = axes.map { axis -> Column<SweepRow> in
            let name = identity.axes[axis]
            let rest = name.firstIndex(of: ".").map { name.index(after: $0) } ?? name.startIndex
            return .text(name, "the point's value of the axis") { traces[$0.axes[axis]] ?? $0.axes[axis] }
                .shown([String(name[..<rest]), String(name[rest...])], align: .right)
        }
        let figures = (objectives.map(\.figure) + [.cycles, .utilization, .energy, .area]).unique()
        let figureColumns = figures.map { figure -> Column<SweepRow> in
            let (name, unit) = (figure.column.name, figure.column.unit)
            let short = unit.isEmpty ? name : name.replacing("_" + unit, with: "")
            return .figure(figure)
                .shown([short, unit == short ? "" : unit], as: .short(unit == "pJ" ? .energy : nil), align: .right)
        }
        return ReportTable(
            [.point.shown(["", "point"], as: .short(nil), align: .right)] + axisColumns + figureColumns, rows: front)
    }

    /// Traces without the folders that all of them share, and without `.yaml`.
    private var traceNames: [String: String] {
        guard let axis = identity.axes.firstIndex(of: Axis.traceName) else { return [:] }
        let names = rows.map { $0.axes[axis] }.unique()
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

    private var failureItems: [String] {
        let reasons = reasons
        let items = reasons.prefix(Self.reasonsShown).map { point, error in
            let others = rows.count { $0.error == error } - 1
            return "point \(point)\(others == 0 ? "" : " and \(NumberText.grouped(others)) more"): \(error)"
        }
        let rest = reasons.count - items.count
        return items + (rest > 0 ? ["and \(rest) other reasons in sweep.csv"] : [])
    }
}
