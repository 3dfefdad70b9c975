import Hardware
import Testing

@testable import Engine

/// The naive machine alone, on the cases that the engine is compared on: the laws hold, and the cases reach every
/// mechanism.
@Suite struct RandomMemoryTests {
    /// Classes add up, and traffic covers what is used.
    @Test(arguments: [false, true]) func randomCasesObeyTheLawsAndReachEverything(drawn: Bool) throws {
        var reached: [String: Int] = [:]
        for seed in UInt64(0)..<500 {
            let random =
                drawn ? try RandomCase.drawn(seed: seed, withMemory: true) : RandomCase(seed: seed, withMemory: true)
            do throws(NaiveFault) {
                var machine = try NaiveMachine(random.configuration, random.workload)
                let loads = machine.result.dramReadBytes
                let result = try machine.run()
                let slots = result.cycles * random.configuration.multipliers
                #expect(result.classes.values.reduce(0, +) == slots, "seed \(seed)")
                #expect(result.classes.values.allSatisfy { $0 > 0 }, "seed \(seed)")
                // Idle slots of the one-bundle limit would have their own class.
                let unknown = Set(result.classes.keys).subtracting(NaiveMachine.Result.slotClasses)
                #expect(unknown.isEmpty, "seed \(seed): \(unknown)")
                #expect(result.ledger.values.reduce(0, +) == result.cycles, "seed \(seed)")
                #expect(Set(result.ledger.keys).isSubset(of: NaiveMachine.Result.holders), "seed \(seed)")
                for holder in result.ledger.keys { reached["ledger: \(holder)", default: 0] += 1 }
                if random.workload.isPadded && random.configuration.peArray.zeroSkipping == .none {
                    reached["padded", default: 0] += 1
                }
                var ideal = random.configuration
                ideal.dram = .ideal
                let least = try NaiveMachine(ideal, random.workload).result
                #expect(loads >= least.dramReadBytes, "seed \(seed)")
                #expect(result.dramWriteBytes == least.dramWriteBytes, "seed \(seed)")
                for kind in result.classes.keys { reached[kind, default: 0] += 1 }
                if random.workload.isPadded && random.configuration.mapping.step == .positions
                    && random.layer.shape.taps > 64
                {
                    reached["cut", default: 0] += 1
                }
                if machine.loads.count > 2 * random.workload.weights.count { reached["blocks", default: 0] += 1 }
                if machine.passes.contains(where: { $0.loads.values.contains { $0.count > 1 } }) {
                    reached["streams", default: 0] += 1
                }
                if machine.passes.contains(where: \.waitedForRoom) { reached["room", default: 0] += 1 }
                if random.workload.patchChannels != nil { reached["transform", default: 0] += 1 }
                let buffers = machine.buffers
                for (name, encoding) in [("weights", buffers.weightEncoding), ("inputs", buffers.inputEncoding)] {
                    let zeros = result.counts["zero \(name) read", default: 0]
                    switch encoding {
                    case .runLength: reached["\(name): padding", default: 0] += zeros
                    case .compressedSparseColumn: reached["\(name): csc", default: 0] += 1
                    case .dense, .bitmask: break
                    }
                }
            } catch {
                if case .stuck(let cycle) = error { Issue.record("seed \(seed): nothing moves after cycle \(cycle)") }
                reached[error.name, default: 0] += 1
            }
        }
        let mechanisms = [
            "blocks", "streams", "room", "dram_weights", "dram_inputs", "dram_outputs", "step", "bundle", "outputs",
            "padded", "cut", "weights: padding", "inputs: padding", "weights: csc", "inputs: csc",
        ]
        let holders = NaiveMachine.Result.holders.map { "ledger: \($0)" }
        for mechanism in mechanisms + holders + (drawn ? ["transform", "input_transform"] : ["bit"]) {
            #expect(reached[mechanism, default: 0] > 0, "no case reaches \(mechanism): \(reached)")
        }
    }
}

extension NaiveFault {
    fileprivate var name: String {
        switch self {
        case .stepDoesNotFit: "step"
        case .bundleDoesNotFit: "bundle"
        case .outputsDoNotFit: "outputs"
        case .bitWithoutOperand: "bit"
        case .stuck: "stuck"
        }
    }
}
