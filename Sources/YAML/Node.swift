import Files

/// A value of a YAML document that knows where it stands.
public struct Node: Sendable {
    /// A text as it was written.
    public struct Scalar: Hashable, Sendable {
        /// The text, without quotes and with escapes resolved.
        public var text: String
        /// Whether it stood without quotes, so that it may be a number, a boolean or nothing.
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
        /// What stands behind it.
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

    /// What a node holds.
    public enum Content: Sendable {
        /// One text.
        case scalar(Scalar)
        /// A list.
        case sequence([Node])
        /// Keys, each once, with their values, in the order of the file.
        case mapping([Entry])
    }

    /// Where it starts.
    public let mark: Mark
    /// What it holds.
    public var content: Content
    /// The text that it was read from.
    public let source: Source

    init(mark: Mark, content: Content, source: Source) {
        self.mark = mark
        self.content = content
        self.source = source
    }

    /// A node that was not parsed but made of others: it stands at `mark` in the source of `origin`.
    public init(_ content: Content, at mark: Mark, of origin: Node) {
        self.init(mark: mark, content: content, source: origin.source)
    }

    /// Whether the node comes from a text such as `--set key=value`, and not from a file.
    public var isOverride: Bool { !source.prefix.isEmpty }

    /// An error at this node, with its source line.
    public func error(_ message: String) -> InputError { source.error(message, at: mark) }

    /// Whether nothing was written here: an empty value, `~` or `null`.
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

    /// The value of a mapping's key; nil where there is none, or no mapping.
    public subscript(key: String) -> Node? { entries?.first { $0.name == key }?.value }

    /// What was found, in words, for messages.
    public var found: String {
        switch content {
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .scalar(let scalar):
            isNull ? "nothing" : scalar.isPlain ? quoted(scalar.text) : "the text \(quoted(scalar.text))"
        }
    }
}
