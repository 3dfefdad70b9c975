import Foundation
import Simulation
import Testing

@testable import Engine
@testable import Reports

@Suite struct VerificationTests {
    /// A layer that agrees exactly and one whose error is half the largest output, one that fails, one without values.
    private static let layers: [LayerVerification] = {
        let exact = OutputError(computed: [1, -2], expected: [1, -2])
        let half = OutputError(computed: [1, -1], expected: [1, -2])
        return [
            LayerVerification(layer: "conv1", status: .verified, recorded: exact, direct: half, products: 1234),
            LayerVerification(layer: "conv2", status: .failed("differs"), recorded: half, direct: nil, products: 0),
            LayerVerification(layer: "fc", status: .skipped("no values"), recorded: nil, direct: nil, products: nil),
        ]
    }()

    private func report(_ verification: [LayerVerification]?, quantize: Bool = false) throws -> SimulationReport {
        let report = try HandMade.report()
        var configuration = report.run.configuration
        configuration.datatype.quantize = quantize
        let layers =
            verification.map { $0.count == 3 ? report.run.layers : $0.map { HandMade.third.named($0.layer) } }
            ?? report.run.layers
        let trace = TraceActivity(
            configuration: configuration, model: report.run.model, traceDescription: "a \"made up\" network",
            traceDigest: report.run.traceDigest, seed: report.run.seed, layers: layers)
        return SimulationReport(
            result: SimulationResult(trace, machine: try Machine(configuration, tables: report.model.tables)),
            tracePath: report.tracePath,
            version: report.version, verification: verification, tolerance: verification == nil ? nil : 1e-4)
    }

    @Test func theSummaryEndsWithTheVerification() throws {
        let plain = String(decoding: try report(nil).summaryJSON(), as: UTF8.self)
        #expect(!plain.contains("verification"))
        let text = String(decoding: try report(Self.layers).summaryJSON(), as: UTF8.self)
        // The summary without a verification precedes it, unchanged.
        #expect(text.hasPrefix(plain.dropLast("\n}\n".count)))
        let root = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let rows = try #require(root["verification"] as? [[String: Any]])
        #expect(rows.map { $0["layer"] as? String } == ["conv1", "conv2", "fc"])
        #expect(rows.map { $0["status"] as? String } == ["verified", "failed", "skipped"])
        #expect(rows.map { $0["note"] as? String } == [nil, "differs", "no values"])
        #expect(rows.map { $0["max_error"] as? Double } == [0, 0.5, nil])
        // 10 log10(5 / 1) dB; infinite, so undefined, if nothing differs.
        #expect(rows.map { ($0["snr_dB"] as? Double).map { Int($0 * 100) } } == [nil, 698, nil])
        #expect(rows.map { $0["direct_max_error"] as? Double } == [0.5, nil, nil])
        #expect(rows.map { $0["products"] as? Int } == [1234, 0, nil])
        #expect(root["verification_tolerance"] as? Double == 1e-4)
        let columns = try #require(root["verification_columns"] as? [[String: String]])
        #expect(Set(columns.compactMap { $0["name"] }) == Set(rows[2].keys))
    }

    /// The part of the terminal text on the verification.
    private func table(_ report: SimulationReport, width: Int = 120) -> String {
        TerminalRenderer(width: width).text(of: ReportDocument(sections: [report.verificationParts], summary: [:]))
    }

    @Test func theTableShowsTheVerification() throws {
        #expect(table(try report(nil)).isEmpty)
        let table = table(try report(Self.layers))
        #expect(try report(Self.layers).terminal() == report(nil).terminal() + "\n" + table)
        let lines = table.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        #expect(
            Array(lines.dropFirst(3)) == [
                "conv1 verified 0.00e+00 exact 5.00e-01 7.0 1,234", "conv2 FAILED 5.00e-01 7.0 - - 0",
                "fc skipped - - - - -", "conv2: differs", "fc: no values",
                "Errors are shares of max|outputs|; the tolerance is 0.0001",
            ])
    }

    /// Notes are below the table, equal ones are merged, and lines keep to the width.
    @Test func notesDoNotOverflow() throws {
        let why = "differs from " + String(repeating: "all that was recorded, and ", count: 9) + "more"
        let long = (1...9).map {
            LayerVerification(
                layer: "features.block_\($0).convolution", status: .failed(why), recorded: nil, direct: nil,
                products: nil)
        }
        let table = table(try report(Array(long) + [Self.layers[2]]), width: 60)
        #expect(table.split(separator: "\n").allSatisfy { $0.count <= 60 }, "\(table)")
        #expect(table.contains("  features.block_1.convolution,"), "\(table)")
        #expect(table.components(separatedBy: "recorded, and").count > 5)
    }

    /// With rounded operands, the advice depends on whether the error is as large as rounding makes it.
    @Test func adviceNamesTheTolerance() throws {
        #expect(try report(nil).verificationAdvice == nil)
        #expect(try report([Self.layers[0]]).verificationAdvice == nil)
        #expect(
            try report(Self.layers).verificationAdvice
                == "the largest error is 0.5 of the largest output, and the tolerance is 0.0001; --tolerance 0.5 lets it pass"
        )
        func rounded(_ rounding: Double) throws -> String? {
            var failed = Self.layers[1]
            failed.rounding = rounding
            return try report([failed], quantize: true).verificationAdvice
        }
        let usual = try #require(try rounded(0.49995))
        #expect(
            usual.hasSuffix(
                "the tolerance is 0.0001. Rounding weights to 16 bit and activations to 16 bit (quantize) alone makes one of "
                    + "0.5, so an error of this size is to be expected; --tolerance 0.5 lets it pass"), "\(usual)")
        let odd = try #require(try rounded(0.01))
        #expect(odd.hasSuffix("makes an error of 0.01 in conv2, and one of 0.5 is more than that explains"), "\(odd)")
    }
}
