import Reports

/// What became of a point.
struct SweepRow: Hashable, Sendable {
    /// The point's number.
    let number: Int
    /// By axis, its value as the sweep's file has it.
    let axes: [String]
    /// The figures of the run; nil where the point failed.
    let totals: RunTotals?
    /// Why the point failed; empty where it did not.
    let error: String

    /// A point that was run.
    init(number: Int, axes: [String], totals: RunTotals) {
        (self.number, self.axes, self.totals, error) = (number, axes, totals, "")
    }

    /// A point that failed.
    init(number: Int, axes: [String], error: String) {
        (self.number, self.axes, totals, self.error) = (number, axes, nil, error)
    }

    /// Reads a row that was written as texts; nil where they are none.
    init?(texts: [String], axes count: Int) {
        guard texts.count == 2 + count + RunTotals.Figure.all.count, let number = Int(texts[0]) else { return nil }
        let (axes, figures) = (Array(texts[1..<count + 1]), texts[(count + 1)...].dropLast())
        if let error = texts.last, !error.isEmpty {
            guard figures.allSatisfy(\.isEmpty) else { return nil }
            self.init(number: number, axes: axes, error: error)
        } else {
            guard let totals = RunTotals(texts: figures) else { return nil }
            self.init(number: number, axes: axes, totals: totals)
        }
    }

    /// All of it.
    var texts: [String] {
        ["\(number)"] + axes + (totals?.texts ?? RunTotals.Figure.all.map { _ in "" }) + [error]
    }

    /// A figure; empty where the point failed.
    subscript(figure: RunTotals.Figure) -> Cell { totals?[figure] ?? .empty }
}

extension Column<SweepRow> {
    static let point = count("point", "", "number of the point in the sweep") { $0.number }
    static let error = text("error", "why the point failed; empty where it did not") { $0.error }

    /// The point with its values of the axes and its figures.
    static func values(axes: [String]) -> [Column<SweepRow>] {
        [point]
            + axes.enumerated().map { index, name in
                text(name, "one column an axis, under its key: the point's value of it") { $0.axes[index] }
            } + RunTotals.Figure.all.map(figure)
    }

    /// The columns of `sweep.csv`.
    static func all(axes: [String], isOnFront: @escaping @Sendable (SweepRow) -> Bool) -> [Column<SweepRow>] {
        let pareto = text("pareto", "true where no other point with the same work is better: see SweepFiles") {
            isOnFront($0) ? "true" : "false"
        }
        return values(axes: axes) + [pareto, error]
    }

    static func figure(_ figure: RunTotals.Figure) -> Column { Column(figure.column) { $0[figure] } }
}
