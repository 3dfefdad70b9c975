import YAML

extension Configuration {
    /// All keys with dots, and those of sections by themselves: `clock`, `pe_array`, `pe_array.rows`.
    public var keys: [String] { (try? Self.names(in: resolved())) ?? [] }

    /// The value of a key with dots; nil where there is no such key.
    ///
    /// - Throws: `InputError` where the configuration cannot be written as YAML, which would be a bug.
    public func value(of key: String) throws -> Node? {
        try key.split(separator: ".", omittingEmptySubsequences: false).reduce(resolved()) { node, name in
            node?[String(name)]
        }
    }

    /// Whether a key with dots has a value of its own, though it may be written as a mapping: `{run_length: 4}`.
    public static func isValue(_ key: String) -> Bool { keyEntries.contains { $0.key == key && !$0.isMapping } }

    private func resolved() throws -> Node? { try Document.parse(yaml(), file: name) }

    private static func names(in node: Node?) -> [String] {
        (node?.entries ?? []).flatMap { entry in
            [entry.name] + names(in: entry.value).map { "\(entry.name).\($0)" }
        }
    }
}
