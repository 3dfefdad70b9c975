import Files
import YAML

/// The keys of a configuration, which change a preset.
extension DRAMConfiguration {
    /// The memory that a mapping describes: `standard` names a preset, the other keys change it.
    ///
    /// - Parameters:
    ///   - node: `{standard: DDR4-2400, channels: 2, timings: {tRCD: 17}}`.
    ///   - presets: the presets, one of which is the standard.
    ///   - checksTogether: whether to check timings against each other, as `check(at:)` does.
    /// - Throws: `InputError` for any error in the mapping or the preset, `FileError` if the preset cannot be read.
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

    /// Reads the keys of the organization that a configuration may change.
    mutating func readOrganization(_ decoder: MappingDecoder) throws {
        if let value = decoder.optional("channels") {
            organization.channels = try value.powerOfTwo(upTo: 128)
        }
        if let value = decoder.optional("ranks") {
            organization.ranks = try value.powerOfTwo(upTo: 16)
            guard organization.banks <= Channel.maxBanks else {
                throw value.error(
                    "\(organization.ranks) ranks of \(organization.banks / organization.ranks) banks are "
                        + "\(organization.banks) banks in a channel, expected at most \(Channel.maxBanks)")
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

extension DRAMConfiguration {
    /// Reads a preset's file, which must have every timing.
    static func preset(_ node: Node, name: String) throws -> DRAMConfiguration {
        let decoder = try MappingDecoder(node, what: "the memory")
        var configuration = DRAMConfiguration()
        let standard = try decoder.required("standard")
        configuration.standard = try standard.string()
        guard configuration.standard == name else {
            throw standard.error(
                "found \(standard.found) in the file of \(quoted(name)), expected the name of the file")
        }
        configuration.clockPeriod = try clockPeriod(try decoder.required("clock_period"))
        configuration.organization = try organization(try decoder.required("organization"))
        try configuration.readOrganization(decoder)
        _ = try decoder.required("address_mapping")
        try configuration.readController(decoder)
        let timings = try decoder.required("timings")
        try configuration.timings.read(timings, isComplete: true)
        try configuration.readEnergy(try decoder.required("energy"))
        try decoder.finish()
        try configuration.check(at: node)
        return configuration
    }

    private static func clockPeriod(_ node: Node) throws -> Int {
        let nanoseconds = try node.quantity(.time, in: 0.01...1000)
        let femtoseconds = (nanoseconds * 1_000_000).rounded()
        guard abs(femtoseconds - nanoseconds * 1_000_000) < 0.01 else {
            throw node.error("found \(node.found), expected at most six decimal places of a nanosecond")
        }
        return Int(femtoseconds)
    }

    private static func organization(_ node: Node) throws -> DRAMOrganization {
        let decoder = try MappingDecoder(node, what: "organization")
        var organization = DRAMOrganization()
        organization.bankGroups = try decoder.required("bank_groups").powerOfTwo(upTo: 16)
        let banks = try decoder.required("banks_per_group")
        organization.banksPerGroup = try banks.powerOfTwo(upTo: 32)
        guard organization.banks <= Channel.maxBanks else {
            throw banks.error("found \(organization.banks) banks in a channel, expected at most \(Channel.maxBanks)")
        }
        organization.rows = try decoder.required("rows").powerOfTwo(upTo: 1 << 24)
        organization.burstLength = try decoder.required("burst_length").powerOfTwo(upTo: 64)
        organization.burstCycles = try decoder.required("burst_cycles").integer(in: 1...64)
        let bus = try decoder.required("bus")
        organization.busBits = try bus.wholeQuantity(.width, in: 1...2048)
        let bits = organization.burstLength * organization.busBits
        guard bits >= 8, bits & (bits - 1) == 0 else {
            throw bus.error("found \(bus.found), expected a power of two, and at least a byte in a burst")
        }
        let row = try decoder.required("row")
        organization.rowBytes = try row.wholeQuantity(.capacity, in: 1...1 << 20)
        let bursts = organization.rowBytes / organization.requestBytes
        guard bursts > 0, organization.rowBytes & (organization.rowBytes - 1) == 0 else {
            throw row.error(
                "found \(row.found), expected a power of two of at least a burst, \(organization.requestBytes) B")
        }
        try decoder.finish()
        return organization
    }

    private mutating func readEnergy(_ node: Node) throws {
        let decoder = try MappingDecoder(node, what: "energy")
        energySource = try decoder.required("source").string()
        if let perBit = decoder.optional("per_bit") {
            energy = .perBit(try perBit.quantity(.energy, in: 0...1_000_000))
        } else {
            energy = .currents(try DRAMCurrents(try decoder.required("currents")))
        }
        try decoder.finish()
    }
}

/// Checks of a memory. Only combinations that no device has are refused.
extension DRAMConfiguration {
    /// Checks timings and currents against each other.
    ///
    /// - Parameter node: the mapping from which the memory was decoded. An error is at the timing that it names, else at the
    ///   mapping of timings, else at `node`.
    /// - Throws: `InputError` with the conflicting values.
    public func check(at node: Node) throws {
        let node = node["timings"] ?? node
        try timings.check(burst: organization.burstCycles, at: node)
        let least = timings.longestService(burst: organization.burstCycles, banks: organization.banks)
        guard timings.tREFI > least else {
            throw (node["tREFI"] ?? node["tRFC"] ?? node).error(
                "tREFI of \(timings.tREFI) leaves no time between refreshes of tRFC \(timings.tRFC): expected more than "
                    + "\(least), which is tRFC + max(tRC, tRAS + tRP) + max(tRAS, tRCD + CWL + burst + tWR) + tRCD + tRP "
                    + "+ one for each bank")
        }
        if case .currents(let currents) = energy { try currents.checkActivate(timings, at: node) }
    }
}

extension DRAMConfiguration {
    /// The documentation of every key of a standard. A preset's values are not defaults of winosim.
    public static let keyEntries: [KeyEntry] = {
        let (ofPreset, page) = ("the preset's", "MemoryModel")
        func entry(_ key: String, _ type: String, unit: String = "", range: String, _ governs: String) -> KeyEntry {
            KeyEntry(
                key: key, type: type, unit: unit, range: range, defaultValue: ofPreset, governs: governs, page: page)
        }
        let keys = [
            KeyEntry(
                key: "standard", type: "name",
                governs: "The preset that the other keys change (`winosim config list` has the names)", page: page),
            entry("channels", "power of two", unit: "channels", range: "1 to 128", "Independent channels"),
            entry(
                "ranks", "power of two", unit: "ranks", range: "1 to 16",
                "Ranks of a channel; at most \(Channel.maxBanks) banks per channel"),
            entry(
                "address_mapping", "order of fields", range: "ro, ra, bg, ba, co, ch once each",
                "How an address is split, from the most significant field: row, rank, bank group, bank, column, channel"
            ),
            entry(
                "read_queue", "whole number", unit: "requests", range: "1 to 4096",
                "Reads of a channel that wait for space in a bank's queue"),
            entry(
                "write_queue", "whole number", unit: "requests", range: "1 to 4096",
                "Writes of a channel that wait for space in a bank's queue"),
            entry(
                "bank_queue", "whole number", unit: "requests", range: "1 to 256", "Requests in a bank's queue"),
            KeyEntry(
                key: "timings", type: KeyEntry.mapping, governs: "Delays between commands", page: page),
        ]
        return keys
            + DRAMTimings.names.map { timing in
                entry(
                    timing.name, "whole number", unit: "memory clocks",
                    range: "\(timing.range.lowerBound) to \(timing.range.upperBound)", timing.meaning.capitalizedFirst
                ).inside("timings")
            }
    }()
}

extension String {
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
