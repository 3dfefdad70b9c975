/// What a column of a report is, and how tables for people show it.
public struct ReportColumn: Hashable, Sendable {
    /// How tables for people show the values of a column.
    public enum Format: Hashable, Sendable {
        /// Texts.
        case plain
        /// Sentences, which may be broken into lines.
        case prose
        /// Counts with thousands separated, or in the power of ten that the table chooses.
        case count
        /// Three significant digits.
        case figures
        /// Shares in percent, with three significant digits.
        case percent
        /// Four significant digits, in a unit that all columns of a quantity share.
        case scaled(Scale.Quantity)
        /// Counts as they are and measures with four significant digits, of a quantity in a unit of the column's own.
        case short(Scale.Quantity?)
        /// As C's `printf` has it.
        case printed(String)
    }

    /// Its name in files.
    public let name: String
    /// Its unit; empty for names and plain ratios.
    public let unit: String
    /// What it is, in one line.
    public let description: String
    /// What its values are, where they are defined.
    public let kind: Cell.Kind
    /// Its head in tables for people, in as many lines as the table's other columns have. Where the format chooses a unit, the last
    /// line has it.
    public fileprivate(set) var head: [String]
    /// How tables for people show its values.
    public fileprivate(set) var format: Format
    /// Their alignment there.
    public fileprivate(set) var alignment: TextTable.Alignment
    /// Whether a value that is that of the row above is left out there.
    public fileprivate(set) var skipsRepeats = false

    /// Makes a description.
    public init(name: String, unit: String = "", description: String, kind: Cell.Kind) {
        (self.name, self.unit, self.description, self.kind, head) = (name, unit, description, kind, [name])
        switch kind {
        case .count: (format, alignment) = (.count, .decimal)
        case .measure: (format, alignment) = (.figures, .decimal)
        case .text: (format, alignment) = (.plain, .left)
        }
    }
}

/// A statistic: defined once, and shown as text, CSV and JSON from that.
package struct Column<Row>: Sendable {
    /// What it is.
    package let about: ReportColumn
    /// Its value for a row.
    let cell: @Sendable (Row) -> Cell

    /// Makes a column of any values.
    package init(_ about: ReportColumn, cell: @escaping @Sendable (Row) -> Cell) {
        (self.about, self.cell) = (about, cell)
    }

    /// A count of something that may not be defined.
    package static func count(
        _ name: String, _ unit: String, _ description: String, _ value: @escaping @Sendable (Row) -> Int?
    ) -> Column {
        Column(ReportColumn(name: name, unit: unit, description: description, kind: .count)) {
            value($0).map(Cell.integer) ?? .empty
        }
    }

    /// A measure that may not be defined.
    package static func measure(
        _ name: String, _ unit: String, _ description: String, _ value: @escaping @Sendable (Row) -> Double?
    ) -> Column {
        Column(ReportColumn(name: name, unit: unit, description: description, kind: .measure)) { .measure(value($0)) }
    }

    /// A text; nothing where there is none.
    package static func text(
        _ name: String, _ description: String, _ value: @escaping @Sendable (Row) -> String?
    ) -> Column {
        Column(ReportColumn(name: name, description: description, kind: .text)) { value($0).map(Cell.text) ?? .empty }
    }

    /// The same column, shown otherwise in tables for people; what is not given stays.
    package func shown(
        _ head: [String], as format: ReportColumn.Format? = nil, align alignment: TextTable.Alignment? = nil,
        skipsRepeats: Bool = false
    ) -> Column {
        var about = about
        (about.head, about.skipsRepeats) = (head, skipsRepeats)
        (about.format, about.alignment) = (format ?? about.format, alignment ?? about.alignment)
        return Column(about, cell: cell)
    }
}

/// A ratio; nil to nothing.
func ratio(_ part: Double, _ whole: Double) -> Double? { whole > 0 ? part / whole : nil }
