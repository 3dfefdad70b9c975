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

    /// A text, or null.
    package static func optional(_ text: String?) -> JSON { text.map(JSON.text) ?? .null }

    /// A number, or null.
    package static func optional(_ value: Double?) -> JSON { value.map(JSON.real) ?? .null }

    /// What wrote the file.
    package static func program(_ version: String) -> JSON {
        .object([("name", .text("winosim")), ("version", .text(version))])
    }

    /// A row as keys, which are the columns' names, and values.
    package static func entries(_ row: [Cell], _ columns: [ReportColumn]) -> [(key: String, value: JSON)] {
        zip(columns, row).map { ($0.name, JSON($1)) }
    }

    /// A table's rows, each an object whose keys are the columns' names.
    package static func rows(_ table: ReportTable) -> JSON {
        .array(table.rows.map { .object(entries($0, table.columns)) })
    }

    /// The same of the rows that sum up the others.
    static func totals(_ table: ReportTable) -> [JSON] { table.totals.map { .object(entries($0, table.columns)) } }

    /// What the columns are.
    package static func columns(_ columns: [ReportColumn]) -> JSON {
        .array(
            columns.map {
                .object([("name", .text($0.name)), ("unit", .text($0.unit)), ("description", .text($0.description))])
            })
    }
}
