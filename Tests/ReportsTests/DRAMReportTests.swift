import Foundation
import Reports
import TestSupport
import Testing

@testable import DRAM

@Suite struct DRAMReportTests {
    /// A replay with invented figures.
    private static var result: DRAMResult {
        var result = DRAMResult(configuration: DRAMConfiguration())
        result.configuration.energySource = "made up"
        result.readRequests = 3000
        result.writeRequests = 1000
        result.cycles = 1_000_000
        result.lastAccepted = 999_000
        result.readLatency = DRAMLatency(mean: 1234.5, median: 1200, percentile99: 2000, maximum: 2001)
        result.counters.reads = 2999
        result.counters.writes = 1001
        result.counters.rowHits = 1000
        result.counters.activates = 3000
        result.counters.precharges = 2990
        result.counters.refreshes = 106
        result.counters.readWriteSwitches = 12
        result.mergedRequests = 0
        for (cause, cycles) in zip(DRAMIdleCause.allCases, [0, 500, 44_520, 9_480, 900_000, 29_000, 400, 100]) {
            result.counters.idle[cause] = cycles
        }
        return result
    }

    private func report(_ result: DRAMResult, path: String? = "requests.txt") -> DRAMReport {
        DRAMReport(result: result, tracePath: path, version: "1.2.3")
    }

    private func compare(_ text: String, with name: String) throws {
        #expect(text == (try GoldenTests.pinned.expected(name, observed: text)))
    }

    @Test func terminalTextMatchesTheGolden() throws { try compare(report(Self.result).terminal(), with: "dram.txt") }

    @Test func csvMatchesTheGolden() throws {
        try compare(String(decoding: report(Self.result).csv(), as: UTF8.self), with: "dram.csv")
    }

    @Test func jsonMatchesTheGolden() throws {
        try compare(String(decoding: report(Self.result).json(), as: UTF8.self), with: "dram.json")
    }

    @Test func figuresAreTheResults() throws {
        let row = try #require(table(report(Self.result).csv()).first)
        func value(_ name: String) throws -> Double { try #require(row[name].flatMap(Double.init), "\(name)") }
        // 830 us at 0.83 ns per clock; 4000 bursts of 64 bytes.
        #expect(try value("time_us") == 830)
        #expect(abs(try value("bandwidth_GBps") - 256_000 / 830_000) < 1e-12)
        #expect(abs(try value("fraction_of_peak") - 256_000 / 16e6) < 1e-12)
        #expect(try value("row_hit_rate") == 0.25)
        #expect(try value("requests") == 4000)
        #expect(try value("reads") == 3000 && value("writes") == 1000)
        #expect(try value("bus_bytes") == 256_000 && value("requested_bytes") == 256_000)
        let clocks = try row.filter { $0.key == "busy_cycles" || $0.key.hasPrefix("idle_") }.map { try value($0.key) }
        #expect(clocks.count == 9 && clocks.reduce(0, +) == 1_000_000)
        #expect(try value("read_commands") == 2999 && value("write_commands") == 1001)
        let parts = try ["activate", "read", "write", "refresh", "background"].map { try value("\($0)_energy_uJ") }
        let total = try value("energy_uJ")
        #expect(parts.allSatisfy { $0 > 0 } && abs(parts.reduce(0, +) - total) <= 1e-12 * total)
    }

    @Test func undefinedFiguresAreEmpty() throws {
        var result = Self.result
        result.readRequests = 0
        result.counters.reads = 0
        result.counters.writes = 0
        let row = try #require(table(report(result).csv()).first)
        let names = ["read_latency_mean", "read_latency_p50", "read_latency_p99", "read_latency_max", "row_hit_rate"]
        for name in names { #expect(row[name] == "", "\(name)") }
        let text = String(decoding: report(result, path: nil).json(), as: UTF8.self)
        for name in names + ["trace"] { #expect(text.contains("\"\(name)\": null"), "\(name)") }
        #expect(report(result).terminal().contains("\nread_latency_mean "))
    }

    @Test func theMemoryReadsBackEqual() throws {
        let text = String(decoding: report(Self.result).json(), as: UTF8.self)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let memory = try #require(object["memory"] as? [String: Any])
        #expect(
            Set(memory.keys) == [
                "standard", "channels", "ranks", "address_mapping", "read_queue", "write_queue", "bank_queue",
                "timings",
            ])
        #expect((memory["timings"] as? [String: Any])?.count == 18)
        #expect(memory["address_mapping"] as? String == "ro ra ba co bg ch")
    }
}
