/// A table in a fixed-width font: columns aligned, heads above them, and the last row under a rule.
struct TextTable {
    /// A column: the lines of its head, and a cell a row.
    struct TextColumn {
        let head: [String]
        var cells: [String]
        let isLeft: Bool

        var width: Int { (head + cells).map(\.count).max() ?? 0 }
    }

    private static let gap = "  "
    /// The columns, of the same number of cells and head lines.
    var columns: [TextColumn]

    /// Characters of a line.
    var width: Int { columns.map(\.width).reduce(0, +) + Self.gap.count * max(columns.count - 1, 0) }

    /// Shortens the cells of a column from their front, where names have most in common, to a number of characters.
    mutating func shorten(column: Int, to width: Int) {
        columns[column].cells = columns[column].cells.map { cell in
            cell.count <= width ? cell : "…" + cell.suffix(max(width - 1, 0))
        }
    }

    /// The table's lines, without trailing spaces.
    func lines() -> [String] {
        let rule = String(repeating: "-", count: width)
        let heads = (0..<(columns.first?.head.count ?? 0)).map { line in row { $0.head[line] } }
        var rows = (0..<(columns.first?.cells.count ?? 0)).map { index in row { $0.cells[index] } }
        if let last = rows.popLast() { rows += [rule, last] }
        return heads + [rule] + rows
    }

    private func row(_ cell: (TextColumn) -> String) -> String {
        let padded = columns.map { column in
            let text = cell(column)
            let padding = String(repeating: " ", count: column.width - text.count)
            return column.isLeft ? text + padding : padding + text
        }
        let line = padded.joined(separator: Self.gap)
        return String(line.reversed().drop { $0 == " " }.reversed())
    }
}
