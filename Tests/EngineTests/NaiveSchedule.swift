import Hardware

/// A reason why a configuration cannot run, or never ends.
enum NaiveFault: Error, Equatable {
    /// A buffer has fewer places than it stages: its bytes, and those that it would need.
    case tooFewPlaces(NaiveOperand, capacity: Int, needed: Int)
    /// No split of a shared buffer of so many bytes stages both operands.
    case noSplit(capacity: Int)
    /// The outputs of one pass are larger than the output buffer.
    case outputsDoNotFit(bytes: Int, capacity: Int)
    /// A mask has a bit at or above the width, or in a lane beyond the last channel or the last tap.
    case bitWithoutOperand(NaiveOperand, step: Int, bit: Int)
    /// Nothing can move any more.
    case stuck(cycle: Int)
}

/// The passes in their order, and the loads of each.
extension NaiveMachine {
    /// Lists the passes of all channel groups with their loads.
    mutating func plan() throws(NaiveFault) {
        let groups = workload.weights.indices.map(group)
        guard case .bandwidth = configuration.dram else {
            for group in groups { try planIdeal(group) }
            return
        }
        // Each order of steps has chunks and bundles of its own, and so its own places.
        let largest = groups.map(\.largestSlice).max() ?? 0
        let place = [
            NaiveOperand.weights: configuration.naiveChunk(.weights),
            .inputs: max(configuration.naiveChunk(.inputs), largest),
        ]
        let inputs = groups.map { group in
            group.tiles.indices.map { group.inputChunks($0, place: place[.inputs] ?? 0) }
        }
        let order = configuration.mapping.stepOrder == .positions ? StepOrder.positions : .channels
        let cut = zip(groups, inputs).map { group, inputs in
            (chunks: NaiveChunks(group, configuration, order, inputs: inputs), pace: pace(group))
        }
        if let banks = NaiveBanks(configuration) {
            split = banks.best(cut, place, configuration.mapping)
            if split == nil { throw NaiveFault.noSplit(capacity: banks.count * banks.bytes) }
        }
        for (chunks, pace) in cut {
            let places = try places(chunks, place)
            channel.places = places.mapValues(\.count)
            let mapping = configuration.mapping
            let plan = NaivePlan.best(
                chunks, places, mapping.loopOrder, block: mapping.loopBlock, strip: mapping.loopStrip, pace)
            if let plan { try add(plan) }
        }
        for operand in NaiveOperand.allCases {
            channel.waiting[operand] = loads.indices.filter { loads[$0].operand == operand }
        }
    }

    /// What the passes of a channel group need.
    private func group(_ index: Int) -> NaiveGroup {
        let array = configuration.peArray
        let allRows = filledRows(workload.weights[index])
        let tiles = workload.activations[index].first?.count ?? 0
        let perGroup = array.columns * array.tilesPerPE
        return NaiveGroup(
            configuration, buffers, index,
            rows: stride(from: 0, to: allRows.count, by: array.rows).map {
                Array(allRows[$0..<min(allRows.count, $0 + array.rows)])
            },
            tiles: stride(from: 0, to: tiles, by: perGroup).map { Array($0..<min(tiles, $0 + perGroup)) })
    }

    /// The places of both buffers, for what the bundles of a channel group use.
    private func places(
        _ chunks: NaiveChunks, _ size: [NaiveOperand: Int]
    ) throws(NaiveFault) -> [NaiveOperand: NaivePlaces] {
        var places: [NaiveOperand: NaivePlaces] = [:]
        for operand in NaiveOperand.allCases {
            let buffer = operand == .weights ? configuration.weightBuffer : configuration.inputBuffer
            let size = max(1, size[operand] ?? 0)
            let staged = chunks.mostUsed(operand) + 1
            let shared = split.flatMap { NaiveBanks(configuration)?.places(operand, $0, [operand: size]) }
            let count = shared ?? buffer.capacity.count / size
            places[operand] = NaivePlaces(count: count, staged: staged)
            let all = (operand == .weights ? chunks.weights : chunks.inputs).joined().count
            if count < min(staged, all) {
                throw NaiveFault.tooFewPlaces(operand, capacity: buffer.capacity.count, needed: staged * size)
            }
        }
        return places
    }

    private mutating func planIdeal(_ group: NaiveGroup) throws(NaiveFault) {
        let order = configuration.mapping.stepOrder == .channels ? StepOrder.channels : .positions
        let chunks = NaiveChunks(group, configuration, order, inputs: [])
        for row in group.rows.indices {
            for column in group.tiles.indices { try addPass(chunks, NaivePassPlace(row: row, column: column)) }
        }
        everything += [(.weights, group.allWeights()), (.inputs, group.allInputs())]
        for (_, chunk) in everything.suffix(2) { result.dramReadBytes += chunk.bytes }
    }

    private mutating func add(_ plan: NaivePlan) throws(NaiveFault) {
        plans.append(plan)
        let offset = bundles.count
        for pass in plan.passes { try addPass(plan.chunks, pass) }
        for operand in NaiveOperand.allCases {
            for load in plan.loads[operand] ?? [] {
                guard let first = load.bundles.first, let last = load.bundles.last else { continue }
                let chunk = plan.chunks.chunk(operand, load.chunk)
                for bundle in load.bundles { bundles[offset + bundle].loads[operand, default: []].append(loads.count) }
                loads.append(
                    NaiveLoad(
                        operand: operand, chunk: chunk, firstBundle: offset + first, lastBundle: offset + last))
                result.dramReadBytes += chunk.bytes
            }
        }
    }

    /// The filters of every row of every row group, one row after the other.
    func filledRows(_ weights: [[UInt64]]) -> [[Int]] {
        let array = configuration.peArray
        var allRows: [[Int]] = Array(repeating: [], count: ceilDivide(weights.count, array.filtersPerPE))
        var order = Array(weights.indices)
        if array.balance != .none {
            let density = weights.map { filter in filter.map(\.nonzeroBitCount).reduce(0, +) }
            order.sort { density[$0] == density[$1] ? $0 < $1 : density[$0] > density[$1] }
        }
        guard array.balance == .pairs else {
            for (i, filter) in order.enumerated() { allRows[i / array.filtersPerPE].append(filter) }
            return allRows
        }
        var row = 0
        var direction = 1
        for filter in order {
            allRows[row].append(filter)
            if row + direction < 0 || row + direction >= allRows.count {
                direction = -direction
            } else {
                row += direction
            }
        }
        return allRows
    }

    private func outputBytes(_ group: NaiveGroup, _ place: NaivePassPlace) -> Int {
        let tiles = group.tiles[place.column].reduce(0) { $0 + workload.outputs($1) }
        let outputs = group.rows[place.row].joined().count * tiles
        let valueBits = configuration.datatype.activations
        if configuration.mapping.activationStorage == .dense { return ceilDivide(outputs * valueBits, 8) }
        let bits = workload.next.bits(outputs, valueBits)
        return Int((bits.sum / (8 * bits.divisor)).rounded(.up))
    }

    private func pace(_ group: NaiveGroup) -> NaivePace {
        var products = 0
        for (row, kept) in group.kept.enumerated() {
            for step in kept {
                for filter in group.rows[row].joined() {
                    for a in workload.activations[group.index][step] {
                        let w = workload.weights[group.index][filter][step]
                        switch configuration.peArray.zeroSkipping {
                        case .both: products += (w & a).nonzeroBitCount
                        case .weights: products += w.nonzeroBitCount
                        case .activations: products += a.nonzeroBitCount
                        case .none: products += workload.operands[step].count
                        }
                    }
                }
            }
        }
        var width = 1
        if case .bandwidth(let bytes, _) = configuration.dram { width = bytes }
        return NaivePace(
            configuration,
            bundles: group.kept.map { ceilDivide($0.count, configuration.peArray.broadcastSteps) },
            passes: group.rows.count * group.tiles.count, products: products, bytesPerCycle: width,
            outputBytes: { outputBytes(group, $0) })
    }

    private mutating func addPass(_ chunks: NaiveChunks, _ place: NaivePassPlace) throws(NaiveFault) {
        let rows = chunks.group.rows[place.row]
        let tiles = chunks.group.tiles[place.column]
        let perPE = configuration.peArray.tilesPerPE
        let columns = stride(from: 0, to: tiles.count, by: perPE).map {
            Array(tiles[$0..<min(tiles.count, $0 + perPE)])
        }
        let firstBundle = bundles.count
        for (number, steps) in chunks.bundles[place.row].enumerated() {
            bundles.append(Bundle(pass: passes.count, steps: steps, isFirst: number == 0))
        }
        var pass = Pass(
            group: chunks.group.index, rows: rows, columns: columns,
            steps: chunks.bundles[place.row].flatMap { $0 }, bundles: firstBundle..<bundles.count)
        pass.outputBytes = outputBytes(chunks.group, place)
        let capacity = configuration.outputBuffer.capacity.count
        if configuration.dram != .ideal && pass.outputBytes > capacity {
            throw NaiveFault.outputsDoNotFit(bytes: pass.outputBytes, capacity: capacity)
        }
        result.dramWriteBytes += pass.outputBytes
        passes.append(pass)
    }
}
