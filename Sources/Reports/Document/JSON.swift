import YAML

/// A JSON value whose objects keep the order of their keys.
public indirect enum JSON: Sendable, ExpressibleByDictionaryLiteral {
    /// Keys with their values.
    case object([(key: String, value: JSON)])
    /// Values in order.
    case array([JSON])
    /// A text.
    case text(String)
    /// A whole number.
    case integer(Int)
    /// A whole number that is not negative.
    case unsigned(UInt64)
    /// A finite number.
    case real(Double)
    /// True or false.
    case boolean(Bool)
    /// Nothing.
    case null

    /// An object.
    public init(dictionaryLiteral entries: (String, JSON)...) { self = .object(entries.map { (key: $0, value: $1) }) }

    /// A YAML document: whole numbers, booleans and texts stay what they are.
    public init(_ node: Node) {
        switch node.content {
        case .mapping(let entries): self = .object(entries.map { ($0.name, JSON($0.value)) })
        case .sequence(let elements): self = .array(elements.map { JSON($0) })
        case .scalar(let scalar):
            if let value = try? node.integer() {
                self = .integer(value)
            } else if let value = try? node.boolean() {
                self = .boolean(value)
            } else {
                self = .text(scalar.text)
            }
        }
    }

    /// The value as text in UTF-8, indented, with a line end behind it.
    public func bytes() -> [UInt8] {
        var bytes: [UInt8] = []
        append(to: &bytes, indent: 0)
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    private func append(to bytes: inout [UInt8], indent: Int) {
        switch self {
        case .object(let entries):
            Self.append(entries, between: ("{", "}"), to: &bytes, indent: indent) { entry, bytes in
                Self.append(text: entry.key, to: &bytes)
                bytes.append(contentsOf: ": ".utf8)
                entry.value.append(to: &bytes, indent: indent + 1)
            }
        case .array(let elements):
            Self.append(elements, between: ("[", "]"), to: &bytes, indent: indent) { element, bytes in
                element.append(to: &bytes, indent: indent + 1)
            }
        case .text(let text): Self.append(text: text, to: &bytes)
        case .integer(let value): bytes.append(contentsOf: value.description.utf8)
        case .unsigned(let value): bytes.append(contentsOf: value.description.utf8)
        case .real(let value): bytes.append(contentsOf: value.description.utf8)
        case .boolean(let value): bytes.append(contentsOf: value.description.utf8)
        case .null: bytes.append(contentsOf: "null".utf8)
        }
    }

    private static func append<Element>(
        _ elements: [Element], between brackets: (String, String), to bytes: inout [UInt8], indent: Int,
        _ write: (Element, inout [UInt8]) -> Void
    ) {
        func lineStart(_ depth: Int) {
            bytes.append(UInt8(ascii: "\n"))
            bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
        }
        bytes.append(contentsOf: brackets.0.utf8)
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            lineStart(indent + 1)
            write(element, &bytes)
        }
        if !elements.isEmpty { lineStart(indent) }
        bytes.append(contentsOf: brackets.1.utf8)
    }

    private static let hexadecimal = Array("0123456789abcdef".utf8)

    /// Appends a text with its quotes, in UTF-8.
    static func append(text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(contentsOf: [UInt8(ascii: "\\"), byte])
            case UInt8(ascii: "\n"): bytes.append(contentsOf: "\\n".utf8)
            case UInt8(ascii: "\t"): bytes.append(contentsOf: "\\t".utf8)
            case ..<0x20, 0x7F:
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(contentsOf: [hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)]])
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

extension JSON {
    /// A report's value: what is not defined is null.
    init(_ cell: Cell) {
        self =
            switch cell {
            case .integer(let value): .integer(value)
            case .real(let value): .real(value)
            case .text(let text): .text(text)
            case .empty: .null
            }
    }

    /// A text; null where it is nil or empty.
    package static func optional(_ text: String?) -> JSON { text.flatMap { $0.isEmpty ? nil : .text($0) } ?? .null }

    /// A number; null where it is nil or not finite.
    package static func optional(_ value: Double?) -> JSON { JSON(.measure(value)) }

    /// What wrote the file.
    package static func program(_ version: String) -> JSON { ["name": .text("winosim"), "version": .text(version)] }

    /// A row as an object whose keys are the columns' names.
    static func row(_ cells: [Cell], _ columns: [ReportColumn]) -> JSON {
        .object(zip(columns, cells).map { ($0.name, JSON($1)) })
    }

    /// A table's rows, each an object.
    package static func rows(_ table: ReportTable) -> JSON { .array(table.rows.map { row($0, table.columns) }) }

    /// The first of the rows that sum up the others.
    static func total(_ table: ReportTable) -> JSON { table.totals.first.map { row($0, table.columns) } ?? .null }

    /// What the columns are.
    package static func columns(_ columns: [ReportColumn]) -> JSON {
        .array(columns.map { ["name": .text($0.name), "unit": .text($0.unit), "description": .text($0.description)] })
    }

    /// The entries of two objects.
    static func + (first: JSON, second: JSON) -> JSON {
        guard case .object(let entries) = first, case .object(let more) = second else { return first }
        return .object(entries + more)
    }
}
