/// Rows of text in aligned columns.
struct TextTable {
    /// How a column's texts stand.
    enum Alignment {
        case left
        case right
    }

    private let columns: [(title: String, alignment: Alignment)]
    private var rows: [[String]] = []
    private var ruledFrom: Int?

    /// Makes a table with these columns and no rows.
    init(_ columns: [(title: String, alignment: Alignment)]) { self.columns = columns }

    /// Adds a row, one text a column.
    mutating func add(_ row: [String]) { rows.append(row.map(printable)) }

    /// Adds a last row under a rule.
    mutating func addTotal(_ row: [String]) {
        ruledFrom = rows.count
        rows.append(row.map(printable))
    }

    /// The table as text: a head, a rule, the rows, two spaces between columns.
    var text: String {
        let lines = [columns.map(\.title)] + rows
        let widths = columns.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        let rule = String(repeating: "-", count: widths.reduce(0, +) + 2 * max(0, columns.count - 1)) + "\n"
        var text = line(columns.map(\.title), widths) + rule
        for (index, row) in rows.enumerated() {
            if index == ruledFrom { text += rule }
            text += line(row, widths)
        }
        return text
    }

    private func line(_ row: [String], _ widths: [Int]) -> String {
        var line = ""
        for (index, field) in row.enumerated() {
            let space = String(repeating: " ", count: widths[index] - field.count)
            line += index == 0 ? "" : "  "
            line += columns[index].alignment == .left ? field + space : space + field
        }
        while line.last == " " { line.removeLast() }
        return line + "\n"
    }
}

/// A text on one line, without control characters, which a terminal would obey.
func printable(_ text: String) -> String {
    String(
        String.UnicodeScalarView(
            text.unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 })
    )
}

/// An integer with its thousands separated: 1,234,567.
func grouped(_ value: Int) -> String {
    var text = ""
    for (index, digit) in String(value.magnitude).reversed().enumerated() {
        if index > 0 && index.isMultiple(of: 3) { text.append(",") }
        text.append(digit)
    }
    return (value < 0 ? "-" : "") + String(text.reversed())
}
