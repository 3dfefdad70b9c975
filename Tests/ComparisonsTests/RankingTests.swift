import Comparisons
import Hardware
import Simulation
import Testing
import Traces

@testable import Energy
@testable import Engine

@Suite struct RankingTests {
    /// A run of one layer with given multiplies, cycles (all but 100 of them wait for weights) and DRAM bytes.
    private func run(_ name: String, multiplies: Int, cycles: Int, bytes: Int = 1000) throws -> RunResult {
        var activity = Activity()
        activity.timing.cycles = cycles
        activity.array.usefulProducts = multiplies
        activity.array.slots[.useful] = multiplies
        activity.array.slots[.dramWeights] = 1024 * cycles - multiplies
        activity.timing.held[.dramWeights] = cycles - 100
        activity.timing.held[.array] = 100
        activity.memory.weightBytes = bytes
        let configuration = Configuration()
        let layer = LayerActivity(
            name: "layer", shape: LayerShape(channels: 1, filters: 1), algorithm: .direct, note: nil, activity: activity
        )
        let trace = TraceActivity(
            configuration: configuration, model: name, traceDescription: "", traceDigest: "", seed: 1, layers: [layer])
        let machine = try Machine(configuration, library: shippedLibrary())
        return RunResult(name: name, result: SimulationResult(trace, machine: machine), tracePath: "")
    }

    private func inversions(_ runs: [RunResult]) -> [RankingChange] {
        RankingChange.all(in: CaseResult(name: "", runs: runs, baseline: runs[0].name))
    }

    @Test func noInversionWhereFewerMultipliesAreFaster() throws {
        let runs = [
            try run("dense", multiplies: 1_000_000, cycles: 2000), try run("sparse", multiplies: 100_000, cycles: 400),
        ]
        #expect(inversions(runs).isEmpty)
    }

    /// 100,000 multiplies in 4,000 cycles against 1,000,000 in 2,000 at 800 MHz: 5 us against 2.5. Both have 100 cycles
    /// of the array; the first waits for weights in 2,000 cycles more.
    @Test func fewerMultipliesCanTakeMoreTime() throws {
        let runs = [
            try run("dense", multiplies: 1_000_000, cycles: 2000), try run("sparse", multiplies: 100_000, cycles: 4000),
            try run("middle", multiplies: 500_000, cycles: 3000),
        ]
        let found = inversions(runs).filter { $0.measure == .time }
        // The largest inversion is first: the dense run is faster than the sparse one, and than the middle one.
        #expect(found.map(\.fewer.name) == ["sparse", "middle"])
        #expect(found.map(\.ahead.name) == ["dense", "dense"])
        let first = try #require(found.first)
        #expect(first.multiplyRatio == 10 && first.ratio == 2)
        #expect(first.reasons.map(\.part) == [.holder(.dramWeights)])
        #expect(abs(first.reasons[0].excess - 2000.0 / 800) < 1e-9)
    }

    @Test func fewerMultipliesCanTakeMoreEnergy() throws {
        // About 1 pJ per multiply, and 64 pJ per byte of a memory without a standard.
        let runs = [
            try run("dense", multiplies: 100_000, cycles: 1000, bytes: 1000),
            try run("sparse", multiplies: 50_000, cycles: 900, bytes: 1_000_000),
        ]
        let found = inversions(runs)
        #expect(found.map(\.measure) == [.energy])
        #expect(found[0].reasons.map(\.part) == [.component("dram")])
        #expect(abs(found[0].reasons[0].excess - 64 * 999_000) < 1)
    }

    /// Two percent are not an inversion: operands are drawn.
    @Test func smallDifferencesAreNoInversion() throws {
        let runs = [
            try run("a", multiplies: 101_000, cycles: 1000), try run("b", multiplies: 100_000, cycles: 1500),
            try run("c", multiplies: 50_000, cycles: 1010),
        ]
        let found = inversions(runs).filter { $0.measure == .time }
        #expect(found.isEmpty)
    }
}
