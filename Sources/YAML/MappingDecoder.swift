import Files

/// Reads the keys of a mapping, and refuses the keys that were not read.
public final class MappingDecoder {
    /// The mapping.
    public let node: Node
    private let what: String
    private let entries: [Node.Entry]
    private let index: [String: Int]
    private var names: [String] = []
    private var known: Set<String> = []

    /// Starts on a mapping; `what` names it in messages ("pe_array").
    ///
    /// - Throws: `InputError` if the node is not a mapping, or one of its keys has no value.
    public init(_ node: Node, what: String) throws {
        guard let entries = node.entries else {
            throw node.error("found \(node.found) as \(what), expected a mapping (key: value)")
        }
        for entry in entries where entry.value.isNull {
            throw entry.key.error(
                "the key \(quoted(entry.name)) in \(what) has no value, expected one: give it a value or remove the key"
            )
        }
        self.node = node
        self.what = what
        self.entries = entries
        index = Dictionary(entries.enumerated().map { ($1.name, $0) }) { first, _ in first }
    }

    /// The value of a key, if the mapping has it.
    public func optional(_ key: String) -> Node? {
        note(key)
        return index[key].map { entries[$0].value }
    }

    /// The value of a key.
    ///
    /// - Throws: `InputError` at the mapping if the key is missing.
    public func required(_ key: String) throws -> Node {
        if let value = optional(key) { return value }
        let others = entries.map(\.name).filter { !known.contains($0) }
        if let near = nearestName(to: key, among: others), let place = index[near] {
            throw entries[place].key.error(
                "unknown key \(quoted(near)) in \(what): did you mean \(quoted(key)), which is missing?")
        }
        throw node.error("the key \(quoted(key)) is missing in \(what)")
    }

    /// Allows keys without reading them.
    public func allow(_ keys: String...) { keys.forEach(note) }

    /// Checks that every key of the mapping was read or allowed.
    ///
    /// - Throws: `InputError` at the first unknown key, with the nearest known name and all known names.
    public func finish() throws {
        guard let entry = entries.first(where: { !known.contains($0.name) }) else { return }
        let near = didYouMean(nearestName(to: entry.name, among: names), otherwise: ";")
        throw entry.key.error(
            "unknown key \(quoted(entry.name)) in \(what)\(near) known are \(names.sorted().joined(separator: ", "))")
    }

    private func note(_ key: String) {
        if known.insert(key).inserted { names.append(key) }
    }
}
