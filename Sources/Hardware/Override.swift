import DRAM
import Files
import YAML

/// A value that replaces one of a configuration: `pe_array.rows=32` or `dram={model: ideal}`.
public struct Override: Sendable {
    /// The key and its value, as written.
    public let text: String
    /// The source of an override.
    private enum Origin: Sendable {
        /// The command line: its name in messages, and the part of the argument before the text.
        case argument(file: String, before: String)
        /// A scalar of a file.
        case scalar(Node)
        /// A key and a value in a file.
        case entry(key: Node, value: Node)
    }

    private let origin: Origin

    /// An override of the command line; its name in messages is `--set TEXT`.
    public init(_ text: String) {
        self.text = text
        origin = .argument(file: "--set \(text)", before: "")
    }

    /// An override in a longer argument of the command line, which is its name in messages.
    ///
    /// - Parameters:
    ///   - text: the key and its value.
    ///   - before: the part of the argument before it.
    ///   - argument: the whole argument.
    public init(_ text: String, behind before: String, of argument: String) {
        self.text = text
        origin = .argument(file: argument, before: before)
    }

    /// An override in a file; errors have its position.
    ///
    /// - Throws: `InputError` if it is not a text.
    public init(_ node: Node) throws {
        text = try node.string()
        origin = .scalar(node)
    }

    /// An override whose dotted key and value are separate in a file; errors have their positions.
    ///
    /// - Throws: `InputError` if the key is not a text.
    public init(key: Node, value: Node) throws {
        text = "\(try key.string())=\(value.flow)"
        origin = .entry(key: key, value: value)
    }

    /// The mapping with this one value.
    ///
    /// - Throws: `InputError` if the text is not a dotted key, an equals sign and a YAML value.
    func mapping() throws -> Node {
        switch origin {
        case .entry(let key, let value):
            return try nested(key.text ?? "", value, error: key.error(_:atCharacter:), mark: key.mark(ofCharacter:))
        case .scalar(let scalar):
            let (key, length) = try key(scalar.error(_:atCharacter:))
            return try nested(
                key, scalar.parsed(fromCharacter: length), error: scalar.error(_:atCharacter:),
                mark: scalar.mark(ofCharacter:))
        case .argument(let file, let before):
            let first = before.unicodeScalars.count + 1
            func mark(_ offset: Int) -> Mark { Mark(file: file, line: 1, column: offset + first) }
            func error(_ message: String, _ offset: Int) -> InputError {
                InputError(message, at: mark(offset), excerpt: before + text)
            }
            let (key, length) = try key(error)
            let (prefix, value) = (text.unicodeScalars.prefix(length), text.unicodeScalars.dropFirst(length))
            return try nested(
                key, Document.parse(String(value), file: file, prefix: before + String(prefix)), error: error,
                mark: mark)
        }
    }

    /// The key, and the number of characters before the value.
    private func key(_ error: (String, Int) -> InputError) throws -> (key: String, length: Int) {
        guard let sign = text.firstIndex(of: "=") else {
            throw error("found no \"=\", expected KEY=VALUE, such as pe_array.rows=32", 0)
        }
        let length = text[...sign].unicodeScalars.count
        guard text.unicodeScalars.dropFirst(length).contains(where: { $0 != " " && $0 != "\t" }) else {
            throw error("found no value after the \"=\", expected one", length - 1)
        }
        return (String(text[..<sign]), length)
    }

    /// The mapping of a dotted key.
    private func nested(
        _ key: String, _ value: Node, error: (String, Int) -> InputError, mark: (Int) -> Mark
    ) throws -> Node {
        var node = value
        let names = key.split(separator: ".", omittingEmptySubsequences: false)
        for (index, name) in names.enumerated().reversed() {
            let before = names[..<index].reduce(0) { $0 + $1.unicodeScalars.count + 1 }
            guard !name.isEmpty else {
                throw error("found no key, expected one such as pe_array.rows", before)
            }
            let mark = mark(before)
            let key = Node(.scalar(.init(text: String(name), isPlain: false)), at: mark, of: node)
            node = Node(.mapping([.init(key: key, value: node)]), at: mark, of: node)
        }
        return node
    }

    /// The mapping of an override of the memory.
    ///
    /// - Throws: `InputError` at a key that is not the memory's.
    func memory() throws -> Node {
        let node = try mapping()
        guard let entry = node.entries?.first(where: { $0.name != "dram" }) else { return node }
        let near =
            nearestName(to: entry.name, among: ["dram"])
            ?? nearestName(to: entry.name, among: DRAMConfiguration.keys).map { "dram.\($0)" }
        let hint = didYouMean(near, otherwise: ";")
        throw entry.key.error(
            "\(quoted(entry.name)) is not a key of the memory\(hint) expected dram.KEY=VALUE, such as dram.ranks=2")
    }
}

extension Override: ExpressibleByStringLiteral {
    /// An override of the command line.
    public init(stringLiteral text: String) { self.init(text) }
}

extension Override: Hashable {
    /// Overrides are equal if their texts are.
    public static func == (a: Override, b: Override) -> Bool { a.text == b.text }

    /// Hashes the text.
    public func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
