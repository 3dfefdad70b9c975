import Files
import Foundation
import Hardware
import Testing
import Traces

@testable import Engine

extension LoweredLayer {
    /// A layer in the form that the machine chooses, drawn with seed 1.
    init(_ layer: Layer, _ configuration: Configuration) throws {
        try self.init(LayerForm(layer, mapping: configuration.mapping), configuration: configuration, seed: 1)
    }
}

/// The engine's result under the naive machine's names.
///
/// - Parameter next: the layer that reads the outputs.
func engineResult(
    _ layer: Layer, _ configuration: Configuration, next: Layer? = nil, wide: Bool
) throws -> NaiveMachine.Result {
    let lowered = try LoweredLayer(layer, configuration)
    let nextForm = try next.map { try LayerForm($0, mapping: configuration.mapping) }
    let activity = try LayerSimulation(
        lowered: lowered, configuration: configuration,
        nextDensity: OutputDensity(
            nextForm.map { NextLayer(form: $0, isOnlyReader: true) }, configuration: configuration, seed: 1, share: nil),
        prefersWideLanes: wide
    ).run().activity
    var result = NaiveMachine.Result()
    result.cycles = activity.cycles
    result.useful = activity.array.usefulProducts
    result.executed = activity.array.executedProducts
    result.busy = activity.array.busyCycles
    result.dramReadBytes = activity.memory.weightBytes + activity.memory.inputBytes
    result.dramWriteBytes = activity.memory.outputBytes
    for kind in CycleClass.allCases where activity.array.slots[kind] != 0 {
        result.classes[kind.name] = activity.array.slots[kind]
    }
    for holder in CycleHolder.allCases where activity.timing.held[holder] != 0 {
        result.ledger[holder.name] = activity.timing.held[holder]
    }
    result.counts = naiveCounts(activity).filter { $0.value != 0 }
    return result
}

/// The counts of the energy model, under the naive machine's names.
private func naiveCounts(_ activity: Activity) -> [String: Int] {
    var counts = [
        "accumulator updates": activity.array.accumulatorUpdates, "entries examined": activity.array.entriesExamined,
        "accumulators drained": activity.outputs.accumulatorDrains, "outputs": activity.outputs.values,
        "output buffer writes": activity.outputs.bufferWrites, "products skipped": activity.skippedProducts,
        "outputs encoded": activity.outputs.encoded.values,
        "output mask bits": activity.outputs.indexBits,
        "non-zero outputs encoded": activity.outputs.encoded.nonZeros,
        "input tiles transformed": activity.transforms.inputTiles,
    ]
    for (name, operand) in [("weight", activity.weights), ("input", activity.inputs)] {
        counts["\(name)s of the algorithm"] = operand.algorithmicReads
        counts["\(name)s read"] = operand.read.nonZeros
        counts["zero \(name)s read"] = operand.read.zeros
        for (action, values) in [
            ("moved", operand.moved), ("written", operand.written), ("broadcast", operand.broadcast),
            ("queued", operand.queued), ("encoded", operand.encoded),
        ] {
            counts["\(name)s \(action)"] = values.values
            counts["non-zero \(name)s \(action)"] = values.nonZeros
        }
        counts["\(name)s decoded"] = operand.decoded
        counts["\(name) mask bits read"] = operand.readIndexBits
        counts["\(name) mask bits moved"] = operand.movedIndexBits
        counts["\(name) buffer bytes"] = operand.bufferReadBytes
        counts["\(name) buffer reads"] = operand.bufferReads
        counts["\(name) buffer writes"] = operand.bufferWrites
        counts["\(name) banks"] = operand.banks
    }
    return counts
}

@Suite struct EngineAgainstNaiveTests {
    /// `Tests/run --quick` runs a fifth of the cases.
    static let share: UInt64 = ProcessInfo.processInfo.environment["WINOSIM_TIER"] == "quick" ? 5 : 1

    /// Cycles, products, busy cycles and every class agree exactly.
    /// 40 blocks of 250 seeds: 10,000 cases, run in parallel by the test runner.
    @Test(arguments: 0..<40 / share) func figuresAgreeOnMasks(block: UInt64) throws {
        for seed in block * 250..<(block + 1) * 250 { try compare(RandomCase(seed: seed), seed) }
    }

    /// The naive lowering cuts the operands into steps. This covers fetches from pixels, patches and encoded positions.
    @Test(arguments: 0..<20 / share) func figuresAgreeOnDrawnOperands(block: UInt64) throws {
        for seed in block * 100..<(block + 1) * 100 { try compare(RandomCase.drawn(seed: seed), seed) }
    }

    /// Chunks, what stays, orders, loads, arrivals, the transform on load, stores and back-pressure.
    @Test(arguments: 0..<40 / share) func figuresAgreeOnMasksBehindMemory(block: UInt64) throws {
        for seed in block * 100..<(block + 1) * 100 { try compare(RandomCase(seed: seed, withMemory: true), seed) }
    }

    @Test(arguments: 0..<40 / share) func figuresAgreeOnDrawnOperandsBehindMemory(block: UInt64) throws {
        for seed in block * 100..<(block + 1) * 100 {
            try compare(RandomCase.drawn(seed: seed, withMemory: true), seed)
        }
    }

    /// Expects that both agree in all figures, or both refuse what does not fit.
    private func compare(_ random: RandomCase, _ seed: UInt64) throws {
        var expected: NaiveMachine.Result?
        do {
            var machine = try NaiveMachine(random.configuration, random.workload)
            expected = try machine.run()
        } catch {
            #expect(throws: InputError.self, "seed \(seed): \(error)") {
                try engineResult(random.layer, random.configuration, next: random.next, wide: false)
            }
        }
        guard let expected else { return }
        for wide in [false, true] {
            let observed = try engineResult(random.layer, random.configuration, next: random.next, wide: wide)
            for (name, count) in observed.counts.merging(expected.counts, uniquingKeysWith: { $1 })
            where observed.counts[name] != expected.counts[name] {
                Issue.record(
                    "seed \(seed): \(name): \(observed.counts[name] ?? 0), expected \(expected.counts[name] ?? 0) (\(count))"
                )
            }
            #expect(
                observed == expected,
                "seed \(seed), \(wide ? "wide" : "narrow") lanes: \(random.configuration), \(random.layer.shape)")
        }
    }
}
