import DRAM
import Files
import YAML

extension Configuration {
    /// The configuration of a file, with the files that it extends and with overrides `key.key=value` in their order; without a
    /// file, the defaults with the overrides.
    ///
    /// - Parameters:
    ///   - path: the configuration's file; nil for the defaults.
    ///   - overrides: keys that replace those of the file, in their order.
    ///   - library: the shipped memories and configurations. Without it a file extends only files, and memories are searched as in
    ///     `ConfigurationLibrary(near:)`, from the file that names them.
    /// - Throws: `FileError` if a file cannot be read, `InputError` for any error in a file or an override.
    public static func load(
        path: String?, overrides: [Override] = [], library: ConfigurationLibrary? = nil
    ) throws -> Configuration {
        try load(base: path.map { try base(path: $0, library: library) }, overrides: overrides, library: library)
    }

    /// The mapping of a file with those that it extends, a base for many configurations.
    ///
    /// - Parameters:
    ///   - path: the configuration's file.
    ///   - library: the shipped configurations; without it a file extends only files.
    /// - Throws: `FileError` if a file cannot be read, `InputError` if it is not a mapping.
    public static func base(path: String, library: ConfigurationLibrary? = nil) throws -> Node {
        try Extending.load(path: path, library: library)
    }

    /// The configuration of a mapping with overrides in their order; without a mapping, the defaults with the overrides.
    ///
    /// - Parameters:
    ///   - base: the mapping; nil for the defaults.
    ///   - overrides: keys that replace those of the mapping, in their order.
    ///   - library: as in `load(path:overrides:library:)`.
    ///   - checksTogether: whether to check values against each other.
    /// - Throws: `InputError` for any error in the mapping or an override, `FileError` if a memory's preset cannot be read.
    public static func load(
        base: Node?, overrides: [Override], library: ConfigurationLibrary? = nil, checksTogether: Bool = true
    ) throws -> Configuration {
        var node = base
        let mappings = try overrides.map { try $0.mapping() }
        for mapping in mappings { node = node.map { merged($0, with: mapping) } ?? mapping }
        if checksTogether, let node { for mapping in mappings { try mapping.checkReplacedKeys(in: node) } }
        return try node.map { try decode($0, library: library, checksTogether: checksTogether) } ?? Configuration()
    }

    /// A memory: a standard's values, changed by overrides `dram.key=value` in their order.
    ///
    /// - Parameters:
    ///   - standard: the name of a preset.
    ///   - origin: the source of the standard's name, for messages, such as `--dram DDR4-2400`.
    ///   - overrides: keys of the memory that replace the preset's, in their order.
    ///   - presets: the shipped presets.
    /// - Throws: `InputError` for any error in an override, and for one that is not of the memory; `FileError` if the preset cannot
    ///   be read.
    public static func memory(
        standard: String, origin: String, overrides: [Override], presets: DRAMPresets
    ) throws -> DRAMConfiguration {
        let text = "{dram: {standard: \(yamlScalar(standard))}}"
        var node = try Document.parse(text, file: origin)
        for override in overrides { node = merged(node, with: try override.memory()) }
        return try DRAMConfiguration.decode(node["dram"] ?? node, presets: presets)
    }

    /// The configuration of a mapping; missing keys have their defaults.
    ///
    /// - Parameters:
    ///   - node: the mapping.
    ///   - library: as in `load(path:overrides:library:)`.
    /// - Throws: `InputError` for any error in the mapping, `FileError` if a memory's preset cannot be read.
    public static func decode(_ node: Node, library: ConfigurationLibrary? = nil) throws -> Configuration {
        try node.checkReplacedKeys(in: node)
        return try decode(node, library: library, checksTogether: true)
    }

    private static func decode(
        _ node: Node, library: ConfigurationLibrary?, checksTogether: Bool
    ) throws -> Configuration {
        if let entry = node.entries?.first(where: { $0.name == Extending.key }) {
            throw entry.key.error("found extends outside of a configuration's file, where it is not supported")
        }
        var configuration = Configuration()
        configuration.places = SettingPlaces(node)
        try configuration.read(node, what: "the configuration", handled: Extending.key)
        if let memory = node["dram"] {
            configuration.dram = try Memory(memory) {
                try (library ?? ConfigurationLibrary(near: memory.mark.file)).memoryPresets()
            }
        }
        configuration.dropReplacedKeys()
        if checksTogether { try configuration.check(node) }
        return configuration
    }

    /// Every key with its value, as YAML; it loads back equal.
    public func yaml() -> String { lines().joined(separator: "\n") + "\n" }
}

/// Resolves `extends: other.yaml`, by which a file's keys replace those of another one, and `extends: mobile`, which names a
/// shipped one. A file at that path, from the folder of the extending file, takes precedence.
enum Extending {
    static let key = "extends"

    /// The mapping of a file, merged over those that it extends.
    ///
    /// - Throws: `FileError`, `InputError`.
    static func load(path: String, library: ConfigurationLibrary?) throws -> Node {
        try resolved(
            Document.load(path: path), path: path, library: library, chain: [path],
            identities: [InputFile.resolvingLinks(in: path)])
    }

    /// `chain` has the files that lead here, `identities` their paths without links.
    private static func resolved(
        _ node: Node, path: String, library: ConfigurationLibrary?, chain: [String], identities: Set<String>
    ) throws -> Node {
        guard let entries = node.entries, let value = node[key] else {
            try node.checkReplacedKeys(in: node)
            return node
        }
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
        let whole = merged(below, with: rest)
        try rest.checkReplacedKeys(in: whole)
        return whole
    }
}

/// A mapping whose keys are replaced by another one's, key by key in nested mappings.
///
/// A memory that names its model or standard replaces the whole memory: keys of another kind of memory would not apply to it.
/// So does an encoding.
func merged(_ base: Node, with over: Node) -> Node {
    guard var entries = base.entries, let added = over.entries else { return over }
    for entry in added {
        guard let index = entries.firstIndex(where: { $0.name == entry.name }) else {
            entries.append(entry)
            continue
        }
        let isOtherMemory = entry.name == "dram" && (entry.value["model"] != nil || entry.value["standard"] != nil)
        let replacesWhole = isOtherMemory || entry.name == "encoding"
        entries[index] =
            replacesWhole ? entry : .init(key: entry.key, value: merged(entries[index].value, with: entry.value))
    }
    return Node(.mapping(entries), at: over.mark, of: over)
}

/// The positions of a configuration's values, for errors that depend on tables or the memory too. All are equal: machines with
/// the same values are equal.
public struct SettingPlaces: Hashable, Sendable {
    private let root: Node?

    /// Makes positions in the mapping from which the values were read; nil for values set in a program.
    init(_ root: Node? = nil) { self.root = root }

    /// An error at the first of `keys`, such as `weight_buffer.bandwidth`, that is set by an override; else at the first that is
    /// set, else at the configuration's start.
    public func error(_ message: String, at keys: [String]) -> InputError {
        guard let root else { return InputError(message, at: nil) }
        let given = keys.compactMap { key in
            key.split(separator: ".").reduce(Optional(root)) { node, name in node?[String(name)] }
        }
        return (given.first(where: \.isOverride) ?? given.first ?? root).error(message)
    }

    /// All are equal.
    public static func == (a: SettingPlaces, b: SettingPlaces) -> Bool { true }

    /// Adds nothing to a hash.
    public func hash(into hasher: inout Hasher) {}
}
