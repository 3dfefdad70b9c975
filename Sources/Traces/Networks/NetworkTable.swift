import Files

/// A network as a table in CSV: one row an operation, in the order in which they run, without the sizes of maps.
///
/// Lines that begin with `#` stand before the first row and have a key each: `title`, `source` (also over several lines), `note`, and
/// `input`, the sizes of one image as channels x height x width, or of one sequence as features x length. The next line names the
/// columns (``NetworkOperation/Column``), in any order; needed are `name` and `operation`. ``NetworkShapes`` finds the sizes.
public struct NetworkTable: Sendable {
    /// The name of what enters the network, for the column `inputs`.
    public static let inputName = "input"

    /// The network's name in words.
    public let title: String
    /// The publication or program that the rows are from.
    public let source: String
    /// The file, as errors call it.
    public let file: String
    /// The sizes of one image or sequence, where nothing else is asked for.
    let input: NetworkValue
    /// The operations, in order.
    let rows: [NetworkRow]

    /// Whether a text is such a table, not one of layer shapes: the first line that is not empty begins with `#`, or names the columns
    /// `name` and `operation`.
    public static func isNetwork(csv text: String) -> Bool {
        guard let line = lines(of: text).first(where: { !$0.allSatisfy(\.isWhitespace) }) else { return false }
        if line.hasPrefix("#") { return true }
        let names = line.split(separator: ",").map { $0.filter { !$0.isWhitespace } }
        return [.name, .operation].allSatisfy { (column: NetworkOperation.Column) in names.contains(column.rawValue) }
    }

    /// Reads a table from CSV text; `file` is what errors call it.
    ///
    /// - Throws: `InputError` at the line and column of what does not fit.
    public init(csv text: String, file: String) throws {
        var head = NetworkHead()
        var columns: NetworkColumns?
        var rows: [NetworkRow] = []
        var names: [String: Int] = [:]
        var before = [Self.inputName]
        for (index, line) in Self.lines(of: text).enumerated() {
            if line.hasPrefix("#") {
                try head.read(line, Mark(file: file, line: index + 1, column: 1), isBeforeColumns: columns == nil)
                continue
            }
            let record = try CSVRecord(line: line, number: index + 1, file: file)
            guard !record.fields.allSatisfy({ $0.text.isEmpty }) else { continue }
            guard let columns else {
                columns = try NetworkColumns(record)
                continue
            }
            let row = try NetworkCells(record, columns).row(before: before)
            if let first = names.updateValue(index + 1, forKey: row.name) {
                throw row.error("the name \(quoted(row.name)) stands already in line \(first)", at: .name)
            }
            rows.append(row)
            before.append(row.name)
        }
        let start = Mark(file: file, line: 1, column: 1)
        guard let input = head.input else {
            throw InputError(
                "the table has no line \"# input: channels x height x width\" before its columns, such as "
                    + "\"# input: 3 x 224 x 224\"", at: start)
        }
        guard rows.contains(where: { $0.operation.layerOperation != nil }) else {
            throw InputError("the table has no row that multiplies, expected at least one", at: start)
        }
        self.input = input
        (self.file, self.rows) = (file, rows)
        (title, source) = (head.title, head.source)
    }

    /// A carriage return with its line feed is one character. Spreadsheets put a byte order mark before the text.
    private static func lines(of text: String) -> [String] {
        text.drop { $0 == "\u{FEFF}" }.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
            .map(String.init)
    }
}

/// The lines before the columns: `# key: text`.
private struct NetworkHead {
    private static let keys = ["title", "source", "input", "note"]
    var title = ""
    var source = ""
    var input: NetworkValue?

    mutating func read(_ line: String, _ mark: Mark, isBeforeColumns: Bool) throws {
        func error(_ message: String) -> InputError { InputError(message, at: mark, excerpt: line) }
        guard isBeforeColumns else { throw error("lines that begin with # stand before the columns") }
        let parts = line.dropFirst().split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map {
            $0.trimmed
        }
        guard parts.count == 2, Self.keys.contains(parts[0]) else {
            let near = didYouMean(nearestName(to: parts[0], among: Self.keys))
            throw error("found \(quoted(parts[0])), expected \"# key: text\" with one of \(Self.keys.listed)\(near)")
        }
        switch parts[0] {
        case "title": title = parts[1]
        case "source": source += (source.isEmpty ? "" : " ") + parts[1]
        case "input":
            let sizes = parts[1].split(separator: "x", omittingEmptySubsequences: false).map { Int($0.trimmed) ?? 0 }
            guard (2...3).contains(sizes.count), sizes.allSatisfy({ (1...Layer.productLimit).contains($0) }) else {
                throw error(
                    "found the input \(quoted(parts[1])), expected channels x height x width, or features x length")
            }
            input =
                sizes.count == 3
                ? .map(channels: sizes[0], height: sizes[1], width: sizes[2])
                : .rows(count: sizes[1], features: sizes[0], heads: 1)
        default: break
        }
    }
}

extension StringProtocol {
    fileprivate var trimmed: String {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}

extension [String] {
    /// Names one behind the other, for an error.
    var listed: String { joined(separator: ", ") }
}
