/// The documentation of a file's key: an entry of `winosim config explain` and of the pages that list keys.
public struct KeyEntry: Hashable, Sendable {
    /// The key with dots: `pe_array.rows`.
    public var key: String
    /// The type of its value: `whole number`, `size`, `one of`, `mapping`.
    public var type: String
    /// The unit; empty for names and plain counts.
    public var unit: String
    /// The allowed values; empty if the type says it.
    public var range: String
    /// The default value; empty for a mapping, whose keys have their own defaults.
    public var defaultValue: String
    /// What it governs, in one line.
    public var governs: String
    /// The page of the documentation on which it is modelled.
    public var page: String

    /// Makes an entry.
    public init(
        key: String, type: String, unit: String = "", range: String = "", defaultValue: String = "", governs: String,
        page: String
    ) {
        self.key = key
        self.type = type
        self.unit = unit
        self.range = range
        self.defaultValue = defaultValue
        self.governs = governs
        self.page = page
    }

    /// The entry of this key inside a mapping.
    public func inside(_ mapping: String) -> KeyEntry {
        var entry = self
        entry.key = "\(mapping).\(key)"
        return entry
    }

    /// Whether the value is a mapping, whose keys have their own entries.
    public var isMapping: Bool { type == Self.mapping }

    /// The type of a mapping.
    public static let mapping = "mapping"
}

extension [KeyEntry] {
    /// Tables for a page, one row per key: one table of the keys outside mappings, and one per mapping under its name.
    ///
    /// - Parameter level: number signs of a mapping's heading.
    public func markdown(level: Int) -> String {
        func table(_ entries: [KeyEntry]) -> String {
            let rows = entries.map { entry -> String in
                let values = [entry.type, entry.range].filter { !$0.isEmpty }.joined(separator: ": ")
                let value = values + (entry.unit.isEmpty ? "" : " (\(entry.unit))")
                let standard = entry.defaultValue.isEmpty ? "" : "`\(entry.defaultValue)`"
                return "| `\(entry.key)` | \(value) | \(standard) | \(entry.governs) | \(entry.page) |"
            }
            let head = ["| key | value | default | what it governs | page |", "| --- | --- | --- | --- | --- |"]
            return (head + rows).joined(separator: "\n") + "\n"
        }
        var text = table(filter { !$0.isMapping && !$0.key.contains(".") })
        for mapping in self where mapping.isMapping {
            let inner = filter { !$0.isMapping && $0.key.mappingName == mapping.key }
            text += "\n\(String(repeating: "#", count: level)) \(mapping.key)\n\n\(mapping.governs).\n\n" + table(inner)
        }
        return text
    }
}

extension String {
    /// The key of the mapping that contains a key; empty if there is none.
    fileprivate var mappingName: String {
        lastIndex(of: ".").map { String(self[..<$0]) } ?? ""
    }
}
