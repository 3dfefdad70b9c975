import Files

/// A value of a YAML document, with its position.
public struct Node: Sendable {
    /// A text as written.
    public struct Scalar: Hashable, Sendable {
        /// The text, without quotes and with escapes resolved.
        public var text: String
        /// Whether it is without quotes, so that it may be a number, a boolean or null.
        public var isPlain: Bool

        /// Makes a scalar.
        public init(text: String, isPlain: Bool) {
            self.text = text
            self.isPlain = isPlain
        }
    }

    /// A key of a mapping and its value. Keys are scalars.
    public struct Entry: Sendable {
        /// The key.
        public var key: Node
        /// The key's value.
        public var value: Node

        /// Makes an entry.
        public init(key: Node, value: Node) {
            self.key = key
            self.value = value
        }

        /// The key's text.
        public var name: String {
            if case .scalar(let scalar) = key.content { scalar.text } else { "" }
        }
    }

    /// The contents of a node.
    public enum Content: Sendable {
        /// One text.
        case scalar(Scalar)
        /// A list.
        case sequence([Node])
        /// Unique keys with their values, in the order of the file.
        case mapping([Entry])
    }

    /// The position of its start.
    public let mark: Mark
    /// Its contents.
    public var content: Content
    /// The text from which it was read.
    public let source: Source

    init(mark: Mark, content: Content, source: Source) {
        self.mark = mark
        self.content = content
        self.source = source
    }

    /// A node that is made from others: its position is `mark` in the source of `origin`.
    public init(_ content: Content, at mark: Mark, of origin: Node) {
        self.init(mark: mark, content: content, source: origin.source)
    }

    /// Whether the node is from a text such as `--set key=value`, not from a file.
    public var isOverride: Bool { !source.prefix.isEmpty }

    /// An error at this node, with its source line.
    public func error(_ message: String) -> InputError { source.error(message, at: mark) }

    /// Whether the value is null: empty, `~` or `null`.
    public var isNull: Bool {
        guard case .scalar(let scalar) = content, scalar.isPlain else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.text)
    }

    /// The entries of a mapping; nil for anything else.
    public var entries: [Entry]? {
        if case .mapping(let entries) = content { entries } else { nil }
    }

    /// The text of a scalar; nil for anything else.
    public var text: String? {
        if case .scalar(let scalar) = content { scalar.text } else { nil }
    }

    /// The value of a mapping's key; nil if there is no such key, or no mapping.
    public subscript(key: String) -> Node? { entries?.first { $0.name == key }?.value }

    /// A description of the node, for messages.
    public var found: String {
        switch content {
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .scalar(let scalar):
            isNull ? "nothing" : scalar.isPlain ? quoted(scalar.text) : "the text \(quoted(scalar.text))"
        }
    }
}

extension Node {
    /// A path that is relative to the folder of the text's file, or to the working directory for a command line.
    ///
    /// - Throws: `InputError` if it is not a text.
    public func path() throws -> String {
        let name = try string()
        guard !name.isEmpty else { throw error("found an empty text, expected a path") }
        return name.hasPrefix("/") ? name : Self.folded(source.folder + name)
    }

    /// The path without `.`, and without `..` after a folder.
    private static func folded(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == "..", let last = parts.last, last != ".." {
                parts.removeLast()
            } else {
                parts.append(part)
            }
        }
        return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
    }
}

/// Positions inside scalars that contain a language, such as constraints: they are positions in the file.
extension Node {
    /// The position of a character of a scalar's text, from 0; the scalar's start if it has escapes or several lines.
    public func mark(ofCharacter offset: Int) -> Mark {
        guard case .scalar(let scalar) = content, let line = source.line(mark.line) else { return mark }
        let start = mark.column - 1 + (scalar.isPlain ? 0 : 1)
        let written = String(String.UnicodeScalarView(line.unicodeScalars.dropFirst(start)))
        guard written.hasPrefix(scalar.text) else { return mark }
        return Mark(file: mark.file, line: mark.line, column: start + offset + 1)
    }

    /// An error at a character of a scalar's text, from 0.
    public func error(_ message: String, atCharacter offset: Int) -> InputError {
        source.error(message, at: mark(ofCharacter: offset))
    }

    /// The YAML in a scalar's text from a character on.
    ///
    /// - Throws: `InputError` at its position in the file for invalid YAML.
    public func parsed(fromCharacter offset: Int) throws -> Node {
        let inner = String(String.UnicodeScalarView((text ?? "").unicodeScalars.dropFirst(offset)))
        do {
            return try Document.parse(inner, file: mark.file).moved(into: self, at: offset)
        } catch let error as InputError {
            throw self.error(error.message, atCharacter: offset + (error.mark?.column ?? 1) - 1)
        }
    }

    private func moved(into outer: Node, at offset: Int) -> Node {
        let content: Content =
            switch content {
            case .scalar: content
            case .sequence(let elements): .sequence(elements.map { $0.moved(into: outer, at: offset) })
            case .mapping(let entries):
                .mapping(
                    entries.map {
                        Entry(
                            key: $0.key.moved(into: outer, at: offset), value: $0.value.moved(into: outer, at: offset))
                    })
            }
        return Node(mark: outer.mark(ofCharacter: offset + mark.column - 1), content: content, source: outer.source)
    }
}
