import Foundation
import Reports
import TestSupport
import Testing

@testable import Traces

@Suite struct FillInReportTests {
    /// Three layers with invented figures: all defined, only those of trained weights, and none.
    private static let layers: [FillIn] = {
        var all = FillIn(layer: "conv1", relu: .none, tile: 2, kernel: 3)
        all.weightDensityBefore = 0.35
        all.weightDensityAfter = 0.7001
        all.pixelDensity = 1
        all.rectifiedPixelDensity = 0.5
        all.activationDensityNoRelu = 0.9996
        all.activationDensitySpatialRelu = 0.75
        all.activationDensityWinogradRelu = 0.4
        var trained = FillIn(layer: "features.12.conv2", relu: .winograd, tile: 4, kernel: 3)
        trained.weightDensityAfter = 0.0625
        trained.activationDensityWinogradRelu = 0
        return [all, trained, FillIn(layer: "masks, given", relu: .spatial, tile: 2, kernel: 5)]
    }()

    private static let leftOut = [
        LeftOutLayer(layer: "conv5", reason: "its kernel is 1x1"), LeftOutLayer(layer: "fc", reason: "it is linear"),
    ]

    private func report(_ layers: [FillIn] = layers, leftOut: [LeftOutLayer] = leftOut, path: String? = "tiny.yaml")
        -> FillInReport
    {
        let trace = Trace(
            model: "tiny", description: "made up", layers: [], seed: 7, digest: path == nil ? "" : "00ff", path: path)
        return FillInReport(of: trace, layers: layers, leftOut: leftOut, version: "1.2.3")
    }

    private func compare(_ text: String, with name: String) throws {
        #expect(text == (try GoldenTests.pinned.expected(name, observed: text)))
    }

    @Test func terminalTextMatchesTheGolden() throws { try compare(report().terminal(), with: "fill-in.txt") }

    @Test func csvMatchesTheGolden() throws {
        try compare(String(decoding: report().csv(), as: UTF8.self), with: "fill-in.csv")
    }

    @Test func jsonMatchesTheGolden() throws {
        try compare(String(decoding: report().json(), as: UTF8.self), with: "fill-in.json")
    }

    @Test func figuresAreTheMeasuredOnes() throws {
        let rows = table(report().csv())
        #expect(rows.map { $0["layer"] } == ["conv1", "features.12.conv2", "masks, given"])
        #expect(rows.map { $0["algorithm"] } == ["winograd-2x2-3x3", "winograd-4x4-3x3", "winograd-2x2-5x5"])
        let expected = [
            ("weight_density_before", "0.35"), ("weight_density_after", "0.7001"), ("pixel_density", "1.0"),
            ("pixel_density_rectified", "0.5"), ("activation_density_no_relu", "0.9996"),
            ("activation_density_spatial_relu", "0.75"), ("activation_density_winograd_relu", "0.4"),
        ]
        for (name, value) in expected { #expect(rows[0][name] == value && rows[2][name] == "", "\(name)") }
        let object = try #require(try JSONSerialization.jsonObject(with: Data(report().json())) as? [String: Any])
        let layers = try #require(object["layers"] as? [[String: Any]])
        for (name, value) in expected { #expect(layers[0][name] as? Double == Double(value), "\(name)") }
        #expect(layers[1]["pixel_density"] is NSNull)
    }

    @Test func linesKeepTo120Characters() {
        let long = String(repeating: "block.", count: 40)
        let name = FillIn(layer: long + "conv", relu: .winograd, tile: 2, kernel: 3)
        let text = report([name], leftOut: [LeftOutLayer(layer: long, reason: "its kernel is 1x1")]).terminal()
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 120 }, "\(text)")
        #expect(text.contains("conv  winograd-2x2-3x3"), "\(text)")
    }

    @Test func withoutMeasurementsThereIsNoTable() throws {
        let text = report([], path: nil).terminal()
        #expect(!text.contains("ReLU") && text.contains("\n  fc: it is linear\n"), "\(text)")
        #expect(table(report([]).csv()).isEmpty)
        let all = report(leftOut: [])
        #expect(!all.terminal().contains("Left out"))
        #expect(String(decoding: report(path: nil).json(), as: UTF8.self).contains("\"path\": null"))
    }
}
