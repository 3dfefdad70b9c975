import Files
import Foundation
import Hardware
import Simulation
import TestSupport
import Testing
import Traces

/// The page `StoredTiles` shows what the program finds.
@Suite struct StoredTilesTests {
    static let rows = (Page.named("StoredTiles")?.table("Networks") ?? []).filter { row in
        // Of the traces that ship, those that run in a moment.
        row[0].hasPrefix("digits/") || row[0] == "digits" || row[0].hasPrefix("vgg-nagadomi/")
    }

    @Test func thePageHasRows() { #expect(Self.rows.count == 6) }

    @Test(arguments: rows) func itsFiguresAreThoseOfTheProgram(row: [String]) async throws {
        let trace = try Trace.load(path: "\(repository)/Traces/\(row[0])\(row[0] == "digits" ? "/trace" : "").yaml")
        let library = try ConfigurationLibrary(
            directory: repository + "/Configs", environment: [:], executable: nil, workingDirectory: "/")
        var figures: [[Double]] = []
        for storage in ["dense", "bitmask", "transformed"] {
            let overrides = ["mapping.search=none", "mapping.activation_storage=\(storage)"].map(Override.init(_:))
            let result = try await Simulator(machine: row[3], overrides: overrides, library: library).run(trace)
            let total = result.total
            figures.append([
                Double(total.activity.memory.payloadBytes) / 1e6, Double(total.cycles) / 1e3, total.energy.value / 1e6,
            ])
        }
        for (column, cell) in row.suffix(3).enumerated() {
            #expect(cell == figures.map { Self.text($0[column]) }.joined(separator: " / "), "\(row)")
        }
    }

    /// Three digits, whole numbers in full.
    private static func text(_ value: Double) -> String {
        if value < 99.95 { return String(format: value < 10 ? "%.2f" : "%.1f", value) }
        let digits = String(Int(value.rounded()))
        return digits.count > 3 ? "\(digits.dropLast(3)),\(digits.suffix(3))" : digits
    }
}
