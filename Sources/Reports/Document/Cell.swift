/// One value of a report.
public enum Cell: Hashable, Sendable {
    /// What the values of a column are, where they are defined.
    public enum Kind: Hashable, Sendable {
        /// Whole numbers.
        case count
        /// Numbers.
        case measure
        /// Names and remarks.
        case text
    }

    /// A count.
    case integer(Int)
    /// A measure; never NaN or infinite.
    case real(Double)
    /// A name or a remark.
    case text(String)
    /// A value that is not defined, such as a ratio to nothing.
    case empty

    /// A measure, or nothing where it is not defined.
    static func measure(_ value: Double?) -> Cell { value.flatMap { $0.isFinite ? .real($0) : nil } ?? .empty }

    /// Reads the value of a column that `text` gave; nil where it is none of that kind.
    init?(_ text: String, of kind: Kind) {
        switch kind {
        case _ where text.isEmpty: self = .empty
        case .count:
            guard let value = Int(text) else { return nil }
            self = .integer(value)
        case .measure:
            guard let value = Double(text), value.isFinite else { return nil }
            self = .real(value)
        case .text: self = .text(text)
        }
    }

    /// As files have it; reals in the shortest form that reads back as the same value.
    public var text: String {
        switch self {
        case .integer(let value): value.description
        case .real(let value): value.description
        case .text(let text): text
        case .empty: ""
        }
    }

    /// The count or the measure; nil for others.
    public var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .real(let value): value
        case .text, .empty: nil
        }
    }
}
