import DRAM
import Files
import YAML

extension Configuration {
    /// The configuration of a file, with what it extends and with overrides `key.key=value` in their order; without a
    /// file, the defaults with the overrides.
    ///
    /// - Parameters:
    ///   - path: the configuration's file; nil for the defaults.
    ///   - overrides: keys that replace those of the file, in their order.
    ///   - library: what ships: memories, and what a file may extend by name. Without it a file extends files alone, and a
    ///     memory is looked for as `ConfigurationLibrary(near:)` does, from the file that names it.
    /// - Throws: `FileError` where a file cannot be read, `InputError` for everything wrong in one or in an override.
    public static func load(
        path: String?, overrides: [Override] = [], library: ConfigurationLibrary? = nil
    ) throws -> Configuration {
        try load(base: path.map { try base(path: $0, library: library) }, overrides: overrides, library: library)
    }

    /// The mapping of a file with what it extends, on which many configurations can be based.
    ///
    /// - Parameters:
    ///   - path: the configuration's file.
    ///   - library: what ships, which a file may extend by name; without it, files alone.
    /// - Throws: `FileError` where a file cannot be read, `InputError` where it is no mapping.
    public static func base(path: String, library: ConfigurationLibrary? = nil) throws -> Node {
        try Extending.load(path: path, library: library)
    }

    /// The configuration of a mapping with overrides in their order; without a mapping, the defaults with the overrides.
    ///
    /// - Parameters:
    ///   - base: the mapping; nil for the defaults.
    ///   - overrides: keys that replace those of the mapping, in their order.
    ///   - library: what ships, as in `load(path:overrides:library:)`.
    ///   - checksTogether: whether values that are right alone have to fit each other.
    /// - Throws: `InputError` for everything wrong in the mapping or in an override, `FileError` where a memory's preset cannot be
    ///   read.
    public static func load(
        base: Node?, overrides: [Override], library: ConfigurationLibrary? = nil, checksTogether: Bool = true
    ) throws -> Configuration {
        var node = base
        for override in overrides {
            let mapping = try override.mapping()
            node = node.map { merged($0, with: mapping) } ?? mapping
        }
        return try node.map { try decode($0, library: library, checksTogether: checksTogether) } ?? Configuration()
    }

    /// A memory: the standard's own values with overrides `dram.key=value` laid over it in their order.
    ///
    /// - Parameters:
    ///   - standard: the name of a preset.
    ///   - origin: what gave the standard's name, for messages, such as `--dram DDR4-2400`.
    ///   - overrides: keys of the memory that replace the preset's, in their order.
    ///   - presets: the presets that ship.
    /// - Throws: `InputError` for everything wrong in an override, and for one that sets anything but the memory; `FileError` where
    ///   the preset cannot be read.
    public static func memory(
        standard: String, origin: String, overrides: [Override], presets: DRAMPresets
    ) throws -> DRAMConfiguration {
        let text = "{dram: {standard: \(yamlScalar(standard))}}"
        var node = try Document.parse(text, file: origin)
        for override in overrides { node = merged(node, with: try override.memory()) }
        return try DRAMConfiguration.decode(node["dram"] ?? node, presets: presets)
    }

    /// The configuration that a mapping describes; what it does not give has its default.
    ///
    /// - Parameters:
    ///   - node: the mapping.
    ///   - library: what ships, as in `load(path:overrides:library:)`.
    /// - Throws: `InputError` for everything wrong in the mapping, `FileError` where a memory's preset cannot be read.
    public static func decode(_ node: Node, library: ConfigurationLibrary? = nil) throws -> Configuration {
        try decode(node, library: library, checksTogether: true)
    }

    private static func decode(
        _ node: Node, library: ConfigurationLibrary?, checksTogether: Bool
    ) throws -> Configuration {
        if let entry = node.entries?.first(where: { $0.name == Extending.key }) {
            throw entry.key.error("extends works in a configuration's own file alone")
        }
        var configuration = Configuration()
        configuration.places = SettingPlaces(node)
        try configuration.read(node, what: "the configuration", handled: Extending.key)
        if let memory = node["dram"] {
            configuration.dram = try Memory(memory) {
                try (library ?? ConfigurationLibrary(near: memory.mark.file)).memoryPresets()
            }
        }
        if checksTogether { try configuration.check(node) }
        return configuration
    }

    /// Every key with its value, as YAML; it loads back equal.
    public func yaml() -> String { lines().joined(separator: "\n") + "\n" }
}

/// Following of `extends: other.yaml`, which lays a file's keys over those of another one, and of `extends: mobile`, which
/// names one that ships. Where a file lies under the very text, from the folder of the file that extends it, it is that one.
enum Extending {
    static let key = "extends"

    /// The mapping of a file, laid over those that it extends.
    ///
    /// - Throws: `FileError`, `InputError`.
    static func load(path: String, library: ConfigurationLibrary?) throws -> Node {
        try resolved(
            Document.load(path: path), path: path, library: library, chain: [path],
            identities: [InputFile.resolvingLinks(in: path)])
    }

    /// `chain` holds the files on the way here, `identities` what they are whatever they are called.
    private static func resolved(
        _ node: Node, path: String, library: ConfigurationLibrary?, chain: [String], identities: Set<String>
    ) throws -> Node {
        guard let entries = node.entries, let value = node[key] else { return node }
        var rest = node
        rest.content = .mapping(entries.filter { $0.name != key })
        let name = try value.string()
        guard !name.isEmpty else { throw value.error("found an empty text, expected the file that this one extends") }
        let beside = name.hasPrefix("/") ? name : InputFile.folder(of: path) + name
        let base =
            try library.map { library in
                try SettingPlace(value.mark).named { try library.resolve(name, at: beside) }
            } ?? beside
        let (chain, identity) = (chain + [base], InputFile.resolvingLinks(in: base))
        guard !identities.contains(identity) else {
            throw value.error("extends goes in a circle: \(chain.joined(separator: " -> "))")
        }
        let loaded = try SettingPlace(value.mark).named { try Document.load(path: base) }
        guard loaded.entries != nil else {
            throw loaded.error("found \(loaded.found) as the configuration, expected a mapping (key: value)")
        }
        let below = try resolved(
            loaded, path: base, library: library, chain: chain, identities: identities.union([identity]))
        return merged(below, with: rest)
    }
}

/// A mapping with another one's keys laid over it, mappings within mappings key by key.
///
/// A memory that names its model or standard stands alone: keys of another kind of memory would make no sense in it.
func merged(_ base: Node, with over: Node) -> Node {
    guard var entries = base.entries, let added = over.entries else { return over }
    for entry in added {
        guard let index = entries.firstIndex(where: { $0.name == entry.name }) else {
            entries.append(entry)
            continue
        }
        let isOtherMemory = entry.name == "dram" && (entry.value["model"] != nil || entry.value["standard"] != nil)
        entries[index] =
            isOtherMemory ? entry : .init(key: entry.key, value: merged(entries[index].value, with: entry.value))
    }
    return Node(.mapping(entries), at: over.mark, of: over)
}

/// Where the values of a configuration were set, for what shows only with tables or a memory beside them. Two machines are the
/// same wherever their values were written, so all places are equal.
public struct SettingPlaces: Hashable, Sendable {
    private let root: Node?

    /// Makes places in the mapping that the values were read from; nil for values that were set in a program.
    init(_ root: Node? = nil) { self.root = root }

    /// An error at the first of some keys, such as `weight_buffer.bandwidth`, that an override set; else at the first that was
    /// set at all, else at the configuration's start.
    public func error(_ message: String, at keys: [String]) -> InputError {
        guard let root else { return InputError(message, at: nil) }
        let given = keys.compactMap { key in
            key.split(separator: ".").reduce(Optional(root)) { node, name in node?[String(name)] }
        }
        return (given.first(where: \.isOverride) ?? given.first ?? root).error(message)
    }

    /// All places are equal.
    public static func == (a: SettingPlaces, b: SettingPlaces) -> Bool { true }

    /// Adds nothing to a hash.
    public func hash(into hasher: inout Hasher) {}
}
