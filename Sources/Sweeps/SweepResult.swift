import Reports

/// What became of a sweep's points.
public struct SweepResult: Sendable {
    let identity: SweepIdentity
    /// In the order of their numbers.
    let rows: [SweepRow]
    let front: ParetoFront

    init(_ identity: SweepIdentity, rows: [SweepRow]) {
        self.identity = identity
        self.rows = rows
        front = ParetoFront(rows, objectives: identity.objectives, apart: identity.apart)
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

    /// `sweep.csv`: a line a point.
    public func csv() -> [UInt8] {
        CSV(
            names: ["point"] + identity.axes + RunTotals.figures.map(\.name) + ["pareto", "error"],
            rows: rows.lazy.map { row in
                ["\(row.number)"] + row.axes + row.figures + ["\(front.numbers.contains(row.number))", row.error]
            }
        ).bytes
    }
}
