import Files
import YAML

/// The keys that a user sets, over a preset.
extension DRAMConfiguration {
    /// The memory that a mapping describes: `standard` names a preset, the other keys change it.
    ///
    /// - Parameters:
    ///   - node: `{standard: DDR4-2400, channels: 2, timings: {tRCD: 17}}`.
    ///   - presets: where the standard is looked up.
    ///   - checksTogether: whether timings that are right alone have to fit each other, as `check(at:)` finds out.
    /// - Throws: `InputError` for everything wrong in the mapping or in the preset, `FileError` where the preset cannot
    ///   be read.
    public static func decode(
        _ node: Node, presets: DRAMPresets, checksTogether: Bool = true
    ) throws -> DRAMConfiguration {
        let decoder = try MappingDecoder(node, what: "dram")
        var configuration = try presets.preset(decoder.required("standard")).memory
        try configuration.readOrganization(decoder)
        try configuration.readController(decoder)
        if let timings = decoder.optional("timings") { try configuration.timings.read(timings, isComplete: false) }
        try decoder.finish()
        if checksTogether { try configuration.check(at: node) }
        return configuration
    }

    /// The keys that describe a memory in a configuration.
    public static var keys: [String] { DRAMConfiguration().lines().map { String($0.prefix { $0 != ":" }) } }

    /// The keys that describe the memory in a configuration, with their values; they decode to an equal memory.
    public func lines() -> [String] {
        let timings = DRAMTimings.names.map { "\($0.name): \(self.timings[keyPath: $0.path])" }
        return [
            "standard: \(yamlScalar(standard))", "channels: \(organization.channels)", "ranks: \(organization.ranks)",
            "address_mapping: \(mapping)", "read_queue: \(readQueue)", "write_queue: \(writeQueue)",
            "bank_queue: \(bankQueue)", "timings: {\(timings.joined(separator: ", "))}",
        ]
    }

    /// Reads what both a user and a preset may give of the organization.
    mutating func readOrganization(_ decoder: MappingDecoder) throws {
        if let value = decoder.optional("channels") {
            organization.channels = try value.powerOfTwo(upTo: 128)
        }
        if let value = decoder.optional("ranks") {
            organization.ranks = try value.powerOfTwo(upTo: 16)
            guard organization.banks <= Channel.mostBanks else {
                throw value.error(
                    "\(organization.ranks) ranks of \(organization.banks / organization.ranks) banks are "
                        + "\(organization.banks) banks in a channel, expected at most \(Channel.mostBanks)")
            }
        }
    }

    /// Reads the address mapping and the depths of the queues.
    mutating func readController(_ decoder: MappingDecoder) throws {
        if let value = decoder.optional("address_mapping") { mapping = try AddressMapping(value) }
        let depths: [(String, WritableKeyPath<DRAMConfiguration, Int>, Int)] = [
            ("read_queue", \.readQueue, 4096), ("write_queue", \.writeQueue, 4096), ("bank_queue", \.bankQueue, 256),
        ]
        for (name, path, most) in depths {
            if let value = decoder.optional(name) { self[keyPath: path] = try value.integer(in: 1...most) }
        }
    }
}

extension DRAMTimings {
    /// Takes the timings that a mapping gives; all of them are wanted where `isComplete`.
    mutating func read(_ node: Node, isComplete: Bool) throws {
        let decoder = try MappingDecoder(node, what: "timings")
        for timing in Self.names { decoder.allow(timing.name) }
        for timing in Self.names {
            let value = isComplete ? try decoder.required(timing.name) : decoder.optional(timing.name)
            if let value { self[keyPath: timing.path] = try value.integer(in: timing.range) }
        }
        try decoder.finish()
    }
}

extension AddressMapping {
    /// Reads `ro ra ba co bg ch`.
    init(_ node: Node) throws {
        let names = Field.allCases.map(\.rawValue)
        let expected = "expected each of \(names.joined(separator: ", ")) once, from the most significant"
        let words = try node.string().split(separator: " ").map(String.init)
        var fields: [Field] = []
        for word in words {
            guard let field = Field(rawValue: word) else {
                throw node.error("unknown field \(quoted(word)) in the address mapping, \(expected)")
            }
            guard !fields.contains(field) else {
                throw node.error("\(quoted(word)) stands twice in the address mapping, \(expected)")
            }
            fields.append(field)
        }
        guard let mapping = AddressMapping(fields) else {
            let missing = Field.allCases.filter { !fields.contains($0) }.map(\.rawValue)
            throw node.error("\(missing.joined(separator: ", ")) missing in the address mapping, \(expected)")
        }
        self = mapping
    }
}

extension Node {
    /// A whole number that is a power of two.
    func powerOfTwo(upTo most: Int) throws -> Int {
        let value = try integer(in: 1...most)
        guard value & (value - 1) == 0 else {
            throw error("found \(found), expected a power of two from 1 to \(most)")
        }
        return value
    }
}
