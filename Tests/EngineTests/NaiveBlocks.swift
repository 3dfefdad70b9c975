import Hardware

/// The two operands that are loaded; weights go first on a tie.
enum NaiveOperand: Int {
    case weights, inputs
}

/// The steps that one load moves: some steps of one group, or all steps of all groups of a block.
struct NaivePart {
    var steps: Range<Int>
    var bytes = 0
    /// By group and step, the bytes of the load up to the end of that step of that group.
    var ends: [Int: [Int: Int]] = [:]
    /// The jobs of the load for the input transform, in order.
    var jobs: [NaiveJob] = []
    /// Values that are moved, whether stored or not, the zeros among them, and the index bits.
    var moved = 0
    var movedZeros = 0
    var movedIndexBits = 0
    /// Values that the buffer then holds, stored or not, true for non-zeros, and their bytes.
    var held: [Bool] = []
    var heldBytes = 0
}

/// Consecutive groups that are loaded together, or one group that is streamed, one part per chunk.
struct NaiveBlock {
    var groups: Range<Int>
    var isStreamed: Bool
    var parts: [NaivePart]
}

/// The page `BuffersAndTraffic` for one channel group: which groups are a block, which are streamed, and the order
/// of the block pairs.
struct NaiveBlocks {
    let configuration: Configuration
    let buffers: NaiveBuffers
    let group: Int
    /// By row group, its filters.
    let filters: [[Int]]
    /// By column group, its tiles.
    let tiles: [[Int]]

    var workload: NaiveWorkload { buffers.workload }
    var steps: Range<Int> { 0..<workload.activations[group].count }

    /// All groups of each operand at once: the compulsory traffic.
    func everything() -> [(operand: NaiveOperand, part: NaivePart)] {
        [(.weights, part(.weights, filters.indices, steps)), (.inputs, part(.inputs, tiles.indices, steps))]
    }

    func plan() throws(NaiveFault) -> (
        weights: [NaiveBlock], inputs: [NaiveBlock], pairs: [(weights: Int, inputs: Int)]
    ) {
        let weights = try blocks(.weights)
        let inputs = try blocks(.inputs)
        var weightsOutside: [(weights: Int, inputs: Int)] = []
        for w in weights.indices { for i in inputs.indices { weightsOutside.append((w, i)) } }
        var inputsOutside: [(weights: Int, inputs: Int)] = []
        for i in inputs.indices { for w in weights.indices { inputsOutside.append((w, i)) } }
        switch configuration.mapping.loopOrder {
        case .weights: return (weights, inputs, weightsOutside)
        case .inputs: return (weights, inputs, inputsOutside)
        case .auto:
            let isInputs = moved(inputsOutside, weights, inputs) < moved(weightsOutside, weights, inputs)
            return (weights, inputs, isInputs ? inputsOutside : weightsOutside)
        }
    }

    /// Bytes that all loads of an order of block pairs move.
    private func moved(_ pairs: [(weights: Int, inputs: Int)], _ weights: [NaiveBlock], _ inputs: [NaiveBlock]) -> Int {
        var bytes = 0
        for (i, pair) in pairs.enumerated() {
            let w = weights[pair.weights]
            let a = inputs[pair.inputs]
            let passes = w.groups.count * a.groups.count
            if w.isStreamed {
                for part in w.parts { bytes += passes * part.bytes }
            } else if i == 0 || pairs[i - 1].weights != pair.weights {
                bytes += w.parts[0].bytes
            }
            if a.isStreamed {
                for part in a.parts { bytes += passes * part.bytes }
            } else if i == 0 || pairs[i - 1].inputs != pair.inputs {
                bytes += a.parts[0].bytes
            }
        }
        return bytes
    }

    func blocks(_ operand: NaiveOperand) throws(NaiveFault) -> [NaiveBlock] {
        let buffer = operand == .weights ? configuration.weightBuffer : configuration.inputBuffer
        let count = operand == .weights ? filters.count : tiles.count
        let sizes = (0..<count).map { held(operand, $0, steps) }
        if sizes.reduce(0, +) <= buffer.capacity.count {
            return [NaiveBlock(groups: 0..<count, isStreamed: false, parts: [part(operand, 0..<count, steps)])]
        }
        let half = buffer.capacity.count / 2
        var blocks: [NaiveBlock] = []
        var first = 0
        while first < count {
            var end = first + 1
            if sizes[first] > half {
                let parts = try chunks(operand, first, half).map { part(operand, first..<end, $0) }
                blocks.append(NaiveBlock(groups: first..<end, isStreamed: true, parts: parts))
            } else {
                while end < count && sizes[first...end].reduce(0, +) <= half { end += 1 }
                blocks.append(
                    NaiveBlock(groups: first..<end, isStreamed: false, parts: [part(operand, first..<end, steps)]))
            }
            first = end
        }
        return blocks
    }

    private func chunks(_ operand: NaiveOperand, _ index: Int, _ half: Int) throws(NaiveFault) -> [Range<Int>] {
        var chunks: [Range<Int>] = []
        var first = 0
        while first < steps.count {
            var end = first + 1
            let alone = held(operand, index, first..<end)
            if alone > half { throw NaiveFault.stepDoesNotFit(operand, bytes: alone, half: half) }
            while end < steps.count && held(operand, index, first..<end + 1) <= half { end += 1 }
            chunks.append(first..<end)
            first = end
        }
        return chunks
    }

    /// Bytes that some steps of a group take in their buffer.
    private func held(_ operand: NaiveOperand, _ index: Int, _ steps: Range<Int>) -> Int {
        switch operand {
        case .weights: buffers.weights(group, Array(steps), filters[index]).bytes
        case .inputs: buffers.inputs(group, Array(steps), tiles[index]).bytes
        }
    }

    /// The bytes of one load, in the order in which they are moved.
    private func part(_ operand: NaiveOperand, _ groups: Range<Int>, _ steps: Range<Int>) -> NaivePart {
        var part = NaivePart(steps: steps)
        for index in groups {
            var ends: [Int: Int] = [:]
            var bits = 0
            switch operand {
            case .weights:
                for step in steps {
                    // DRAM stores weights as their buffer does.
                    let stored = buffers.weights(group, [step], filters[index])
                    bits += stored.bits
                    part.movedIndexBits += stored.indexBits
                    ends[step] = part.bytes + ceilDivide(bits, 8)
                    for isNonZero in workload.weightVectors(group, [step], filters[index]).joined() {
                        part.held.append(isNonZero)
                        part.moved += 1
                        if !isNonZero { part.movedZeros += 1 }
                    }
                }
            case .inputs:
                let items = workload.moved(group, steps, tiles[index])
                for step in steps {
                    bits += items.reduce(0) { $0 + ($1.step == step ? $1.bits : 0) }
                    ends[step] = part.bytes + ceilDivide(bits, 8)
                }
                part.jobs += jobs(index, steps, items, from: part.bytes)
                part.moved += items.reduce(0) { $0 + $1.values }
                part.movedZeros += items.reduce(0) { $0 + $1.zeros }
                if !workload.movesAllInputs { part.movedIndexBits += items.reduce(0) { $0 + $1.values } }
                part.held += workload.inputVectors(group, Array(steps), tiles[index]).joined()
            }
            part.heldBytes += held(operand, index, steps)
            part.ends[index] = ends
            part.bytes += ceilDivide(bits, 8)
        }
        return part
    }

    /// The patches of a column group, each a job when its own pixels and those before it have arrived.
    private func jobs(_ index: Int, _ steps: Range<Int>, _ items: [NaiveItem], from base: Int) -> [NaiveJob] {
        guard let channels = workload.patchChannels else { return [] }
        var jobs: [NaiveJob] = []
        var seen: Set<Int> = []
        var next = 0
        var bits = 0
        for step in steps {
            let isNew = channels(step).filter { !seen.contains($0) }
            seen.formUnion(isNew)
            for tile in tiles[index] {
                for channel in isNew {
                    let place = (step, tile, channel)
                    while next < items.count, (items[next].step, items[next].tile, items[next].channel) <= place {
                        bits += items[next].bits
                        next += 1
                    }
                    jobs.append(NaiveJob(tile: tile, channel: channel, bytes: base + ceilDivide(bits, 8)))
                }
            }
        }
        return jobs
    }

    private func ceilDivide(_ a: Int, _ b: Int) -> Int { (a + b - 1) / b }
}
