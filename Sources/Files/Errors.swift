/// A position in an input, to which an error message refers.
public struct Mark: Hashable, Sendable, CustomStringConvertible {
    /// The file as the user named it, or a name for other text.
    public var file: String
    /// The line, from 1.
    public var line: Int
    /// The column in characters (Unicode scalars), from 1.
    public var column: Int

    /// Makes a position.
    public init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    /// `file:line:column`.
    public var description: String { "\(file):\(line):\(column)" }
}

/// The user's data has an error: exit code 65.
public struct InputError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The position of the error, if it has one.
    public var mark: Mark?
    /// What was found, and what was expected.
    public var message: String
    /// The source line at the mark.
    public var excerpt: String?

    /// Makes an error about the data at `mark`; `excerpt` is the whole source line there.
    public init(_ message: String, at mark: Mark?, excerpt: String? = nil) {
        self.mark = mark
        self.message = message
        self.excerpt = excerpt
    }

    /// `file:line:column: error: message`, then the source line and a caret below the column.
    public var description: String {
        guard let mark else { return "error: \(message)" }
        let head = "\(mark): error: \(message)"
        guard let excerpt, !excerpt.isEmpty else { return head }
        let (line, caret) = Self.window(excerpt, column: mark.column)
        return head + "\n    \(line)\n    \(String(repeating: " ", count: caret))^"
    }

    /// The part of a line around a column that fits a terminal, printable, and the caret's offset in it.
    private static func window(_ line: String, column: Int) -> (line: String, caret: Int) {
        let width = 100
        let before = 60
        let start = column - 1 > width - 10 ? column - 1 - before : 0
        var shown = String.UnicodeScalarView()
        var length = 0
        for scalar in line.unicodeScalars.dropFirst(start) {
            if length == width {
                shown.append(contentsOf: "...".unicodeScalars)
                break
            }
            shown.append(scalar == "\t" ? " " : NameCheck.isHidden(scalar) ? "\u{FFFD}" : scalar)
            length += 1
        }
        let lead = start > 0 ? "..." : ""
        return (lead + String(shown), lead.count + min(max(column - 1 - start, 0), length))
    }
}

/// A file cannot be read (exit code 66) or written (exit code 73).
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The operation that failed.
    public enum Operation: Hashable, Sendable {
        /// Reading the file.
        case read
        /// Writing the file.
        case write
    }

    /// The operation that failed.
    public var operation: Operation
    /// The file as the user named it.
    public var path: String
    /// Why it failed.
    public var reason: String
    /// The position at which another file names this one, if one does.
    public var mark: Mark?

    /// Makes an error about the file at `path`, which is named at `mark` if another file names it.
    public init(_ operation: Operation, path: String, reason: String, at mark: Mark? = nil) {
        self.operation = operation
        self.path = path
        self.reason = reason
        self.mark = mark
    }

    /// `path: error: cannot be read: reason`, or `file:line:column: error: path cannot be read: reason`.
    public var description: String {
        let what = "cannot be \(operation == .read ? "read" : "written"): \(reason)"
        return mark.map { "\($0): error: \(quoted(path, limit: .max)) \(what)" } ?? "\(path): error: \(what)"
    }
}

/// A user's text in a message: in double quotes, without control and format characters, cut to `limit` characters.
public func quoted(_ text: String, limit: Int = 60) -> String {
    var shown = "\""
    for (index, scalar) in text.unicodeScalars.enumerated() {
        if index == limit {
            shown += "..."
            break
        }
        switch scalar {
        case "\n": shown += "\\n"
        case "\t": shown += "\\t"
        case _ where NameCheck.isHidden(scalar):
            shown += "\\u{\(String(scalar.value, radix: 16))}"
        default: shown.unicodeScalars.append(scalar)
        }
    }
    return shown + "\""
}

extension [String] {
    /// `a`, `a or b`, `a, b or c`.
    public var formattedChoice: String {
        guard count > 1, let last else { return first ?? "" }
        return dropLast().joined(separator: ", ") + " or " + last
    }
}
