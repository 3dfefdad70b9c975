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
                if let split = machine.split, let banks = NaiveBanks(random.configuration) {
                    reached["shared", default: 0] += 1
                    let weights = split[.weights] ?? 0
                    if abs(2 * weights - banks.count) > 1 { reached["uneven split", default: 0] += 1 }
                    if banks.splits.count < banks.count - 1 { reached["narrow port", default: 0] += 1 }
                }
                for plan in machine.plans {
                    for operand in NaiveOperand.allCases {
                        reached["\(operand) \(plan.kind(operand))", default: 0] += 1
                    }
                    if plan.isCut { reached["cut passes", default: 0] += 1 }
                    if plan.takesSlicesOutside { reached["slices outside", default: 0] += 1 }
                }
                if machine.loads.contains(where: { $0.chunk.bytes == 0 }) { reached["no bytes", default: 0] += 1 }
                if machine.passes.contains(where: \.waitedForRoom) { reached["room", default: 0] += 1 }
                if random.workload.patchChannels != nil { reached["transform", default: 0] += 1 }
                if random.configuration.mapping.activationStorage == .transformed {
                    reached[random.workload.storesTiles ? "tiles" : "no tiles", default: 0] += 1
                    switch random.workload.next {
                    case .tiles: reached["next tiles", default: 0] += 1
                    case .pixels(let density): reached["next pixels \(density < 1 ? "known" : "full")", default: 0] += 1
                    }
                }
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
            "weights fit", "inputs fit", "weights held in part", "inputs held in part", "weights only staged",
            "inputs only staged", "shared", "uneven split", "narrow port", "split", "weights places", "inputs places",
            "cut passes", "slices outside",
            "room", "dram_weights", "dram_inputs", "dram_outputs", "outputs",
            "padded", "cut", "weights: padding", "inputs: padding", "weights: csc", "inputs: csc",
            "tiles", "no tiles", "next tiles", "next pixels known", "next pixels full",
        ]
        let holders = NaiveMachine.Result.holders.map { "ledger: \($0)" }
        for mechanism in mechanisms + holders + (drawn ? ["transform", "input_transform", "no bytes"] : ["bit"]) {
            #expect(reached[mechanism, default: 0] > 0, "no case reaches \(mechanism): \(reached)")
        }
    }

    /// With more places of the same size, what stays is what stayed and more.
    @Test(arguments: [false, true]) func moreCapacityNeverRaisesTheTraffic(drawn: Bool) throws {
        for seed in UInt64(0)..<100 {
            let random =
                drawn ? try RandomCase.drawn(seed: seed, withMemory: true) : RandomCase(seed: seed, withMemory: true)
            var configuration = random.configuration
            // What is estimated to end first may move more.
            if configuration.mapping.loopOrder == .fast { configuration.mapping.loopOrder = .auto }
            var least: Int?
            for _ in 0..<8 {
                let machine = try? NaiveMachine(configuration, random.workload)
                if let moved = machine?.result.dramReadBytes {
                    #expect(least.map { moved <= $0 } ?? true, "seed \(seed)")
                    least = moved
                }
                for buffer in [\Configuration.weightBuffer, \.inputBuffer] {
                    let capacity = configuration[keyPath: buffer].capacity.count
                    configuration[keyPath: buffer].capacity = Bytes(capacity * 4 / 3 + 1)
                }
                if let capacity = configuration.operandBuffer.capacity {
                    for buffer in [\Configuration.weightBuffer, \.inputBuffer] {
                        configuration[keyPath: buffer].chunk =
                            random.configuration.chunkSize(random.configuration[keyPath: buffer])
                    }
                    configuration.operandBuffer.capacity = Bytes(capacity.count * 2)
                }
            }
        }
    }
}

extension NaiveFault {
    fileprivate var name: String {
        switch self {
        case .tooFewPlaces(let operand, _, _): "\(operand) places"
        case .noSplit: "split"
        case .outputsDoNotFit: "outputs"
        case .bitWithoutOperand: "bit"
        case .stuck: "stuck"
        }
    }
}

extension NaivePlan {
    /// Whether all chunks of an operand fit their places, or some are held from use to use, or none.
    fileprivate func kind(_ operand: NaiveOperand) -> String {
        guard let loads = loads[operand], let places = places[operand] else { return "" }
        if Set(loads.map(\.chunk)).count <= places.count { return "fit" }
        return places.count > places.staged ? "held in part" : "only staged"
    }

    /// Whether a block of row or column groups stands between the two orders that no block cuts.
    fileprivate var isCut: Bool {
        let rows = chunks.weights.count
        let columns = chunks.inputs.count
        return passes != Self.order(rows: rows, columns: columns, .weights, block: 1, strip: 1)
            && passes != Self.order(rows: rows, columns: columns, .inputs, block: 1, strip: 1)
    }

    fileprivate var takesSlicesOutside: Bool {
        chunks.bundles.contains { bundles in
            let steps = Array(bundles.joined())
            return zip(steps, steps.dropFirst()).contains { $0 > $1 }
        }
    }
}
