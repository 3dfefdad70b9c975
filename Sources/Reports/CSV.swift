/// Comma-separated values as RFC 4180 has them, with lines that end in LF.
struct CSV {
    /// The text so far, in UTF-8.
    private(set) var bytes: [UInt8] = []

    /// Starts with a line of the columns' names, and adds a line a row.
    init<Row>(_ columns: [Column<Row>], rows: [Row]) {
        line(columns) { append(text: $0.name, to: &$1) }
        for row in rows {
            line(columns) { append($0.cell(row), to: &$1) }
        }
    }

    private mutating func line<Element>(_ elements: [Element], _ write: (Element, inout [UInt8]) -> Void) {
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            write(element, &bytes)
        }
        bytes.append(UInt8(ascii: "\n"))
    }
}

/// Reals are written in the shortest form that reads back as the same value.
private func append(_ cell: Cell, to bytes: inout [UInt8]) {
    switch cell {
    case .integer(let value): bytes.append(contentsOf: value.description.utf8)
    case .real(let value): bytes.append(contentsOf: value.description.utf8)
    case .text(let text): append(text: text, to: &bytes)
    case .empty: break
    }
}

private func append(text: String, to bytes: inout [UInt8]) {
    let special: [UInt8] = [UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "\n"), UInt8(ascii: "\r")]
    guard text.utf8.contains(where: special.contains) else { return bytes.append(contentsOf: text.utf8) }
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
        if byte == UInt8(ascii: "\"") { bytes.append(byte) }
        bytes.append(byte)
    }
    bytes.append(UInt8(ascii: "\""))
}
