import Comparisons
import Foundation
import Hardware
import Simulation
import TestSupport
import Testing
import Traces

@testable import Energy

/// The shipped comparisons: equal resources as stated, and the published reductions if calibrated to them.
@Suite struct ShippedComparisonTests {
    static let networks = ["vgg-nagadomi", "convpool-cnn-c", "resnet-18"]

    private func comparison(_ name: String) throws -> Comparison {
        try Comparison.load(path: "\(repository)/Configs/comparisons/\(name).yaml")
    }

    private func machines(_ one: ComparisonCase) throws -> [Machine] {
        try one.runs.map {
            try Machine(
                Configuration.load(path: $0.configuration, overrides: $0.overrides), library: shippedLibrary())
        }
    }

    @Test func allAreListed() throws {
        #expect(
            try shippedLibrary().comparisons().map(\.name) == ["convpool-cnn-c", "digits", "resnet-18", "vgg-nagadomi"])
    }

    /// Six methods, each at equal multipliers and at equal area, with ideal memory and the same DRAM, at batch 1 and 4.
    @Test(arguments: networks) func everyMethodRunsUnderEveryCondition(network: String) throws {
        let comparison = try comparison(network)
        let names = [
            "dense-direct", "sparse-direct", "dense-winograd", "filled-winograd", "pruned-winograd", "winograd-relu",
        ]
        #expect(comparison.cases.count == 8)
        for one in comparison.cases {
            #expect(one.runs.map(\.name) == names)
            #expect(Set(one.runs.map(\.batch)) == [one.name.hasSuffix("batch 4") ? 4 : 1])
            let machines = try machines(one)
            for machine in machines { #expect(machine.model.warnings.isEmpty, "\(machine.configuration.name)") }
            let memories = machines.map(\.configuration.dram)
            #expect(Set(memories).count == 1)
            #expect((memories[0] == .ideal) == one.name.contains("ideal"))
            if one.name.hasPrefix("multipliers") {
                #expect(machines.map(\.configuration.multipliers) == Array(repeating: 1024, count: 6))
            } else {
                let areas = machines.map(\.model.totalArea.squareMillimetres)
                let last = try #require(areas.last)
                for area in areas { #expect(abs(area / last - 1) < 0.01, "\(areas)") }
            }
            for machine in machines {
                #expect(machine.configuration.weightBuffer.capacity == machines[0].configuration.weightBuffer.capacity)
                #expect(machine.configuration.inputBuffer.capacity == machines[0].configuration.inputBuffer.capacity)
            }
        }
    }

    /// The densities are calibrated to the published reductions: counted products come within 2 % of them.
    @Test(arguments: networks) func reductionsAreThePublishedOnes(network: String) async throws {
        var comparison = try comparison(network)
        comparison.cases = [comparison.cases[0]]
        comparison.cases[0].runs.removeAll { !["dense-direct", "winograd-relu"].contains($0.name) }
        let result = try await ComparisonRunner(library: shippedLibrary()).run(comparison)
        let published = try #require(comparison.published)
        let run = try #require(result.cases[0].run(published.run))
        let counted = try #require(run.total(without: published.without).activity.multiplyReduction)
        #expect(abs(counted / published.reduction - 1) < 0.02, "observed \(counted), published \(published.reduction)")
        #expect(try #require(result.cases[0].baseline.total.activity.multiplyReduction) <= 1)
        #expect(run.total.microseconds < result.cases[0].baseline.total.microseconds)
    }

    /// On real operands: the fill-in makes Winograd multiply more than direct convolution does, and the Winograd-domain
    /// ReLU less.
    @Test func digitsShowTheFillIn() async throws {
        var comparison = try comparison("digits")
        comparison.cases = [comparison.cases[0]]
        let runner = ComparisonRunner(library: try shippedLibrary()) { trace in
            trace.layers.indices.filter { ["conv2", "conv3", "conv4"].contains(trace.layers[$0].name) }
        }
        let result = try await runner.run(comparison).cases[0]
        let multiplies = Dictionary(
            uniqueKeysWithValues: result.runs.map { ($0.name, $0.total.activity.array.usefulProducts) })
        let direct = try #require(multiplies["sparse-direct"])
        #expect(try #require(multiplies["filled-winograd"]) > direct)
        #expect(2 * (try #require(multiplies["winograd-relu"])) < direct)
    }
}
