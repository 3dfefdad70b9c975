import YAML

/// A value that replaces one of a configuration: `pe_array.rows=32` or `dram={model: ideal}`.
struct Override {
    /// The mapping that gives this one value; its marks count columns of the text, in the file `--set TEXT`.
    let node: Node

    /// Reads an override.
    ///
    /// - Throws: `InputError` where it is not a dotted key, an equals sign and a YAML value.
    init(_ text: String) throws {
        let file = "--set \(text)"
        func failed(_ message: String, column: Int) -> InputError {
            InputError(message, at: Mark(file: file, line: 1, column: column), excerpt: text)
        }
        guard let sign = text.firstIndex(of: "=") else {
            throw failed("found no \"=\", expected KEY=VALUE, such as pe_array.rows=32", column: 1)
        }
        let prefix = String(text[...sign])
        let value = String(text[text.index(after: sign)...])
        guard value.unicodeScalars.contains(where: { $0 != " " && $0 != "\t" }) else {
            throw failed("a value is missing behind the \"=\"", column: prefix.unicodeScalars.count)
        }
        var node = try Document.parse(value, file: file, prefix: prefix)
        let names = text[..<sign].split(separator: ".", omittingEmptySubsequences: false)
        for (index, name) in names.enumerated().reversed() {
            let before = names[..<index].reduce(0) { $0 + $1.unicodeScalars.count + 1 }
            guard !name.isEmpty else {
                throw failed("a key is missing, expected KEY=VALUE, such as pe_array.rows=32", column: before + 1)
            }
            let mark = Mark(file: file, line: 1, column: before + 1)
            let key = Node(.scalar(.init(text: String(name), isPlain: false)), at: mark, of: node)
            node = Node(.mapping([.init(key: key, value: node)]), at: mark, of: node)
        }
        self.node = node
    }

    /// The mapping, where it sets nothing but the memory.
    ///
    /// - Throws: `InputError` at the key that belongs to something else.
    func memory(keys: [String]) throws -> Node {
        guard let entry = node.entries?.first(where: { $0.name != "dram" }) else { return node }
        let near =
            nearestName(to: entry.name, among: ["dram"])
            ?? nearestName(to: entry.name, among: keys).map { "dram.\($0)" }
        let hint = near.map { ": did you mean \(quoted($0))?" } ?? ";"
        throw entry.key.error(
            "\(quoted(entry.name)) is no key of the memory\(hint) expected dram.KEY=VALUE, such as dram.ranks=2")
    }
}
