import Files
import Foundation
import Testing
import YAML

@testable import DRAM

@Suite struct ConfigurationTests {
    @Test(arguments: DRAMPresets(folder: Support.presets).names)
    func presetsAreComplete(_ name: String) throws {
        let memory = try Support.memory("{standard: \(name)}")
        #expect(memory.standard == name)
        #expect(memory.organization.requestBytes == 64)
        #expect(!memory.energySource.isEmpty)
        #expect(memory.timings.tRC == memory.timings.tRAS + memory.timings.tRP)
        #expect(memory.mapping == DRAMConfiguration().mapping)
        let energy = DRAMEnergyTable(memory)
        #expect(energy.read > 0 && energy.write > 0 && energy.activate >= 0)
    }

    @Test func peakBandwidthsMatchTheStandards() throws {
        let peaks = ["DDR3-1600": 12.8, "DDR4-2400": 19.277, "LPDDR4-3200": 12.8, "HBM2": 32, "HBM3": 51.2]
        for (name, peak) in peaks {
            #expect(abs(try Support.memory("{standard: \(name)}").peakBandwidth - peak) < 0.001, "\(name)")
        }
    }

    @Test func keysChangeThePreset() throws {
        let memory = try Support.memory(
            """
            {standard: DDR4-2400, channels: 2, ranks: 4, address_mapping: ro ra ba bg ch co, read_queue: 16,
             write_queue: 64, bank_queue: 4, timings: {tRCD: 20, CL: 21}}
            """)
        var expected = DRAMConfiguration()
        expected.organization.channels = 2
        expected.organization.ranks = 4
        expected.mapping = try #require(AddressMapping([.row, .rank, .bank, .bankGroup, .channel, .column]))
        expected.readQueue = 16
        expected.writeQueue = 64
        expected.bankQueue = 4
        expected.timings.tRCD = 20
        expected.timings.readLatency = 21
        expected.energySource = memory.energySource
        #expect(memory == expected)
        #expect(try Support.memory(memory.lines().joined(separator: "\n")) == memory)
    }

    static let errors: [(String, String)] = [
        ("{standard: DDR4-2300}", "1:12: error: unknown standard \"DDR4-2300\": did you mean \"DDR4-2400\"?"),
        ("{standard: SDRAM}", "1:12: error: unknown standard \"SDRAM\"; expected one of DDR3-1600"),
        ("{channels: 2}", "1:1: error: the key \"standard\" is missing in dram"),
        ("{standard: HBM2, chanels: 2}", "1:18: error: unknown key \"chanels\" in dram: did you mean \"channels\"?"),
        ("{standard: HBM2, channels: 3}", "1:28: error: found \"3\", expected a power of two from 1 to 128"),
        ("{standard: HBM2, channels: 0}", "1:28: error: found \"0\", expected a whole number from 1 to 128"),
        ("{standard: HBM2, ranks: 8}", "1:25: error: 8 ranks of 16 banks are 128 banks in a channel"),
        ("{standard: HBM2, read_queue: 0}", "1:30: error: found \"0\", expected a whole number from 1 to 4096"),
        ("{standard: HBM2, address_mapping: ro ch ra ba bg}", "1:35: error: co missing in the address mapping"),
        ("{standard: HBM2, address_mapping: ro ch ra ba bg co co}", "1:35: error: \"co\" occurs twice"),
        ("{standard: HBM2, address_mapping: ro ch ra ba bg cl}", "1:35: error: unknown field \"cl\""),
        (
            "{standard: HBM2, timings: {tRCDD: 3}}",
            "1:28: error: unknown key \"tRCDD\" in timings: did you mean \"tRCD\"?"
        ),
        ("{standard: HBM2, timings: {tRCD: 0}}", "1:34: error: found \"0\", expected a whole number from 1 to 1000000"),
        ("{standard: HBM2, timings: {tRCD: 99999999999999999999}}", "1:34: error: found"),
        (
            "{standard: HBM2, timings: {tREFI: 380}}",
            "1:35: error: tREFI of 380 leaves no time between refreshes of tRFC 260: expected more than 388, which is tRFC + "
        ),
        (
            "{standard: HBM2, timings: {tRFC: 4000}}",
            "1:34: error: tREFI of 3900 leaves no time between refreshes of tRFC 4000"
        ),
        ("{standard: HBM2, timings: 4}", "1:27: error: found \"4\" as timings, expected a mapping"),
    ]

    @Test(arguments: errors) func faultsAreErrors(_ yaml: String, _ message: String) throws {
        let error = try #require(throws: InputError.self) { try Support.memory(yaml) }
        #expect("\(error)".hasPrefix("memory.yaml:" + message), "\(error)")
    }

    static let presetErrors: [(String, String, String)] = [
        ("standard: DDR4-2400", "standard: DDR4", "in the file of \"DDR4-2400\""),
        ("  tRCD: 17\n", "", "the key \"tRCD\" is missing in timings"),
        ("tRCD: 17", "tRCE: 17", "unknown key \"tRCE\" in timings: did you mean \"tRCD\", which is missing?"),
        ("rows: 65536", "rows: 65535", "expected a power of two"),
        ("row: 8 KiB", "row: 32 B", "expected a power of two of at least a burst, 64 B"),
        ("bus: 64 bit", "bus: 48 bit", "expected a power of two, and at least a byte in a burst"),
        ("banks_per_group: 4", "banks_per_group: 32", "found 128 banks in a channel, expected at most 64"),
        ("0.83 ns", "0.83", "without a unit, expected a time"),
        ("IDD4R: 135", "IDD4R: 13", "IDD4R of 13.0 mA is below IDD3N of 43.0 mA: expected at least 43.0"),
        ("IDD4W: 123", "IDD4W: 42.9", "IDD4W of 42.9 mA is below IDD3N of 43.0 mA"),
        ("IDD5AB: 250", "IDD5AB: 40", "IDD5AB of 40.0 mA is below IDD3N of 43.0 mA"),
        ("IDD2N: 34", "IDD2N: 44", "IDD3N of 43.0 mA is below IDD2N of 44.0 mA"),
        (
            "IDD0: 48", "IDD0: 40",
            "IDD0 of 40.0 mA in a row cycle of 56 clocks is below standby, expected at least IDD3N of 43.0 mA for tRAS of 39 and IDD2N of "
                + "34.0 mA for the rest: an activate would have a negative energy"
        ),
        ("address_mapping: ro ra ba co bg ch\n", "", "the key \"address_mapping\" is missing in the memory"),
    ]

    @Test(arguments: presetErrors) func faultsOfPresetsAreErrors(_ text: String, _ change: String, _ message: String)
        throws
    {
        let shipped = try String(contentsOfFile: Support.presets + "/DDR4-2400.yaml", encoding: .utf8)
        let broken = shipped.replacing(text, with: change)
        #expect(broken != shipped)
        let error = try #require(throws: InputError.self) {
            try DRAMConfiguration.preset(try Document.parse(broken, file: "p.yaml"), name: "DDR4-2400")
        }
        #expect("\(error)".hasPrefix("p.yaml:") && "\(error)".contains(message), "\(error)")
    }

    @Test func aFolderWithoutPresetsIsAnError() throws {
        let node = try Document.parse("{standard: HBM2}", file: "m.yaml")
        let error = try #require(throws: InputError.self) {
            try DRAMConfiguration.decode(node, presets: DRAMPresets(folder: "nowhere"))
        }
        #expect("\(error)".contains("\"nowhere\" has no presets"))
    }

    @Test func addressesAreSplitByTheMapping() throws {
        let organization = DRAMOrganization()
        let fields: [AddressMapping.Field] = [.row, .channel, .rank, .bank, .bankGroup, .column]
        let decoder = AddressDecoder(try #require(AddressMapping(fields)), organization)
        let address = 5 << 17 | 2 << 15 | 3 << 13 | 7 << 6 | 9
        #expect(decoder.locate(address) == DRAMLocation(channel: 0, bank: 3 * 4 + 2, row: 5, burst: address >> 6))
        // Above the capacity of 8 GiB, addresses wrap around.
        #expect(decoder.locate(address + (1 << 33)) == decoder.locate(address))
        #expect(AddressMapping([.row, .channel, .rank, .bank, .bankGroup]) == nil)
        #expect(AddressMapping([.row, .row, .rank, .bank, .bankGroup, .column]) == nil)
    }

    /// Every location has a unique address, for any order of the fields.
    @Test(arguments: 0..<50) func mappingsAreOneToOne(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        var fields = AddressMapping.Field.allCases
        for i in fields.indices { fields.swapAt(i, random.below(fields.count)) }
        var organization = DRAMOrganization()
        organization.channels = 1 << random.below(3)
        organization.ranks = 1 << random.below(2)
        organization.bankGroups = 1 << random.below(2)
        organization.rowBytes = 64 << random.below(3)
        organization.rows = 4
        let decoder = AddressDecoder(try #require(AddressMapping(fields)), organization)
        var seen: Set<[Int]> = []
        for burst in 0..<organization.capacity / 64 {
            let location = decoder.locate(burst * 64)
            #expect(location.burst == burst)
            seen.insert([location.channel, location.bank, location.row])
        }
        #expect(seen.count == organization.channels * organization.banks * organization.rows, "seed \(seed)")
    }
}
