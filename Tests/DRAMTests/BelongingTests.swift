import Files
import Foundation
import Testing
import YAML

@testable import DRAM

/// Checks of timings and currents against each other.
@Suite struct BelongingTests {
    static let faults: [(String, String)] = [
        (
            "tCCD_L: 3",
            "1:41: error: tCCD_L of 3 is below tCCD_S of 4: expected at least 4, as commands in one bank group must be at least "
                + "as far apart as in two"
        ),
        ("tCCD_S: 7", "1:41: error: tCCD_L of 6 is below tCCD_S of 7"),
        ("tCCD_S: 3", "1:41: error: tCCD_S of 3 is below the 4 clocks of a burst on the data bus: expected at least 4"),
        ("tRRD_L: 3", "1:41: error: tRRD_L of 3 is below tRRD_S of 4"),
        ("tWTR_L: 2", "1:41: error: tWTR_L of 2 is below tWTR_S of 3"),
        ("tWTR_S: 10", "1:41: error: tWTR_L of 9 is below tWTR_S of 10"),
        (
            "tFAW: 3",
            "1:39: error: tFAW of 3 is below tRRD_S of 4: expected at least 4, as the window of four activates includes the "
                + "time between two"
        ),
        ("tRRD_S: 30, tRRD_L: 30", "1:41: error: tFAW of 26 is below tRRD_S of 30"),
        ("tRAS: 16", "1:39: error: tRAS of 16 is below tRCD of 17"),
        ("tRCD: 40", "1:39: error: tRAS of 39 is below tRCD of 40"),
        ("tRFC: 55", "1:39: error: tRFC of 55 is below max(tRC, tRAS + tRP) of 56: expected at least 56"),
        ("tRC: 421", "1:38: error: tRFC of 420 is below max(tRC, tRAS + tRP) of 421"),
        (
            "tREFI: 577",
            "1:40: error: tREFI of 577 leaves no time between refreshes of tRFC 420: expected more than 577"
        ),
    ]

    @Test(arguments: faults) func impossibleTimingsAreRefused(_ timings: String, _ message: String) throws {
        let yaml = "{standard: DDR4-2400, timings: {\(timings)}}"
        let error = try #require(throws: InputError.self) { try Support.memory(yaml) }
        #expect("\(error)".hasPrefix("memory.yaml:" + message), "\(error)")
    }

    @Test(arguments: [
        "tCCD_L: 4", "tCCD_S: 6", "tRRD_L: 4", "tRRD_S: 6", "tWTR_L: 3", "tWTR_S: 9", "tFAW: 4", "tRAS: 17", "tRCD: 39",
        "tRFC: 56", "tRC: 1", "tRC: 420", "tRP: 300", "CWL: 20", "tREFI: 578",
    ]) func limitingTimingsAreAccepted(_ timings: String) throws {
        _ = try Support.memory("{standard: DDR4-2400, timings: {\(timings)}}")
    }

    /// IDD0 between IDD2N and IDD3N is enough only for short row cycles.
    @Test func activatesOfNegativeEnergyAreRefused() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("winosim-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        let shipped = try String(contentsOfFile: Support.presets + "/DDR4-2400.yaml", encoding: .utf8)
        let text = shipped.replacing("IDD0: 48", with: "IDD0: 42")
        try Data(text.utf8).write(to: folder.appendingPathComponent("DDR4-2400.yaml"))
        func activate(_ timings: String) throws -> Double {
            let node = try Document.parse("{standard: DDR4-2400, timings: {\(timings)}}", file: "memory.yaml")
            return DRAMEnergyTable(try DRAMConfiguration.decode(node, presets: DRAMPresets(folder: folder.path)))
                .activate
        }
        // mA * clocks: 42 * 56 - 43 * 39 - 34 * 17, and 42 * 153 - 43 * 136 - 34 * 17.
        #expect(abs(try activate("tRAS: 39") - 97 * 1.2 * 8 * 0.83) < 1e-9)
        #expect(try activate("tRAS: 136") == 0)
        let error = try #require(throws: InputError.self) { try activate("tRAS: 137") }
        #expect(
            "\(error)".hasPrefix(
                "memory.yaml:1:39: error: IDD0 of 42.0 mA in a row cycle of 154 clocks is below standby, expected at least IDD3N of 43.0 mA "
                    + "for tRAS of 137 and IDD2N of 34.0 mA for the rest: an activate would have a negative energy"),
            "\(error)"
        )
    }

    /// The row cycle is at least tRAS + tRP, in time and in energy: one bank whose rows all miss, on DDR4-2400.
    @Test(arguments: [
        ("tRC: 56", 56, 3.450), ("tRAS: 52", 69, 3.968), ("tRP: 30", 69, 4.900), ("tRC: 50", 56, 3.450),
        ("tRC: 60", 60, 3.896),
    ]) func theRowCycleIsAtLeastTRASPlusTRP(_ timings: String, _ cycle: Int, _ microjoules: Double) throws {
        let memory = try Support.memory("{standard: DDR4-2400, timings: {\(timings), tREFI: 1000000000}}")
        #expect(memory.timings.rowCycle == cycle)
        let requests = (0..<1000).map { DRAMRequest(address: $0 << 17, isWrite: false, cycle: 0) }
        let result = try DRAMReplay.run(requests, memory)
        #expect(result.counters.activates == 1000)
        #expect(result.cycles == 2 + 999 * cycle + 17 + 17 + 4)
        #expect(abs(result.energy.activate / 1e6 - microjoules) < 0.001, "\(result.energy.activate)")
    }
}
