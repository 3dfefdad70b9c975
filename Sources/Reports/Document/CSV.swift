extension ReportTable {
    /// The table as comma-separated values (RFC 4180) in UTF-8, with lines that end in LF: the columns' names, then a line a row,
    /// those that sum up the others last.
    public func csv() -> [UInt8] {
        var bytes: [UInt8] = []
        func line(_ texts: some Sequence<String>) {
            for (index, text) in texts.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                append(text, to: &bytes)
            }
            bytes.append(UInt8(ascii: "\n"))
        }
        line(columns.lazy.map(\.name))
        for row in rows { line(row.lazy.map(\.text)) }
        for row in totals { line(row.lazy.map(\.text)) }
        return bytes
    }
}

private func append(_ text: String, to bytes: inout [UInt8]) {
    // Where a semicolon or a tab separates fields, a spreadsheet would run the text behind one that has no quotes.
    let special = Array(",;\t\"\n\r".utf8)
    guard text.utf8.contains(where: special.contains) else { return bytes.append(contentsOf: text.utf8) }
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
        if byte == UInt8(ascii: "\"") { bytes.append(byte) }
        bytes.append(byte)
    }
    bytes.append(UInt8(ascii: "\""))
}
