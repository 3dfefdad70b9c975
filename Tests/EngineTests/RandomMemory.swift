import Hardware
import TestSupport

@testable import Engine

extension Configuration {
    /// Draws the channel, the loop order and the storage of activations.
    mutating func setRandomMemory(seed: UInt64) {
        var random = SeededGenerator(seed: seed ^ 0x5EED)
        dram = .bandwidth(bytesPerCycle: random.number(1...64), latency: random.number(0...40))
        mapping.loopOrder = random.pick(LoopOrder.allCases)
        mapping.activationStorage = random.pick([Encoding.dense, .bitmask])
    }

    /// Draws capacities of about the operands' size, so that some layers fit, most are cut into blocks, some are
    /// streamed and a few do not fit.
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
        let shares = [5, 10, 20, 30, 50, 70, 100, 150, 250]
        weightBuffer.capacity = Bytes(max(1, weightBits * random.pick(shares) / 800))
        inputBuffer.capacity = Bytes(max(1, inputBits * random.pick(shares) / 800))
        let tiles = workload.activations.first?.first?.count ?? 0
        let filters = min(workload.weights.first?.count ?? 0, peArray.rows * peArray.filtersPerPE)
        let outputs = (0..<min(tiles, peArray.columns * peArray.tilesPerPE)).reduce(0) { $0 + workload.outputs($1) }
        let outputBytes = (outputs * filters * (datatype.activations + 1) + 7) / 8
        outputBuffer.capacity = Bytes(
            max(1, outputBytes * random.pick([80, 100, 110, 150, 200, 220, 300, 1000]) / 100))
        // One case in sixteen remains too small; the others get space.
        while random.number(0...15) > 0, let fault = fault(workload) {
            switch fault {
            case .stepDoesNotFit(.weights, let bytes, _):
                weightBuffer.capacity = Bytes(2 * bytes + random.number(0...bytes))
            case .stepDoesNotFit(.inputs, let bytes, _):
                inputBuffer.capacity = Bytes(2 * bytes + random.number(0...bytes))
            case .bundleDoesNotFit:
                weightBuffer.capacity = Bytes(weightBuffer.capacity.count * 3 / 2 + 1)
                inputBuffer.capacity = Bytes(inputBuffer.capacity.count * 3 / 2 + 1)
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
