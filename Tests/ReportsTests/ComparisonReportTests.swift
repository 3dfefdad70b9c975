import Comparisons
import Foundation
import Hardware
import Simulation
import TestSupport
import Testing
import Traces

@testable import Energy
@testable import Engine
@testable import Reports

/// A comparison of two runs under two conditions, with invented figures.
enum HandMadeComparison {
    static func report(sensitivity: Bool = true, layers: Bool = true, cases: Int = 2) throws -> ComparisonReport {
        let names = ["2 multipliers, \"ideal\"", "4 multipliers, LPDDR4"].prefix(cases)
        let comparison = Comparison(
            name: "tiny", description: "made up", baseline: "dense",
            cases: names.map { name in
                ComparisonCase(
                    name: name,
                    runs: ["dense", "sparse"].map { ComparisonRun(name: $0, trace: "", configuration: nil) })
            },
            published: PublishedFigures(
                source: "a paper, 2018", run: "sparse", reduction: 9, without: ["fc"], overEarlier: 2...3,
                earlier: ["dense"]))
        return ComparisonReport(
            result: ComparisonResult(comparison: comparison, cases: try names.enumerated().map(result)),
            version: "1.2.3", showsSensitivity: sensitivity, showsLayers: layers)
    }

    private static func result(_ number: Int, _ name: String) throws -> CaseResult {
        // With DRAM the sparse run waits longer for weights, and is slower.
        let dense = try run(
            "dense", [layer("conv", 1_000_000, 1000, 20_000), layer("fc", 4000, 40 * (1 + number), 10_000)])
        let sparse = try run(
            "sparse", [layer("conv", 100_000, 250 + 2000 * number, 40_000), layer("head", 4000, 30, 5000)])
        return CaseResult(name: name, runs: [dense, sparse], baseline: "dense")
    }

    private static func layer(_ name: String, _ multiplies: Int, _ cycles: Int, _ bytes: Int) -> LayerActivity {
        var activity = Activity()
        activity.timing.cycles = cycles
        activity.array.usefulProducts = multiplies
        activity.workload.denseMultiplies = name == "conv" ? 1_000_000 : 4000
        activity.array.slots[.useful] = multiplies
        activity.array.slots[.dramWeights] = max(0, 1024 * cycles - multiplies)
        activity.timing.held[.array] = min(cycles, multiplies / 1024)
        activity.timing.held[.dramWeights] = cycles - activity.timing.held[.array]
        activity.memory.weightBytes = bytes
        return LayerActivity(
            name: name, shape: LayerShape(channels: 1, filters: 1), algorithm: .direct, note: nil, activity: activity)
    }

    private static func run(_ name: String, _ layers: [LayerActivity]) throws -> RunResult {
        var configuration = Configuration()
        configuration.name = name
        let trace = TraceActivity(
            configuration: configuration, model: "tiny-\(name)", traceDescription: "", traceDigest: "00ff", seed: 7,
            layers: layers)
        let library = try ConfigurationLibrary(
            directory: repository + "/Configs", environment: [:], executable: nil, workingDirectory: "/")
        let result = SimulationResult(trace, machine: try Machine(configuration, library: library))
        return RunResult(name: name, result: result, tracePath: "traces/\(name).yaml")
    }
}

@Suite struct ComparisonReportTests {
    private func compare(_ bytes: [UInt8], with name: String) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text == (try GoldenTests.pinned.expected(name, observed: text)))
    }

    @Test func csvMatchesTheGolden() throws { try compare(HandMadeComparison.report().csv(), with: "compare.csv") }

    @Test func jsonMatchesTheGolden() throws {
        try compare(HandMadeComparison.report(cases: 1).json(), with: "compare.json")
    }

    @Test func terminalTextMatchesTheGolden() throws {
        try compare(Array(HandMadeComparison.report().terminal().utf8), with: "compare.txt")
    }

    @Test func terminalTextOfTotalsMatchesTheGolden() throws {
        try compare(
            Array(HandMadeComparison.report(sensitivity: false, layers: false).terminal().utf8),
            with: "compare-totals.txt")
    }

    @Test func ratiosAreAgainstTheBaselinesLayer() throws {
        let rows = table(try HandMadeComparison.report(cases: 1).csv())
        #expect(rows.map { $0["run"] } == ["dense", "dense", "dense", "sparse", "sparse", "sparse"])
        #expect(rows.map { $0["layer"] } == ["conv", "fc", "total", "conv", "head", "total"])
        #expect(rows.prefix(5).map { $0["speedup"] } == ["1.0", "1.0", "1.0", "4.0", ""])
        #expect(abs((Double(rows[5]["speedup"] ?? "") ?? 0) - 1040.0 / 280) < 1e-12)
        #expect(rows[3]["dram_ratio"] == "2.0" && rows[4]["dram_ratio"] == "" && rows[5]["dram_ratio"] == "1.5")
        #expect(rows[3]["multiply_reduction"] == "10.0")
        let energies = rows.compactMap { Double($0["energy_pJ"] ?? "") }
        #expect(Double(rows[5]["energy_ratio"] ?? "") == energies[5] / energies[2])
        #expect(abs(energies[3] + energies[4] - energies[5]) < 1e-6)
    }

    @Test func noLineIsLongerThan120() throws {
        for (sensitivity, layers) in [(true, true), (false, false)] {
            let text = try HandMadeComparison.report(sensitivity: sensitivity, layers: layers).terminal()
            for line in text.split(separator: "\n") { #expect(line.count <= 120, "\(line)") }
        }
    }

    @Test func writesItsFiles() throws {
        let folder = try Folder()
        let report = try HandMadeComparison.report()
        #expect(try report.write(to: folder.file("new")) == ["compare.csv", "sensitivity.csv", "compare.json"])
        #expect(folder.names(in: "new") == ["compare.csv", "compare.json", "sensitivity.csv"])
        #expect([UInt8](try folder.bytes("new/sensitivity.csv")) == report.sensitivityCSV())
        let rows = table(report.sensitivityCSV())
        #expect(rows.count == 2 * 2 * 11)
        for row in rows where row["run"] == "dense" { #expect(row["energy_ratio"] == "1.0") }
        // The runs differ in DRAM energy: with half of it the sparse run's ratio falls.
        let ratios = rows.filter { $0["run"] == "sparse" && $0["case"] == rows[0]["case"] && $0["figures"] == "dram" }
        #expect(
            ratios.compactMap { Double($0["energy_ratio"] ?? "") }.sorted()
                == ratios.compactMap { Double($0["energy_ratio"] ?? "") })
    }
}
