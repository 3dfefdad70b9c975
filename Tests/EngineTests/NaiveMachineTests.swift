import Hardware
import Testing

@testable import Engine

/// The naive machine against cycles computed by hand: here its memory, in extensions the rest.
///
/// One PE with one multiplier, unless stated otherwise; operands of 8 bits stored densely in masks of 8 bits with one
/// bit set, so a step of a filter or a tile is 8 bytes and one product. The channel moves 4 bytes per cycle with a
/// latency of 3 cycles: 8 bytes granted in cycle s arrive in s + 3 + 2 - 1 = s + 4, and the channel is free in s + 2.
/// Buffers deliver a bundle per cycle: it is fetched in ready + 1. A drain takes 4 stages and a cycle per pair, and
/// outputs may be stored 3 cycles later.
@Suite struct NaiveMachineTests {
    func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.peArray.rows = 1
        configuration.peArray.columns = 1
        configuration.peArray.filtersPerPE = 1
        configuration.peArray.multipliers = 1
        configuration.peArray.lookahead = 1
        configuration.peArray.accumulatorSets = 3
        configuration.peArray.skipEmptySteps = .none
        configuration.peArray.balance = .none
        configuration.datatype.weights = 8
        configuration.datatype.activations = 8
        configuration.weightBuffer = OperandBuffer(bandwidth: Bytes(256))
        configuration.weightBuffer.encoding = .dense
        configuration.inputBuffer = configuration.weightBuffer
        configuration.outputTransform.units = 1
        configuration.mapping.activationStorage = .dense
        configuration.mapping.loopOrder = .weights
        configuration.dram = .bandwidth(bytesPerCycle: 4, latency: 3)
        return configuration
    }

    func workload(filters: Int = 1, tiles: Int = 1, steps: Int = 1, outputs: Int = 1) -> NaiveWorkload {
        NaiveWorkload(
            width: 8, operands: Array(repeating: Array(0..<8), count: steps), slices: Array(0..<steps),
            weights: [Array(repeating: Array(repeating: 1, count: steps), count: filters)],
            activations: [Array(repeating: Array(repeating: 1, count: tiles), count: steps)],
            inputVectors: { _, steps, tiles in
                Array(repeating: (0..<8).map { $0 == 0 }, count: steps.count * tiles.count)
            },
            moved: { _, steps, tiles in
                steps.flatMap { step in tiles.map { NaiveItem(step: step, tile: $0, channel: 0, bits: 64) } }
            }, outputs: { _ in outputs })
    }

    func fault(_ configuration: Configuration, _ workload: NaiveWorkload) -> NaiveFault? {
        do throws(NaiveFault) { _ = try NaiveMachine(configuration, workload) } catch { return error }
        return nil
    }

    func expect(
        _ configuration: Configuration, _ workload: NaiveWorkload, cycles: Int, classes: [String: Int],
        ledger: [String: Int], read: Int, written: Int, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        var machine = try NaiveMachine(configuration, workload)
        let result = try machine.run()
        #expect(result.cycles == cycles, sourceLocation: sourceLocation)
        #expect(result.classes == classes, sourceLocation: sourceLocation)
        #expect(result.ledger == ledger, sourceLocation: sourceLocation)
        #expect(result.dramReadBytes == read, sourceLocation: sourceLocation)
        #expect(result.dramWriteBytes == written, sourceLocation: sourceLocation)
    }

    /// Weights, 16 bytes: granted 0, steps in 4 and 6. Inputs: granted 4, steps in 8 and 10, fetched and issued
    /// 9 and 11.
    /// Done 10 and 12, drained 12 + 4 + 1 = 17, a byte stored in 20, the last cycle.
    @Test func onePassWaitsForBothLoads() throws {
        try expect(
            configuration(), workload(steps: 2), cycles: 21,
            classes: ["useful": 2, "dram_inputs": 10 + 1, "drain": 7, "dram_outputs": 1],
            ledger: ["dram_inputs": 10 + 2, "array": 1, "drain": 7, "dram_outputs": 1], read: 32, written: 1)
    }

    /// Three tiles of 8 bytes, two places. Weights 0 -> 4; inputs granted 2 -> 6 and 4 -> 8; the third waits for the
    /// first tile's issue in 7: granted 8 -> 12. Issues 7, 9, 13; done 8, 10, 14; drained 13, 15, 14 + 4 + 1 = 19;
    /// stores in 16, 18 and 22.
    @Test func chunksOfInputsWaitForAFreePlace() throws {
        var configuration = configuration()
        configuration.inputBuffer.capacity = Bytes(16)
        configuration.inputBuffer.chunk = Bytes(8)
        try expect(
            configuration, workload(tiles: 3), cycles: 23,
            classes: ["useful": 3, "dram_inputs": 8 + 1 + 3, "drain": 7, "dram_outputs": 1],
            ledger: ["dram_inputs": 8 + 2 + 4, "array": 1, "drain": 7, "dram_outputs": 1], read: 8 + 24, written: 3)
    }

    /// Four steps in chunks of one step, two places. Chunk 0: 0 -> 4. Inputs, 32 bytes, for the first bundle too:
    /// granted 2, steps in 6, 8, 10 and 12. Chunk 1: granted 10 -> 14. Issue of 0 in 7, so chunk 2 may start in 8:
    /// granted 12 -> 16. Issue of 1 in 15; chunk 3: granted 16 -> 20. Issues of 2 and 3 in 17 and 21; done 8, 16, 18,
    /// 22; drained 27; stored 30.
    @Test func chunksOfWeightsWaitForAFreePlace() throws {
        var configuration = configuration()
        configuration.weightBuffer.capacity = Bytes(16)
        configuration.weightBuffer.chunk = Bytes(8)
        try expect(
            configuration, workload(steps: 4), cycles: 31,
            classes: ["useful": 4, "dram_inputs": 8, "dram_weights": 7 + 1 + 3, "drain": 7, "dram_outputs": 1],
            ledger: ["dram_inputs": 8, "dram_weights": 8 + 2 + 4, "array": 1, "drain": 7, "dram_outputs": 1],
            read: 64, written: 1)
    }

    /// As before, steps 1 and 2 without weights: they belong to the second bundle, which uses three chunks, and their
    /// slices of inputs are not loaded. Chunk 0: 0 -> 4. Inputs, 16 bytes: granted 2, steps in 6 and 8. Chunks 1, 2 and
    /// 3: granted 6, 8 and 10 -> 14. Issues 7 and 15, done 16, drained 21, stored 24.
    @Test func stepsThatAreLeftOutAreLoadedWithTheNextBundle() throws {
        var configuration = configuration()
        configuration.weightBuffer.capacity = Bytes(31)
        configuration.weightBuffer.chunk = Bytes(8)
        configuration.peArray.skipEmptySteps = .weights
        var workload = workload(steps: 4)
        workload.weights = [[[1, 0, 0, 1]]]
        #expect(fault(configuration, workload) == .tooFewPlaces(.weights, capacity: 31, needed: 32))
        configuration.weightBuffer.capacity = Bytes(32)
        try expect(
            configuration, workload, cycles: 25,
            classes: ["useful": 2, "dram_inputs": 8, "dram_weights": 7, "drain": 7, "dram_outputs": 1],
            ledger: ["dram_inputs": 8, "dram_weights": 8, "array": 1, "drain": 7, "dram_outputs": 1], read: 32 + 16,
            written: 1)
    }

    /// All four chunks are used by the only bundle, so they are loaded before its inputs: granted 0, 2, 4, 6, inputs
    /// 8 -> 12. Issue 13, done 14, drained 19, stored 22.
    @Test func stepsThatAreLeftOutAtTheEndBelongToTheLastBundle() throws {
        var configuration = configuration()
        configuration.weightBuffer.chunk = Bytes(8)
        configuration.peArray.skipEmptySteps = .weights
        var workload = workload(steps: 4)
        workload.weights = [[[1, 0, 0, 0]]]
        try expect(
            configuration, workload, cycles: 23,
            classes: ["useful": 1, "dram_inputs": 14, "drain": 7, "dram_outputs": 1],
            ledger: ["dram_inputs": 14, "array": 1, "drain": 7, "dram_outputs": 1], read: 32 + 8, written: 1)
    }

    /// Each pass leaves 32 bytes in a buffer of 32, with one accumulator set. Issue 7, done 8, drained 13, stored
    /// 16 to 23. Issue 14, done 15; space from 23, drained 24, stored 27 to 34. Issue 25, held by that space; done 26,
    /// space in 34, drained 35, stored 38 to 45.
    @Test func aFullOutputBufferHoldsTheNextPasses() throws {
        var configuration = configuration()
        configuration.peArray.accumulatorSets = 1
        configuration.outputBuffer.capacity = Bytes(32)
        try expect(
            configuration, workload(tiles: 3, outputs: 32), cycles: 46,
            classes: ["useful": 3, "dram_inputs": 8, "drain": 6 + 11, "dram_outputs": 10 + 8],
            ledger: ["dram_inputs": 8, "drain": 7 + 11, "dram_outputs": 11 + 8, "array": 1], read: 32, written: 96)
    }

    /// Two tiles own 8 and 4 bytes, which arrive in 6 and 7. One unit of interval 3 and latency 2: starts in 7 and 10,
    /// in the buffer in 7 + 4 and 10 + 4. Issue 15, done 16, drained 16 + 4 + 2 = 22, stored 25. The second waited 2
    /// cycles for the unit, which is less than the 4 that the transform takes, so the memory is charged.
    /// With interval 1 the second starts in 8, after its arrival, and is in the buffer in 10: issue 11, and so on.
    /// With interval 4 and a third tile of 4 bytes, which arrives in 8: it starts in 15, and its wait of 6 cycles is
    /// longer than the 5 that the transform takes. In the buffer in 20, issue 21, done 22, drained 22 + 4 + 3 = 29,
    /// stored 32.
    @Test(arguments: [(2, 3, 26, "dram_inputs", 16), (2, 1, 22, "dram_inputs", 12), (3, 4, 33, "input_transform", 22)])
    func longWaitsAreChargedToTheTransform(tiles: Int, interval: Int, cycles: Int, holder: String, held: Int) throws {
        var configuration = configuration()
        configuration.peArray.columns = tiles
        configuration.inputTransform.units = 1
        configuration.inputTransform.interval = interval
        var workload = workload(tiles: tiles)
        workload.patchChannels = { _ in [0] }
        workload.moved = { _, _, tiles in
            tiles.map { NaiveItem(step: 0, tile: $0, channel: 0, bits: $0 == 0 ? 64 : 32) }
        }
        try expect(
            configuration, workload, cycles: cycles,
            classes: [
                "useful": tiles, holder: tiles * held, "drain": tiles * (6 + tiles), "dram_outputs": tiles,
            ],
            ledger: [holder: held, "array": 1, "drain": 6 + tiles, "dram_outputs": 1], read: 12 + 4 * tiles,
            written: tiles)
    }

    /// A window of padding only has no byte to fetch: inputs that arrive in 6 are fetched in 6, not in 7. Issue 6, done
    /// 7, drained 12, stored 15.
    @Test func bundlesWithoutBytesWaitOnlyForTheirArrival() throws {
        var workload = workload()
        workload.inputVectors = { _, _, _ in [] }
        try expect(
            configuration(), workload, cycles: 16,
            classes: ["useful": 1, "dram_inputs": 7, "drain": 7, "dram_outputs": 1],
            ledger: ["dram_inputs": 7, "array": 1, "drain": 7, "dram_outputs": 1], read: 16, written: 1)
    }

    @Test func operandsThatDoNotFitAreRefused() throws {
        var small = configuration()
        small.weightBuffer.chunk = Bytes(8)
        small.weightBuffer.capacity = Bytes(15)
        #expect(fault(small, workload(filters: 2)) == .tooFewPlaces(.weights, capacity: 15, needed: 16))
        small.weightBuffer.capacity = Bytes(16)
        #expect(fault(small, workload(filters: 2)) == nil)
        small.outputBuffer.capacity = Bytes(3)
        #expect(fault(small, workload(outputs: 4)) == .outputsDoNotFit(bytes: 4, capacity: 3))
    }

    /// A memory without limits costs the cycle in which a load arrives and the cycle of the last store, and at most a
    /// cycle for each other load, where its passes run in the order of ideal memory.
    @Test(arguments: 0..<UInt64(20)) func unlimitedMemoryAddsFewCyclesToIdealMemory(block: UInt64) throws {
        for seed in block * 50..<(block + 1) * 50 {
            var random = RandomCase(seed: seed)
            guard (try? random.workload.checkMasks()) != nil else { continue }
            random.configuration.outputBuffer.capacity = Bytes.kibibytes(1 << 20)
            random.configuration.weightBuffer.capacity = Bytes.kibibytes(1 << 20)
            random.configuration.inputBuffer.capacity = Bytes.kibibytes(1 << 20)
            if random.configuration.operandBuffer.capacity != nil {
                random.configuration.operandBuffer.capacity = Bytes.kibibytes(1 << 20)
            }
            if random.configuration.mapping.stepOrder == .auto { random.configuration.mapping.stepOrder = .channels }
            var ideal = try NaiveMachine(random.configuration, random.workload)
            random.configuration.dram = .bandwidth(bytesPerCycle: 1 << 30, latency: 0)
            var unlimited = try NaiveMachine(random.configuration, random.workload)
            guard ideal.passes.map(\.rows) == unlimited.passes.map(\.rows),
                ideal.passes.map(\.columns) == unlimited.passes.map(\.columns)
            else { continue }
            let least = try ideal.run()
            let observed = try unlimited.run()
            #expect(least.ledger.values.reduce(0, +) == least.cycles, "seed \(seed)")
            #expect(Set(least.classes.keys).isSubset(of: NaiveMachine.Result.slotClasses), "seed \(seed)")
            #expect(observed.cycles > least.cycles, "seed \(seed)")
            #expect(observed.cycles <= least.cycles + 2 + unlimited.loads.count, "seed \(seed)")
            #expect(observed.dramWriteBytes == least.dramWriteBytes, "seed \(seed)")
        }
    }
}
