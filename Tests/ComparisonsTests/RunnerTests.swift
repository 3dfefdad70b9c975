import Comparisons
import Files
import Foundation
import Hardware
import Simulation
import Synchronization
import TestSupport
import Testing
import Traces

@testable import Energy
@testable import Engine

@Suite struct RunnerTests {
    private static let trace = """
        format: winosim-trace/1
        model: tiny
        layers:
          - name: conv1
            operation: convolution
            input: {channels: 8, height: 8, width: 8}
            output: {channels: 16}
            kernel: {height: 3, width: 3, padding: 1}
            relu: winograd
            weights: {density: 0.5, domain: winograd}
            activations: {density: 0.5, domain: winograd}
          - name: fc
            operation: linear
            input: {channels: 64}
            output: {channels: 10}
            weights: {density: 0.5}
            activations: {density: 0.5}
        """

    private func comparison(_ folder: String) -> Comparison {
        func runs(_ batch: Int?) -> [ComparisonRun] {
            [
                ComparisonRun(
                    name: "small", trace: folder + "/tiny.yaml", configuration: nil,
                    overrides: ["pe_array.rows=4", "pe_array.columns=4"], batch: batch),
                ComparisonRun(name: "large", trace: folder + "/tiny.yaml", configuration: nil, batch: batch),
            ]
        }
        return Comparison(
            name: "sizes", baseline: "small",
            cases: [ComparisonCase(name: "one", runs: runs(nil)), ComparisonCase(name: "four", runs: runs(4))])
    }

    /// Each run of a comparison gives the result that it gives alone.
    @Test func runsEqualThoseMadeAlone() async throws {
        let folder = try Folder(["tiny.yaml": Self.trace])
        let reports = Mutex<[String]>([])
        let result = try await ComparisonRunner(library: shippedLibrary()).run(comparison(folder.path)) {
            done, all, run in
            reports.withLock { $0.append("\(done) of \(all): \(run)") }
        }
        #expect(
            reports.withLock { $0 } == [
                "0 of 4: one: small", "1 of 4: one: large", "2 of 4: four: small", "3 of 4: four: large",
            ])
        let trace = try Trace.load(path: folder.file("tiny.yaml"))
        for (one, batch) in zip(result.cases, [1, 4]) {
            #expect(one.baseline.name == "small")
            for run in one.runs {
                let overrides: [Override] = run.name == "small" ? ["pe_array.rows=4", "pe_array.columns=4"] : []
                let machine = try Machine(
                    Configuration.load(path: nil, overrides: overrides), library: shippedLibrary())
                let alone = try await Simulator(machine).run(trace.with(batch: batch))
                #expect(run.layers.map(\.activity) == alone.layers.map(\.activity))
                #expect(run.total.activity == alone.total.activity)
                let energy = machine.model.energy(of: alone.activity)
                #expect(run.total.energy == energy.map(\.total).sum())
                #expect(run.layers.map(\.energy) == energy.map(\.total))
                #expect(run.area == machine.model.totalArea)
            }
        }
        // Four images have about four times the products of drawn operands.
        let (single, batch) = (result.cases[0].runs[1].total, result.cases[1].runs[1].total)
        #expect(abs(Double(batch.multiplies) / Double(single.multiplies) / 4 - 1) < 0.1)
        #expect(batch.activity.workload.denseMultiplies == 4 * single.activity.workload.denseMultiplies)
    }

    @Test func layersCanBeChosen() async throws {
        let folder = try Folder(["tiny.yaml": Self.trace])
        let result = try await ComparisonRunner(library: shippedLibrary()) { _ in [1] }.run(comparison(folder.path))
        for run in result.cases.flatMap(\.runs) { #expect(run.layers.map(\.layer) == ["fc"]) }
    }

    /// The error is in the last run, and is thrown before the first run begins.
    @Test func overridesAreCheckedBeforeAnythingRuns() async throws {
        let folder = try Folder(["tiny.yaml": Self.trace])
        var comparison = comparison(folder.path)
        comparison.cases[1].runs[1].overrides = ["pe_array.rowz=3"]
        let started = Mutex(0)
        await #expect(throws: InputError.self) {
            _ = try await ComparisonRunner(library: shippedLibrary()).run(comparison) { _, _, _ in
                started.withLock { $0 += 1 }
            }
        }
        #expect(started.withLock { $0 } == 0)
    }
}
