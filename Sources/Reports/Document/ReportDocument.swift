/// What there is to report of one piece of work: for people in sections, for programs in tables and a summary. A renderer turns it
/// into text, CSV or JSON.
public struct ReportDocument: Sendable {
    /// A part of a section.
    public enum Part: Sendable {
        /// Sentences.
        case paragraph(String)
        /// Items below a heading, which may be empty; nothing where there are none.
        case list(String, [String])
        /// A table.
        case table(ReportTable)
        /// The only row of a table, figure by figure, each with what it is.
        case record(ReportTable)
        /// A picture; what cannot draw leaves it out.
        case chart(ReportChart)
    }

    /// What people read, in order.
    public let sections: [[Part]]
    /// The tables that become CSV files, with the files' names.
    public let tables: [(file: String, table: ReportTable)]
    /// What becomes a JSON file: the figures of all tables, and all that is needed to make them again.
    public var summary: JSON { makeSummary() }
    private let makeSummary: @Sendable () -> JSON
    /// Whether sentences and items stay in one line each, however long.
    let keepsLines: Bool

    /// Makes a document.
    ///
    /// - Parameters:
    ///   - sections: what people read, in order.
    ///   - tables: the tables that become CSV files, with the files' names.
    ///   - summary: what becomes a JSON file, made when it is asked for.
    ///   - keepsLines: whether sentences and items stay in one line each.
    public init(
        sections: [[Part]], tables: [(file: String, table: ReportTable)] = [],
        summary: @escaping @autoclosure @Sendable () -> JSON,
        keepsLines: Bool = false
    ) {
        (self.sections, self.tables, makeSummary, self.keepsLines) = (sections, tables, summary, keepsLines)
    }

    /// The files' names and bytes: the tables, and last the summary under the name that is given.
    package func files(summary name: String) -> [(name: String, bytes: [UInt8])] {
        tables.map { ($0.file, $0.table.csv()) } + [(name, summary.bytes())]
    }
}

/// Results as people and programs read them.
public protocol Report: Sendable {
    /// All that there is to report.
    var document: ReportDocument { get }
}

extension Report {
    /// The document as text for a terminal; it ends with a line end.
    ///
    /// - Parameter width: characters that lines have at most, but those of sentences that the document keeps in one line.
    public func terminal(width: Int = 120) -> String { TerminalRenderer(width: width).text(of: document) }

    /// The first of the document's tables as CSV.
    public func csv() -> [UInt8] { document.tables.first.map { $0.table.csv() } ?? [] }

    /// The document's summary as JSON. Keys stand in a fixed order.
    public func json() -> [UInt8] { document.summary.bytes() }
}

/// Bars side by side, each a stack of parts of one unit.
public struct ReportChart: Sendable {
    /// What it shows.
    public let title: String
    /// A row a bar: its name in the first column, and a part of it in each of the others.
    public let bars: ReportTable

    /// Makes a chart.
    public init(title: String, bars: ReportTable) { (self.title, self.bars) = (title, bars) }
}
