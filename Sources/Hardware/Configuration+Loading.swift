import YAML

extension Configuration {
    /// The configuration of a file, with what it extends and with overrides `key.key=value` in their order; without a
    /// file, the defaults with the overrides.
    ///
    /// - Parameters:
    ///   - path: the configuration's file; nil for the defaults.
    ///   - overrides: keys that replace those of the file, in their order.
    ///   - library: what ships, which a file may extend by name; without it, files alone.
    /// - Throws: `FileError` where a file cannot be read, `InputError` for everything wrong in one or in an override.
    public static func load(
        path: String?, overrides: [Override] = [], library: ConfigurationLibrary? = nil
    ) throws -> Configuration {
        try load(base: path.map { try base(path: $0, library: library) }, overrides: overrides)
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
    ///   - checksTogether: whether values that are right alone have to fit each other.
    /// - Throws: `InputError` for everything wrong in the mapping or in an override.
    public static func load(
        base: Node?, overrides: [Override], checksTogether: Bool = true
    ) throws -> Configuration {
        var node = base
        for override in overrides {
            let mapping = try override.mapping()
            node = node.map { merged($0, with: mapping) } ?? mapping
        }
        return try node.map { try decode($0, checksTogether: checksTogether) } ?? Configuration()
    }

    /// The mapping of a memory: the standard's own values with overrides `dram.key=value` laid over it in their order.
    ///
    /// - Parameters:
    ///   - standard: the name of a preset.
    ///   - origin: what gave the standard's name, for messages, such as `--dram DDR4-2400`.
    ///   - keys: the memory's keys, of which one is proposed to who leaves out `dram.`; the memory itself checks keys.
    ///   - overrides: keys of the memory that replace the preset's, in their order.
    /// - Throws: `InputError` for an override that sets anything but the memory.
    public static func memory(standard: String, origin: String, keys: [String], overrides: [Override]) throws -> Node {
        let text = "{dram: {standard: \(yamlScalar(standard))}}"
        var node = try Document.parse(text, file: origin)
        for override in overrides { node = merged(node, with: try override.memory(keys: keys)) }
        return node["dram"] ?? node
    }

    /// The configuration that a mapping describes; what it does not give has its default.
    ///
    /// - Throws: `InputError`.
    public static func decode(_ node: Node) throws -> Configuration { try decode(node, checksTogether: true) }

    private static func decode(_ node: Node, checksTogether: Bool) throws -> Configuration {
        if let entry = node.entries?.first(where: { $0.name == Extending.key }) {
            throw entry.key.error("extends works in a configuration's own file alone")
        }
        var configuration = Configuration()
        configuration.places = SettingPlaces(node)
        try configuration.read(node, what: "the configuration", handled: Extending.key)
        if checksTogether { try configuration.check(node) }
        return configuration
    }

    /// Every key with its value, as YAML; it loads back equal.
    public func yaml() -> String { lines().joined(separator: "\n") + "\n" }
}
