/// Columns, and rows of values in them, of whatever the rows were made from.
public struct ReportTable: Sendable {
    /// The columns in their order.
    public let columns: [ReportColumn]
    /// How many of the first columns name a row.
    let names: Int
    /// Powers of ten in which tables for people may have counts: the first with which the table fits.
    let exponents: [Int]
    private let parts: [(count: Int, row: @Sendable (Int) -> [Cell])]

    /// Makes a table of typed columns.
    ///
    /// - Parameters:
    ///   - columns: what a row is turned into, in order.
    ///   - rows: what the table's rows are made from, when they are asked for.
    ///   - totals: the same for rows that sum them up.
    ///   - names: how many of the first columns name a row.
    ///   - exponents: powers of ten in which tables for people may have counts.
    package init<Row: Sendable>(
        _ columns: [Column<Row>], rows: [Row], totals: [Row] = [], names: Int = 1, exponents: [Int] = [0]
    ) {
        self.columns = columns.map(\.about)
        (self.names, self.exponents) = (names, exponents)
        let cells = columns.map(\.cell)
        parts = [rows, totals].map { part in (part.count, { index in cells.map { $0(part[index]) } }) }
    }

    /// The rows: one value a column.
    public var rows: some RandomAccessCollection<[Cell]> { (0..<parts[0].count).lazy.map(parts[0].row) }

    /// Rows that sum up the others.
    public var totals: some RandomAccessCollection<[Cell]> { (0..<parts[1].count).lazy.map(parts[1].row) }
}
