import YAML

/// A value that replaces one of a configuration: `pe_array.rows=32` or `dram={model: ideal}`.
public struct Override: Sendable {
    /// The key and its value, as they were written.
    public let text: String
    /// The scalar of a file that holds the text; nil for one of the command line.
    private let scalar: Node?

    /// An override of the command line; messages call it `--set TEXT`.
    public init(_ text: String) {
        self.text = text
        scalar = nil
    }

    /// An override that a file holds; messages point there.
    ///
    /// - Throws: `InputError` where it is no text.
    public init(_ node: Node) throws {
        text = try node.string()
        scalar = node
    }

    /// The mapping that gives this one value.
    ///
    /// - Throws: `InputError` where the text is not a dotted key, an equals sign and a YAML value.
    func mapping() throws -> Node {
        guard let sign = text.firstIndex(of: "=") else {
            throw error("found no \"=\", expected KEY=VALUE, such as pe_array.rows=32", atCharacter: 0)
        }
        let prefix = String(text[...sign])
        let length = prefix.unicodeScalars.count
        let value = String(text[text.index(after: sign)...])
        guard value.unicodeScalars.contains(where: { $0 != " " && $0 != "\t" }) else {
            throw error("a value is missing behind the \"=\"", atCharacter: length - 1)
        }
        var node =
            try scalar?.parsed(fromCharacter: length) ?? Document.parse(value, file: file, prefix: prefix)
        let names = text[..<sign].split(separator: ".", omittingEmptySubsequences: false)
        for (index, name) in names.enumerated().reversed() {
            let before = names[..<index].reduce(0) { $0 + $1.unicodeScalars.count + 1 }
            guard !name.isEmpty else {
                throw error("a key is missing, expected KEY=VALUE, such as pe_array.rows=32", atCharacter: before)
            }
            let mark = scalar?.mark(ofCharacter: before) ?? Mark(file: file, line: 1, column: before + 1)
            let key = Node(.scalar(.init(text: String(name), isPlain: false)), at: mark, of: node)
            node = Node(.mapping([.init(key: key, value: node)]), at: mark, of: node)
        }
        return node
    }

    /// The mapping, where it sets nothing but the memory.
    ///
    /// - Throws: `InputError` at the key that belongs to something else.
    func memory(keys: [String]) throws -> Node {
        let node = try mapping()
        guard let entry = node.entries?.first(where: { $0.name != "dram" }) else { return node }
        let near =
            nearestName(to: entry.name, among: ["dram"])
            ?? nearestName(to: entry.name, among: keys).map { "dram.\($0)" }
        let hint = near.map { ": did you mean \(quoted($0))?" } ?? ";"
        throw entry.key.error(
            "\(quoted(entry.name)) is no key of the memory\(hint) expected dram.KEY=VALUE, such as dram.ranks=2")
    }

    private static let origin = "--set "

    private var file: String { Self.origin + text }

    private func error(_ message: String, atCharacter offset: Int) -> InputError {
        scalar?.error(message, atCharacter: offset)
            ?? InputError(message, at: Mark(file: file, line: 1, column: offset + 1), excerpt: text)
    }
}

extension Override: ExpressibleByStringLiteral {
    /// An override as one of the command line.
    public init(stringLiteral text: String) { self.init(text) }
}

extension Override: Hashable {
    /// Two overrides are the same where they say the same, wherever they stand.
    public static func == (a: Override, b: Override) -> Bool { a.text == b.text }

    /// Hashes what is said.
    public func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
