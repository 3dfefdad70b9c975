import Files
import YAML

extension DRAMConfiguration {
    /// A preset's file; every timing has to be in it.
    static func preset(_ node: Node, name: String) throws -> DRAMConfiguration {
        let decoder = try MappingDecoder(node, what: "the memory")
        var configuration = DRAMConfiguration()
        let standard = try decoder.required("standard")
        configuration.standard = try standard.string()
        guard configuration.standard == name else {
            throw standard.error(
                "found \(standard.found) in a file that is named \(quoted(name)), expected the same name")
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
        guard organization.banks <= Channel.mostBanks else {
            throw banks.error("found \(organization.banks) banks in a channel, expected at most \(Channel.mostBanks)")
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

extension DRAMCurrents {
    /// Reads `{VDD: 1.2, devices: 8, IDD0: 48, ...}`, in V and mA.
    init(_ node: Node) throws {
        let decoder = try MappingDecoder(node, what: "currents")
        self.init()
        supply = try decoder.required("VDD").real(in: 0...10)
        devices = try decoder.required("devices").integer(in: 1...128)
        let currents: [(String, WritableKeyPath<DRAMCurrents, Double>)] = [
            ("IDD0", \.idd0), ("IDD2N", \.idd2n), ("IDD3N", \.idd3n), ("IDD4R", \.idd4r), ("IDD4W", \.idd4w),
            ("IDD5AB", \.idd5ab),
        ]
        for (name, path) in currents { self[keyPath: path] = try decoder.required(name).real(in: 0...100_000) }
        try decoder.finish()
        try check(at: node)
    }
}
