import Energy
import Engine
import Hardware
import Reports
import Simulation
import TestSupport
import Testing
import Traces

@testable import Sweeps

@Suite struct RunnerTests {
    /// Each row is equal to that of a single run.
    @Test func rowsMatchSingleRuns() async throws {
        let folder = try Folder.withSweep()
        let plan = try folder.plan()
        let result = try await plan.result()
        #expect(result.count == plan.count && result.failures == 0)
        let trace = try Trace.load(path: folder.file("trace.yaml"))
        for (row, values) in zip(result.rows, plan.values) {
            let overrides = zip(plan.sweep.axes, values).dropFirst().map { Override("\($0.name)=\($1)") }
            let machine = try Machine(
                Configuration.load(path: folder.file("machine.yaml"), overrides: Array(overrides)),
                library: shippedLibrary())
            let alone = try await Simulator(machine).run(trace)
            #expect(row.totals == RunTotals(alone), "\(values)")
        }
    }

    /// Neither the number of workers nor the cache changes a byte.
    @Test func rowsDoNotDependOnWorkersOrMemory() async throws {
        let plan = try Folder.withSweep().plan()
        let one = try await plan.result(jobs: 1).text
        #expect(try await plan.result(jobs: 4).text == one)
        #expect(try await plan.result(jobs: 40).text == one)
        #expect(try await plan.result(jobs: 2, memory: Bytes(0)).text == one)
        #expect(try await plan.result(jobs: 3, memory: .kibibytes(2)).text == one)
    }

    /// A failed point has a row with the reason, and the others run.
    @Test func pointsThatFailKeepTheirRow() async throws {
        let plan = try Folder.withSweep(
            """
            base: machine.yaml
            traces: [trace.yaml]
            axes: {weight_buffer.capacity: [8 KiB, 16 B], pe_array.broadcast_steps: [1, 9], energy.technology: [45 nm, 5 nm]}
            """
        ).plan()
        let result = try await plan.result()
        #expect(result.count == 8 && result.failures == 7)
        let lines = result.text.split(separator: "\n")
        #expect(lines[1].contains(",true,") && lines[1].hasSuffix(","))
        #expect(
            lines[2].hasSuffix("the range of the scaling \"\"stillmaker-baas\"\"\"") && lines[2].contains(",false,"),
            "\(lines[2])")
        #expect(lines[3].contains("broadcast_steps is 9, but fifo_depth is 4"), "\(lines[3])")
        #expect(lines[5].contains("weight_buffer"), "\(lines[5])")
        #expect(result.reasons.count >= 3)
        #expect(result.terminal().contains("7 of them failed"))
    }

    /// Values of an axis under `apart` have separate fronts, shown one after the other.
    @Test func axesApartHaveSeparateFronts() async throws {
        let sweep = """
            traces: [trace.yaml]
            axes: {pe_array.rows: [1, 16], clock: [100 MHz, 200 MHz]}
            set: ["dram={model: ideal}"]
            objectives: {time_us: minimize}

            """
        let together = try await Folder.withSweep(sweep).plan().result()
        #expect(together.front.numbers == [4])
        let apart = try await Folder.withSweep(sweep + "apart: [pe_array.rows]").plan().result()
        #expect(apart.front.numbers == [2, 4])
        let lines = apart.terminal().split(separator: "\n").suffix(2).map { $0.split(separator: " ").prefix(2) }
        #expect(lines == [["2", "1"], ["4", "16"]])
    }

    /// Parameters of traces: twice the images have twice the dense products, and densities are those of the axis.
    @Test func pointsUseTheirTraces() async throws {
        let plan = try Folder.withSweep(
            """
            traces: [trace.yaml]
            axes: {trace.batch: [1, 2], trace.weights.density: [0.25, 1], trace.activations.density: [1.0], trace.winograd.tile: [2, 4]}
            """
        ).plan()
        let result = try await plan.result()
        #expect(result.failures == 0, "\(result.text)")
        func figure(_ row: SweepRow, _ name: String) throws -> Double {
            let figure = try #require(Objective.figure(named: name))
            return try #require(row[figure].number)
        }
        for row in result.rows {
            let images = Double(row.axes[1]) ?? 0
            #expect(try figure(row, "dense_multiplies") == images * Double(36 * 5 * 6 * 9 + 280))
            #expect(try figure(row, "activation_density") == 1)
            if row.axes[2] == "1" {
                #expect(try figure(row, "weight_density") == 1)
                // 16 positions for 4 outputs, or 36 for 16, two tiles an edge covering 6 outputs as 8.
                let products = row.axes[4] == "2" ? 9.0 * 16 : 4 * 36
                #expect(try figure(row, "multiplies") == images * (products * 30 + 280))
            } else {
                #expect(abs(try figure(row, "weight_density") - 0.25) < 0.05)
            }
        }
        // Batch and densities are other work to do, a tile is another way to do it.
        let apart = result.identity.apart.map { result.identity.axes[$0] }
        #expect(apart == ["trace", "trace.batch", "trace.weights.density", "trace.activations.density"])
    }
}
