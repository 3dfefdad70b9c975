import DRAM
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
