/// Comma-separated values as RFC 4180 has them, with lines that end in LF.
struct CSV {
    /// The text so far, in UTF-8.
    private(set) var bytes: [UInt8] = []

    /// A line of the columns' names, then a line a row, those that sum up the others last.
    init(_ table: ReportTable) {
        line(table.columns.lazy.map(\.name))
        for row in table.rows { line(row.lazy.map(\.text)) }
        for row in table.totals { line(row.lazy.map(\.text)) }
    }

    private mutating func line(_ texts: some Sequence<String>) {
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
