/// Rows of text in aligned columns, for a fixed-width font: heads above a rule, and a total under another.
public struct TextTable: Sendable {
    /// The alignment of a column's texts.
    public enum Alignment: Hashable, Sendable {
        /// Names and words.
        case left
        /// Counts, and numbers with as many decimals each.
        case right
        /// Numbers with different decimals: their points are aligned.
        case decimal
    }

    private static let gap = "  "
    private let heads: [[String]]
    private let alignments: [Alignment]
    private var rows: [[String]] = []
    private var ruledFrom: Int?

    /// Makes a table with these columns and no rows; the head of a column may have several lines, which must be as many in
    /// all columns.
    public init(_ columns: [(head: [String], alignment: Alignment)]) {
        let height = columns.first?.head.count ?? 0
        precondition(columns.allSatisfy { $0.head.count == height }, "heads of different heights")
        heads = (0..<height).map { line in columns.map { $0.head[line] } }
        alignments = columns.map(\.alignment)
    }

    /// Makes a table with these columns, whose heads have one line each, and no rows.
    public init(_ columns: [(title: String, alignment: Alignment)]) {
        self.init(columns.map { (head: [$0.title], alignment: $0.alignment) })
    }

    /// Adds a row, one text a column; control characters in it are replaced.
    public mutating func add(_ row: [String]) {
        precondition(
            row.count == alignments.count, "a row of \(row.count) texts in \(alignments.count) columns")
        rows.append(row.map(NumberText.printable))
    }

    /// Adds a row under a rule.
    public mutating func addTotal(_ row: [String]) {
        ruledFrom = rows.count
        add(row)
    }

    /// Characters of the table's widest line.
    public var width: Int { alignments.indices.map(width(ofColumn:)).reduce(0, +) + Self.gaps(alignments.count) }

    /// Characters of a column.
    public func width(ofColumn column: Int) -> Int {
        (heads.map { $0[column] } + shown(column)).map(\.count).max() ?? 0
    }

    /// Shortens the cells of a column from their front, where names have most in common, to a number of characters.
    public mutating func shorten(column: Int, to width: Int) {
        for index in rows.indices where rows[index][column].count > width {
            rows[index][column] = "…" + rows[index][column].suffix(max(width - 1, 0))
        }
    }

    /// The table's lines, without trailing spaces.
    public var lines: [String] { lines(of: Array(alignments.indices)) }

    /// The table as text, each line with its end.
    public var text: String { lines.map { $0 + "\n" }.joined() }

    private static func gaps(_ columns: Int) -> Int { gap.count * max(columns - 1, 0) }

    /// The cells of a column as they are shown: numbers with points below each other have spaces behind them.
    private func shown(_ column: Int) -> [String] {
        let cells = rows.map { $0[column] }
        guard alignments[column] == .decimal else { return cells }
        let decimals = cells.map { cell in cell.firstIndex(of: ".").map { cell[$0...].count } ?? 0 }
        let most = decimals.max() ?? 0
        return zip(cells, decimals).map { $0 + String(repeating: " ", count: $0.isEmpty ? 0 : most - $1) }
    }

    private func lines(of columns: [Int]) -> [String] {
        let widths = columns.map(width(ofColumn:))
        let cells = columns.map(shown)
        let rule = String(repeating: "-", count: widths.reduce(0, +) + Self.gaps(columns.count))
        func line(_ texts: [String]) -> String {
            var line = ""
            for (index, text) in texts.enumerated() {
                let space = String(repeating: " ", count: widths[index] - text.count)
                if index > 0 { line += Self.gap }
                line += alignments[columns[index]] == .left ? text + space : space + text
            }
            while line.last == " " { line.removeLast() }
            return line
        }
        var lines = heads.map { head in line(columns.map { head[$0] }) }
        if lines.contains(where: { !$0.isEmpty }) { lines.removeAll { $0.isEmpty } }
        lines.append(rule)
        for index in rows.indices {
            if index == ruledFrom { lines.append(rule) }
            lines.append(line(cells.map { $0[index] }))
        }
        return lines
    }
}

// MARK: Within a width

extension TextTable {
    /// Characters that a name keeps at least.
    private static let leastName = 12
    /// Characters that a column of prose keeps at least.
    private static let leastProse = 24

    /// Lines of at most `width` characters: prose is broken into several lines, then names are cut at their front, and what
    /// columns that do not fit next to each other then follow below, with the names before each part.
    ///
    /// - Parameters:
    ///   - width: characters that lines have at most.
    ///   - names: how many of the first columns are names.
    ///   - prose: a column of sentences.
    public func lines(within width: Int, names: Int = 1, prose: Int? = nil) -> [String] {
        if self.width <= width { return lines }
        /// The table with its prose broken, where that makes it fit.
        func broken(_ table: TextTable) -> TextTable? {
            prose.flatMap { prose in
                let rest = width - (table.width - table.width(ofColumn: prose))
                return rest >= Self.leastProse ? table.wrapped(prose, to: rest) : nil
            }
        }
        if let table = broken(self) { return table.lines }
        var table = self
        table.cutNames(names, by: self.width - width)
        if table.width <= width { return table.lines }
        if let table = broken(table) { return table.lines }
        return parts(within: width, names: names, prose: prose)
    }

    /// Of some tables the first one that needs no parts to keep to a width; the first one of all where none does.
    static func fitting(_ tables: some Sequence<TextTable>, within width: Int, names: Int = 1) -> TextTable? {
        var first: TextTable?
        for table in tables {
            var cut = table
            cut.cutNames(names, by: table.width - width)
            if cut.width <= width { return table }
            first = first ?? table
        }
        return first
    }

    /// The table as text of such lines, each with its end.
    public func text(within width: Int, names: Int = 1, prose: Int? = nil) -> String {
        lines(within: width, names: names, prose: prose).map { $0 + "\n" }.joined()
    }

    /// Cuts names at their front, the widest column first, until so many characters are gone or all are as short as may be.
    private mutating func cutNames(_ names: Int, by surplus: Int) {
        var surplus = surplus
        while surplus > 0 {
            let widths = (0..<names).map { column in rows.map { $0[column].count }.max() ?? 0 }
            guard let column = widths.indices.max(by: { widths[$0] < widths[$1] }), widths[column] > Self.leastName
            else { return }
            let second = widths.enumerated().filter { $0.offset != column }.map(\.element).max() ?? 0
            let before = width(ofColumn: column)
            shorten(column: column, to: max(widths[column] - surplus, min(second, widths[column] - 1), Self.leastName))
            // A head may be wider than the names below it.
            let gone = before - width(ofColumn: column)
            if gone == 0 { return }
            surplus -= gone
        }
    }

    /// Parts of the table below each other, each with the names before it.
    private func parts(within width: Int, names: Int, prose: Int?) -> [String] {
        var table = self
        let widest = (names..<alignments.count).filter { $0 != prose }.map(self.width(ofColumn:)).max() ?? 0
        let heads = (0..<names).map { table.width(ofColumn: $0) }.reduce(0, +) + Self.gaps(names + 1)
        table.cutNames(names, by: heads + max(widest, Self.leastProse) - width)
        let before = (0..<names).map(table.width(ofColumn:)).reduce(0, +) + Self.gaps(names)
        let rest = max(1, width - before - Self.gap.count)
        for column in names..<alignments.count {
            if column == prose { table = table.wrapped(column, to: rest) }
            if table.width(ofColumn: column) > rest { table.shorten(column: column, to: rest) }
        }
        let widths = (names..<alignments.count).map { Self.gap.count + table.width(ofColumn: $0) }
        // As few parts as there can be, and these about as wide as each other.
        let fewest = Self.filled(widths, room: width - before).count
        let room = (1...max(1, width - before)).first {
            Self.filled(widths, room: $0).count == fewest && $0 >= widths.max() ?? 0
        }
        let parts = Self.filled(widths, room: room ?? width - before).map { part in
            Array(0..<names) + part.map { $0 + names }
        }
        return Array(parts.map(table.lines(of:)).joined(separator: [""]))
    }

    /// Columns in parts, each filled as far as there is room.
    private static func filled(_ widths: [Int], room: Int) -> [[Int]] {
        var parts: [[Int]] = []
        var free = 0
        for (column, width) in widths.enumerated() {
            if parts.isEmpty || width > free {
                parts.append([])
                free = room
            }
            parts[parts.count - 1].append(column)
            free -= width
        }
        return parts
    }

    /// The table with the cells of a column broken at spaces into lines of so many characters, each in a new row.
    private func wrapped(_ column: Int, to width: Int) -> TextTable {
        var table = self
        table.rows = []
        table.ruledFrom = nil
        for (index, row) in rows.enumerated() {
            if index == ruledFrom { table.ruledFrom = table.rows.count }
            let lines = NumberText.wrapped(row[column], width: width, rest: 0)
            for (number, line) in lines.enumerated() {
                var part = number == 0 ? row : row.map { _ in "" }
                part[column] = line
                table.rows.append(part)
            }
        }
        return table
    }
}
