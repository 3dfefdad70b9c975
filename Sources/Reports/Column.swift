/// One value of a report.
enum Cell: Hashable, Sendable {
    /// A count.
    case integer(Int)
    /// A measure; never NaN or infinite.
    case real(Double)
    /// A name or a remark.
    case text(String)
    /// A value that is not defined, such as a ratio to nothing.
    case empty

    /// As files have it; reals in the shortest form that reads back as the same value.
    var text: String {
        switch self {
        case .integer(let value): value.description
        case .real(let value): value.description
        case .text(let text): text
        case .empty: ""
        }
    }

    /// A measure, or nothing where it is not defined.
    static func measure(_ value: Double?) -> Cell {
        guard let value, value.isFinite else { return .empty }
        return .real(value)
    }
}

/// A statistic: defined once, and shown as text, CSV and JSON from that.
struct Column<Row>: Sendable {
    /// Its name in files.
    let name: String
    /// Its unit; empty for names and plain ratios.
    let unit: String
    /// What it is, in one line.
    let description: String
    /// Whether its values are numbers, where they are defined.
    var isNumber = true
    /// Its value for a row.
    let cell: @Sendable (Row) -> Cell

    /// A count of something.
    static func count(
        _ name: String, _ unit: String, _ description: String, _ value: @escaping @Sendable (Row) -> Int
    ) -> Column {
        Column(name: name, unit: unit, description: description) { .integer(value($0)) }
    }

    /// A measure that may not be defined.
    static func measure(
        _ name: String, _ unit: String, _ description: String, _ value: @escaping @Sendable (Row) -> Double?
    ) -> Column {
        Column(name: name, unit: unit, description: description) { .measure(value($0)) }
    }

    /// A text; nothing where there is none.
    static func text(
        _ name: String, _ description: String, _ value: @escaping @Sendable (Row) -> String?
    ) -> Column {
        Column(name: name, unit: "", description: description, isNumber: false) { value($0).map(Cell.text) ?? .empty }
    }
}
