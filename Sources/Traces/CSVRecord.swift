import Files

/// One line of comma-separated fields (RFC 4180): those in double quotes may hold commas, and two quotes mean one.
struct CSVRecord {
    let line: String
    let number: Int
    let file: String
    /// The fields without space around them, and the columns in which they start.
    let fields: [(text: String, column: Int)]

    /// The lines of a text that hold more than commas and space.
    ///
    /// - Throws: `InputError` for a quote that does not end in its line.
    static func records(of text: String, file: String) throws -> [CSVRecord] {
        // A carriage return with its line feed is one character. Spreadsheets put a byte order mark before the text.
        let lines = text.drop { $0 == "\u{FEFF}" }.split(omittingEmptySubsequences: false) {
            $0 == "\n" || $0 == "\r\n"
        }
        return try lines.enumerated().map { try CSVRecord(line: String($1), number: $0 + 1, file: file) }
            .filter { record in !record.fields.allSatisfy(\.text.isEmpty) }
    }

    /// - Throws: `InputError` for a quote that does not end in the line.
    init(line: String, number: Int, file: String) throws {
        self.line = line
        self.number = number
        self.file = file
        var fields: [(text: String, column: Int)] = []
        var text = String.UnicodeScalarView()
        var openQuote: Int?
        var start = 1
        let scalars = Array(line.unicodeScalars)
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            if scalar == "\"" {
                if openQuote != nil, index + 1 < scalars.count, scalars[index + 1] == "\"" {
                    text.append(scalar)
                    index += 1
                } else {
                    openQuote = openQuote == nil ? index + 1 : nil
                }
            } else if scalar == ",", openQuote == nil {
                fields.append((Self.trimmed(text), start))
                text = .init()
                start = index + 2
            } else {
                text.append(scalar)
            }
            index += 1
        }
        fields.append((Self.trimmed(text), start))
        self.fields = fields
        if let openQuote {
            throw InputError(
                "the quote that begins here does not end in this line",
                at: Mark(file: file, line: number, column: openQuote), excerpt: line)
        }
    }

    private static func trimmed(_ text: String.UnicodeScalarView) -> String {
        var slice = text[...]
        while slice.first?.properties.isWhitespace == true { slice.removeFirst() }
        while slice.last?.properties.isWhitespace == true { slice.removeLast() }
        return String(String.UnicodeScalarView(slice))
    }

    /// The text of a field; empty where the line has fewer.
    func text(_ field: Int) -> String { field < fields.count ? fields[field].text : "" }

    /// An error at a field, or behind the line's end where it has fewer.
    func error(_ message: String, at field: Int) -> InputError {
        let column = field < fields.count ? fields[field].column : line.unicodeScalars.count + 1
        return InputError(message, at: Mark(file: file, line: number, column: column), excerpt: line)
    }
}
