import Foundation
import Testing

@testable import Reports
@testable import Simulation

@Suite struct VerificationTests {
    /// A layer that agrees to the last digit and off by half the largest output, one that fails, one without values.
    private static let layers: [LayerVerification] = {
        let exact = OutputError(computed: [1, -2], expected: [1, -2])
        let half = OutputError(computed: [1, -1], expected: [1, -2])
        return [
            LayerVerification(layer: "conv1", status: .verified, recorded: exact, direct: half, products: 1234),
            LayerVerification(layer: "conv2", status: .failed("differs"), recorded: half, direct: nil, products: 0),
            LayerVerification(layer: "fc", status: .skipped("no values"), recorded: nil, direct: nil, products: nil),
        ]
    }()

    private func report(_ verification: [LayerVerification]?) throws -> SimulationReport {
        let report = try HandMade.report()
        return SimulationReport(
            result: report.result, model: report.model, tracePath: report.tracePath,
            version: report.version, verification: verification)
    }

    @Test func theSummaryEndsWithIt() throws {
        let plain = String(decoding: try report(nil).summaryJSON(), as: UTF8.self)
        #expect(!plain.contains("verification"))
        let text = String(decoding: try report(Self.layers).summaryJSON(), as: UTF8.self)
        // All that stands without a verification stands before it, unchanged.
        #expect(text.hasPrefix(plain.dropLast("\n}\n".count)))
        let root = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let rows = try #require(root["verification"] as? [[String: Any]])
        #expect(rows.map { $0["layer"] as? String } == ["conv1", "conv2", "fc"])
        #expect(rows.map { $0["status"] as? String } == ["verified", "failed", "skipped"])
        #expect(rows.map { $0["note"] as? String } == [nil, "differs", "no values"])
        #expect(rows.map { $0["max_error"] as? Double } == [0, 0.5, nil])
        // 10 log10(5 / 1) dB; infinite, and so not defined, where nothing differs.
        #expect(rows.map { ($0["snr_dB"] as? Double).map { Int($0 * 100) } } == [nil, 698, nil])
        #expect(rows.map { $0["direct_max_error"] as? Double } == [0.5, nil, nil])
        #expect(rows.map { $0["products"] as? Int } == [1234, 0, nil])
        let columns = try #require(root["verification_columns"] as? [[String: String]])
        #expect(Set(columns.compactMap { $0["name"] }) == Set(rows[2].keys))
    }

    @Test func theTableShowsIt() throws {
        #expect(try report(nil).verificationTable(tolerance: 1e-4) == nil)
        let table = try #require(try report(Self.layers).verificationTable(tolerance: 1e-4))
        let lines = table.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        #expect(
            Array(lines.dropFirst(2)) == [
                "conv1 verified 0.00e+00 exact 5.00e-01 7.0 1,234", "conv2 FAILED 5.00e-01 7.0 - - 0 differs",
                "fc skipped - - - - - no values", "errors are shares of max|outputs|; tolerance 0.0001",
            ])
    }
}
