import Reports

extension SweepResult {
    /// `sweep.csv`: its columns, where `AXIS` stands for one column an axis.
    public static let columns = OutputTable(
        name: "sweep.csv", command: "sweep --output", rows: "One row a point, its failed ones too",
        columns: [
            OutputColumn(name: "point", description: "number of the point in the sweep", isNumber: true),
            OutputColumn(name: "AXIS", description: "one column an axis, under its key: the point's value of it"),
        ] + RunTotals.figures.map(OutputColumn.init) + [
            OutputColumn(
                name: "pareto", description: "true where no other point with the same work is better: see SweepFiles"),
            OutputColumn(name: "error", description: "why the point failed; empty where it did not"),
        ])
}
