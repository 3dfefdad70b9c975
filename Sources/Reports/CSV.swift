/// Comma-separated values as RFC 4180 has them, with lines that end in LF.
public struct CSV: Sendable {
    /// The text so far, in UTF-8.
    public private(set) var bytes: [UInt8] = []

    /// Starts with a line of names, and adds a line a row.
    public init(names: [String], rows: some Sequence<[String]>) {
        line(names)
        for row in rows { line(row) }
    }

    /// Starts with a line of the columns' names, and adds a line a row.
    init<Row>(_ columns: [Column<Row>], rows: [Row]) {
        self.init(
            names: columns.map(\.name), rows: rows.lazy.map { row in columns.map { $0.cell(row).text } })
    }

    private mutating func line(_ texts: [String]) {
        for (index, text) in texts.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            append(text: text, to: &bytes)
        }
        bytes.append(UInt8(ascii: "\n"))
    }
}

private func append(text: String, to bytes: inout [UInt8]) {
    // Where a semicolon or a tab parts fields, a spreadsheet would run what stands behind one that has no quotes.
    let special = Array(",;\t\"\n\r".utf8)
    guard text.utf8.contains(where: special.contains) else { return bytes.append(contentsOf: text.utf8) }
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
        if byte == UInt8(ascii: "\"") { bytes.append(byte) }
        bytes.append(byte)
    }
    bytes.append(UInt8(ascii: "\""))
}
