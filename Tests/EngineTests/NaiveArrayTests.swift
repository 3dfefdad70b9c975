import Hardware
import Testing
import Traces

@testable import Engine

/// Lanes that hold no operand, and the ledger of cycles.
///
/// On ideal memory a bundle of 8 bytes is fetched in cycle 0, at 256 bytes per cycle: it ties with the one-bundle
/// limit, and the weight stream is the first of those. A pass of one pair ends 4 + 1 cycles after its finish, the layer
/// 2 cycles later.
extension NaiveMachineTests {
    /// These lanes are neither multiplied, nor loaded, nor counted.
    /// Eleven channels in steps of eight. Weights: granted 0, 8 bytes in 4, 11 in 5. Inputs: granted 3, 8 bytes in 7,
    /// 11 in 8, fetched 8 and 9, issued then.
    /// One multiplier: 8 products in 9 to 16, 3 in 17 to 19; drained 24, stored 27.
    /// Four multipliers: 8 products in 9 and 10, 3 in 11, which leaves a slot empty; drained 16, stored 19.
    @Test func lanesBeyondTheLastChannelCostNothing() throws {
        var configuration = configuration()
        configuration.peArray.zeroSkipping = .none
        var workload = workload(steps: 2)
        workload.operands = [Array(0..<8), Array(0..<3)]
        workload.inputVectors = { _, steps, tiles in
            steps.flatMap { step in tiles.map { _ in (0..<[8, 3][step]).map { $0 == 0 } } }
        }
        workload.moved = { _, steps, tiles in
            steps.flatMap { step in
                tiles.map {
                    NaiveItem(
                        step: step, tile: $0, channel: 0, bits: 8 * [8, 3][step], values: [8, 3][step],
                        zeros: [7, 2][step])
                }
            }
        }
        try expect(
            configuration, workload, cycles: 28,
            classes: ["useful": 2, "ineffectual": 9, "dram_inputs": 9, "drain": 7, "dram_outputs": 1],
            ledger: ["dram_inputs": 10, "array": 10, "drain": 7, "dram_outputs": 1], read: 22, written: 1)
        configuration.peArray.multipliers = 4
        try expect(
            configuration, workload, cycles: 20,
            classes: [
                "useful": 2, "ineffectual": 9, "underfill": 1, "dram_inputs": 36, "drain": 28, "dram_outputs": 4,
            ], ledger: ["dram_inputs": 10, "array": 2, "drain": 7, "dram_outputs": 1], read: 22, written: 1)
        var machine = try NaiveMachine(configuration, workload)
        let counts = try machine.run().counts
        for operand in ["weights", "inputs"] {
            for action in ["moved", "written", "broadcast", "queued", "of the algorithm"] {
                #expect(counts["\(operand) \(action)"] == 11, "\(operand) \(action)")
            }
            #expect(counts["\(operand) read"] == 2)
            #expect(counts["zero \(operand) read"] == 9)
        }
        #expect(counts["weight buffer bytes"] == 11)
        #expect(counts["products skipped"] == nil)
        #expect(workload.density(.weights) == (2, 11))
        #expect(workload.density(.inputs) == (2, 11))
        // A bit of a mask for each lane, and the two values.
        configuration.weightBuffer.encoding = .bitmask
        machine = try NaiveMachine(configuration, workload)
        #expect(machine.result.dramReadBytes == (11 + 2 * 8 + 7) / 8 + 11)
        #expect(try machine.run().counts["weight mask bits read"] == 11)
        // Only products of two non-zeros remain: nine of eleven are skipped.
        configuration.peArray.zeroSkipping = .both
        machine = try NaiveMachine(configuration, workload)
        #expect(try machine.run().counts["products skipped"] == 9)
    }

    @Test(arguments: [(NaiveOperand.weights, 1, 3), (.inputs, 1, 7), (.weights, 0, 8), (.inputs, 0, 63)])
    func bitsWithoutAnOperandAreRefused(operand: NaiveOperand, step: Int, bit: Int) {
        var workload = workload(steps: 2)
        workload.operands = [Array(0..<8), Array(0..<3)]
        switch operand {
        case .weights: workload.weights[0][0][step] |= 1 << UInt64(bit)
        case .inputs: workload.activations[0][step][0] |= 1 << UInt64(bit)
        }
        #expect(throws: NaiveFault.bitWithoutOperand(operand, step: step, bit: bit)) {
            _ = try NaiveMachine(self.configuration(), workload)
        }
    }

    /// 24 channels in steps of 16, and 81 taps in two steps of 41. On 3 x 3 pixels, every tap but the middle one of a
    /// 9 x 9 window is in the border for some output: these zeros are operands.
    @Test(arguments: [
        (24, 1, 0, StepForm.channels, [16, 8]), (2, 9, 4, .positions, [41, 40, 41, 40]),
        (5, 2, 0, .channels, [4, 1, 4, 1, 4, 1, 4, 1]), (1, 3, 1, .positions, [9]),
    ])
    func lastStepsHoldNoExtraOperands(channels: Int, kernel: Int, padding: Int, step: StepForm, counts: [Int]) throws {
        var shape = LayerShape(channels: channels, filters: 1)
        (shape.kernelHeight, shape.kernelWidth) = (kernel, kernel)
        (shape.paddingHeight, shape.paddingWidth) = (padding, padding)
        (shape.height, shape.width) = (3, 3)
        var configuration = configuration()
        configuration.mapping.algorithm = .direct
        configuration.mapping.step = step
        configuration.mapping.stepWidth = counts[0]
        configuration.peArray.zeroSkipping = .none
        configuration.dram = .ideal
        let layer = Layer(
            name: "layer", shape: shape, weights: .density(1, .spatial, Spread()),
            activations: .density(1, .spatial, Spread()))
        let workload = NaiveLowering(
            shape: shape, configuration: configuration, edge: nil,
            weights: try LayerForm(direct: layer).weightZeros(seed: 1, quantizeBits: nil),
            activations: try LayerForm(direct: layer).activationZeros(seed: 1, quantizeBits: nil)
        ).workload()
        #expect(workload.operands.map(\.count) == counts)
        let pairs = shape.outputHeight * shape.outputWidth
        var machine = try NaiveMachine(configuration, workload)
        #expect(try machine.run().executed == channels * kernel * kernel * pairs)
        #expect(machine.result.dramReadBytes == channels * (kernel * kernel + 9))
        #expect(workload.density(.weights) == (channels * kernel * kernel, channels * kernel * kernel))
        let density = workload.density(.inputs)
        #expect(density.operands == channels * kernel * kernel * pairs)
        #expect((density.nonZeros < density.operands) == (padding > 0))
    }

    /// The ledger of a full FIFO, of a slow stream and of the one-bundle limit.
    /// Steps of three products, a FIFO of two entries, and a stall latency of one cycle.
    /// Issues 0 and 1; done 3 and 6; issues 3 + 2 and 6 + 2; done 9 and 12; drained 17.
    /// At 3 bytes per cycle, 8 bytes are fetched in 2, 5, 7 and 10. Issues 2 and 5; done 5 and 8; issues 5 + 2
    /// and 8 + 2, ties that are charged to the FIFO; done 11 and 14; drained 19.
    @Test func aFullFIFOHoldsTheNextIssue() throws {
        var configuration = configuration()
        configuration.dram = .ideal
        configuration.peArray.fifoDepth = 2
        var workload = workload(steps: 4)
        workload.weights = [[[7, 7, 7, 7]]]
        workload.activations = [[[7], [7], [7], [7]]]
        try expect(
            configuration, workload, cycles: 20, classes: ["useful": 12, "weight_fetch": 1, "drain": 7],
            ledger: ["weight_fetch": 1, "issue": 1, "array": 4 + 3 + 4, "drain": 7], read: 64, written: 1)
        configuration.weightBuffer.bandwidth = Bytes(3)
        try expect(
            configuration, workload, cycles: 22, classes: ["useful": 12, "weight_fetch": 3, "drain": 7],
            ledger: ["weight_fetch": 6, "array": 2 + 3 + 4, "drain": 7], read: 64, written: 1)
    }

    /// Two tiles, a pass each. One set: issue 0, done 1, drained 6; issue 7, done 8, drained 13.
    /// Two sets: issues 0 and 1, done 1 and 2, drained 6 and 7. The first passes wait for nothing, so cycle 0 is
    /// charged to the fetch.
    @Test(arguments: [
        (1, 16, ["weight_fetch": 1, "drain": 6 + 7], ["weight_fetch": 1, "drain": 7 + 7, "array": 1]),
        (2, 10, ["weight_fetch": 1, "drain": 7], ["weight_fetch": 1, "issue": 1, "array": 1, "drain": 7]),
    ])
    func theFirstPassesWaitForNoDrain(sets: Int, cycles: Int, idle: [String: Int], ledger: [String: Int]) throws {
        var configuration = configuration()
        configuration.dram = .ideal
        configuration.peArray.accumulatorSets = sets
        try expect(
            configuration, workload(tiles: 2), cycles: cycles, classes: idle.merging(["useful": 2]) { $1 },
            ledger: ledger, read: 24, written: 2)
    }

    /// The second filter is empty, one set: done 1, drained 6, when the empty pass finishes; drained 11. Without
    /// any step: drained 4. What no pass uses is not loaded.
    @Test func passesWithoutStepsAreChargedToTheDrain() throws {
        var configuration = configuration()
        configuration.dram = .ideal
        configuration.peArray.accumulatorSets = 1
        configuration.peArray.skipEmptySteps = .weights
        var workload = workload(filters: 2)
        workload.weights = [[[1], [0]]]
        try expect(
            configuration, workload, cycles: 14, classes: ["useful": 1, "weight_fetch": 1, "drain": 12],
            ledger: ["weight_fetch": 1, "array": 1, "drain": 12], read: 16, written: 2)
        workload.weights = [[[0]]]
        try expect(
            configuration, workload, cycles: 7, classes: ["drain": 7], ledger: ["drain": 7], read: 0, written: 1)
    }

    /// As with one column, but half the slots have no pair; the cycles are still charged to the memory.
    @Test func aColumnWithoutTilesLeavesTheLedgerUnchanged() throws {
        var configuration = configuration()
        configuration.peArray.columns = 2
        try expect(
            configuration, workload(steps: 2), cycles: 21,
            classes: ["useful": 2, "dram_inputs": 11, "unmapped": 13, "drain": 14, "dram_outputs": 2],
            ledger: ["dram_inputs": 12, "array": 1, "drain": 7, "dram_outputs": 1], read: 32, written: 1)
        var machine = try NaiveMachine(configuration, workload(steps: 2))
        #expect(try machine.run().boundBy == "dram_inputs")
    }

    @Test func theFirstLargestHolderBindsTheLayer() {
        var result = NaiveMachine.Result()
        #expect(result.boundBy == nil)
        result.ledger = ["drain": 3, "issue": 3, "array": 2]
        #expect(result.boundBy == "issue")
    }
}
