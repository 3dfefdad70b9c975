import Hardware
import TestSupport

@testable import Engine

extension Configuration {
    /// Draws the channel, the loop order and the storage of activations, and makes some arrays smaller.
    mutating func setRandomMemory(seed: UInt64) {
        var random = SeededGenerator(seed: seed ^ 0x5EED)
        dram = .bandwidth(bytesPerCycle: random.number(1...64), latency: random.number(0...40))
        mapping.loopOrder = random.pick(LoopOrder.allCases)
        mapping.loopBlock = random.pick([nil, nil, nil, 1, 2, 3, 5])
        mapping.activationStorage = random.pick([ActivationStorage.dense, .bitmask])
        // Many passes of few filters and tiles, whose order matters.
        guard random.number(0...2) == 0 else { return }
        peArray.rows = 1
        peArray.columns = random.pick([1, 2])
        peArray.filtersPerPE = 1
        peArray.tilesPerPE = random.pick([1, 2, 3])
    }

    /// Draws the strips of the blocks of passes.
    mutating func setRandomStrips(seed: UInt64) {
        var random = SeededGenerator(seed: seed ^ 0x57A1)
        mapping.loopStrip = random.pick([nil, nil, nil, 1, 2, 3, 4])
    }

    /// Draws machines whose DRAM holds transformed tiles.
    mutating func setRandomStorage(seed: UInt64) {
        var random = SeededGenerator(seed: seed ^ 0x7113)
        if inputTransform.placement == .load && random.number(0...2) == 0 { mapping.activationStorage = .transformed }
    }

    /// Gives some machines one buffer for both operands, whose capacity is drawn with the others.
    mutating func setRandomBanks(seed: UInt64) {
        var random = SeededGenerator(seed: seed ^ 0xBA4C)
        guard random.number(0...2) == 0 else { return }
        operandBuffer.capacity = weightBuffer.capacity
        operandBuffer.banks = random.pick([2, 3, 4, 5, 8, 13])
        // A narrower port leaves fewer splits, but some.
        let widest = weightBuffer.bandwidth.count + inputBuffer.bandwidth.count
        let port = widest / operandBuffer.banks + random.number(0...widest / operandBuffer.banks) + 1
        operandBuffer.port = random.pick([nil, Bytes(port)])
        if NaiveBanks(self)?.splits.isEmpty == true { operandBuffer.port = nil }
    }

    /// Draws capacities of about the operands' size and chunks of a few bytes up to the capacity, so that some layers
    /// fit, some are held in part, some are only staged, and a few do not fit.
    mutating func setRandomCapacities(for workload: NaiveWorkload, seed: UInt64) {
        var random = SeededGenerator(seed: seed ^ 0xB10C)
        let buffers = NaiveBuffers(self, workload)
        var weightBits = 0
        var inputBits = 0
        for group in workload.weights.indices {
            let steps = Array(workload.activations[group].indices)
            weightBits = max(weightBits, buffers.weights(group, steps, Array(workload.weights[group].indices)).bits)
            let tiles = Array((workload.activations[group].first ?? []).indices)
            inputBits = max(inputBits, buffers.inputs(group, steps, tiles).bits)
        }
        weightBuffer.setRandomPlaces(bits: weightBits, &random)
        inputBuffer.setRandomPlaces(bits: inputBits, &random)
        if operandBuffer.capacity != nil {
            operandBuffer.capacity = max(
                Bytes(operandBuffer.banks), weightBuffer.capacity + inputBuffer.capacity)
            // Some chunks follow from the banks.
            if seed % 4 == 0 { weightBuffer.chunk = nil }
            if seed % 5 == 0 { inputBuffer.chunk = nil }
        }
        let tiles = workload.activations.first?.first?.count ?? 0
        let filters = min(workload.weights.first?.count ?? 0, peArray.rows * peArray.filtersPerPE)
        let outputs = (0..<min(tiles, peArray.columns * peArray.tilesPerPE)).reduce(0) { $0 + workload.outputs($1) }
        let outputBytes = (outputs * filters * (datatype.activations + 1) + 7) / 8
        outputBuffer.capacity = Bytes(
            max(1, outputBytes * random.pick([80, 100, 110, 150, 200, 220, 300, 1000]) / 100))
        // One case in sixteen remains too small; the others get space.
        while random.number(0...15) > 0, let fault = fault(workload) {
            switch fault {
            case .tooFewPlaces(.weights, _, let needed):
                weightBuffer.capacity = Bytes(needed + random.number(0...needed))
            case .tooFewPlaces(.inputs, _, let needed):
                inputBuffer.capacity = Bytes(needed + random.number(0...needed))
            case .noSplit(let bytes): operandBuffer.capacity = Bytes(2 * bytes + operandBuffer.banks)
            case .outputsDoNotFit(let bytes, _): outputBuffer.capacity = Bytes(bytes + random.number(0...2 * bytes))
            // No capacity is enough.
            case .bitWithoutOperand: return
            case .stuck: preconditionFailure("not found before the run")
            }
        }
        // A channel that would make the naive machine run too long is made faster.
        guard case .bandwidth(let bytes, let latency) = dram, let machine = try? NaiveMachine(self, workload) else {
            return
        }
        let moved = machine.result.dramReadBytes + machine.result.dramWriteBytes
        dram = .bandwidth(
            bytesPerCycle: max(bytes, moved / 4000), latency: min(latency, 4000 / max(1, machine.loads.count)))
    }

    private func fault(_ workload: NaiveWorkload) -> NaiveFault? {
        do throws(NaiveFault) { _ = try NaiveMachine(self, workload) } catch { return error }
        return nil
    }
}

extension OperandBuffer {
    /// Draws a capacity, and a chunk of a part of it.
    fileprivate mutating func setRandomPlaces(bits: Int, _ random: inout SeededGenerator) {
        capacity = Bytes(max(1, bits * random.pick([5, 10, 20, 30, 50, 70, 100, 150, 250]) / 800))
        let places = random.pick([1, 2, 3, 4, 5, 6, 8, 10, 16, 40])
        chunk = Bytes(max(1, min(capacity.count, capacity.count / places + random.number(-1...2))))
    }
}
