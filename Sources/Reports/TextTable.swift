/// Rows of text in aligned columns, for a fixed-width font: heads above a rule, and a total under another.
public struct TextTable: Sendable {
    /// How a column's texts stand.
    public enum Alignment: Hashable, Sendable {
        /// Names and words.
        case left
        /// Numbers.
        case right
    }

    private static let gap = "  "
    private let heads: [[String]]
    private let alignments: [Alignment]
    private var widths: [Int]
    private var rows: [[String]] = []
    private var ruledFrom: Int?

    /// Makes a table with these columns and no rows; the head of a column may have several lines, which must be as many in
    /// all columns.
    public init(_ columns: [(head: [String], alignment: Alignment)]) {
        let height = columns.first?.head.count ?? 0
        precondition(columns.allSatisfy { $0.head.count == height }, "heads of different heights")
        heads = (0..<height).map { line in columns.map { $0.head[line] } }
        alignments = columns.map(\.alignment)
        widths = columns.map { $0.head.map(\.count).max() ?? 0 }
    }

    /// Makes a table with these columns, whose heads have one line each, and no rows.
    public init(_ columns: [(title: String, alignment: Alignment)]) {
        self.init(columns.map { (head: [$0.title], alignment: $0.alignment) })
    }

    /// Adds a row, one text a column; control characters in it are replaced.
    public mutating func add(_ row: [String]) {
        precondition(row.count == widths.count, "a row of \(row.count) texts in \(widths.count) columns")
        let row = row.map(NumberText.printable)
        widths = zip(widths, row).map { max($0, $1.count) }
        rows.append(row)
    }

    /// Adds a row under a rule.
    public mutating func addTotal(_ row: [String]) {
        ruledFrom = rows.count
        add(row)
    }

    /// Characters of the table's widest line.
    public var width: Int { widths.reduce(0, +) + Self.gap.count * max(widths.count - 1, 0) }

    /// Characters of a column.
    public func width(ofColumn column: Int) -> Int { widths[column] }

    /// Shortens the cells of a column from their front, where names have most in common, to a number of characters.
    public mutating func shorten(column: Int, to width: Int) {
        for index in rows.indices where rows[index][column].count > width {
            rows[index][column] = "…" + rows[index][column].suffix(max(width - 1, 0))
        }
        widths[column] = (heads + rows).map { $0[column].count }.max() ?? 0
    }

    /// The table's lines, without trailing spaces.
    public var lines: [String] {
        let rule = String(repeating: "-", count: width)
        var lines = heads.map(line) + [rule]
        for (index, row) in rows.enumerated() {
            if index == ruledFrom { lines.append(rule) }
            lines.append(line(row))
        }
        return lines
    }

    /// The table as text, each line with its end.
    public var text: String { lines.map { $0 + "\n" }.joined() }

    private func line(_ row: [String]) -> String {
        var line = ""
        for (index, text) in row.enumerated() {
            let space = String(repeating: " ", count: widths[index] - text.count)
            if index > 0 { line += Self.gap }
            line += alignments[index] == .left ? text + space : space + text
        }
        while line.last == " " { line.removeLast() }
        return line
    }
}
