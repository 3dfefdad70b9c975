import Hardware

/// A reason why a configuration cannot run, or never ends.
enum NaiveFault: Error, Equatable {
    /// One step of an operand is larger than half its buffer.
    case stepDoesNotFit(NaiveOperand, bytes: Int, half: Int)
    /// A bundle reads chunks that can never be in the two places of a buffer together.
    case bundleDoesNotFit
    /// The outputs of one pass are larger than the output buffer.
    case outputsDoNotFit(bytes: Int, capacity: Int)
    /// A mask has a bit at or above the width, or in a lane beyond the last channel or the last tap.
    case bitWithoutOperand(NaiveOperand, step: Int, bit: Int)
    /// Nothing can move any more.
    case stuck(cycle: Int)
}

/// The passes in their order, and the loads of each.
extension NaiveMachine {
    mutating func plan(_ group: Int) throws(NaiveFault) {
        let array = configuration.peArray
        let allRows = filledRows(workload.weights[group])
        let tiles = workload.activations[group].first?.count ?? 0
        let perGroup = array.columns * array.tilesPerPE
        let rowGroups = stride(from: 0, to: allRows.count, by: array.rows).map {
            Array(allRows[$0..<min(allRows.count, $0 + array.rows)])
        }
        let columnGroups = stride(from: 0, to: tiles, by: perGroup).map { Array($0..<min(tiles, $0 + perGroup)) }
        let blocks = NaiveBlocks(
            configuration: configuration, buffers: buffers, group: group,
            filters: rowGroups.map { Array($0.joined()) }, tiles: columnGroups)
        guard case .bandwidth = configuration.dram else {
            for rows in rowGroups {
                for tiles in columnGroups { try addPass(group, rows: rows, tiles: tiles) }
            }
            for (operand, part) in blocks.everything() {
                result.dramReadBytes += part.bytes
                everything.append((operand, part))
            }
            return
        }
        let plan = try blocks.plan()
        var before: (weights: Int, inputs: Int)?
        var resident: (weights: Int?, inputs: Int?) = (nil, nil)
        for pair in plan.pairs {
            let weightBlock = plan.weights[pair.weights]
            let inputBlock = plan.inputs[pair.inputs]
            if weightBlock.isStreamed {
                resident.weights = nil
            } else if before?.weights != pair.weights {
                resident.weights = addLoad(.weights, weightBlock.parts[0])
            }
            if inputBlock.isStreamed {
                resident.inputs = nil
            } else if before?.inputs != pair.inputs {
                resident.inputs = addLoad(.inputs, inputBlock.parts[0])
            }
            before = pair
            for row in weightBlock.groups {
                for column in inputBlock.groups {
                    try addPass(group, rows: rowGroups[row], tiles: columnGroups[column])
                    let weightLoads = resident.weights.map { [$0] } ?? weightBlock.parts.map { addLoad(.weights, $0) }
                    let inputLoads = resident.inputs.map { [$0] } ?? inputBlock.parts.map { addLoad(.inputs, $0) }
                    let pass = passes.count - 1
                    for load in weightLoads + inputLoads { loads[load].passes.append(pass) }
                    passes[pass].loads = [.weights: weightLoads, .inputs: inputLoads]
                    passes[pass].groups = [.weights: row, .inputs: column]
                }
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

    private mutating func addPass(_ group: Int, rows: [[Int]], tiles: [Int]) throws(NaiveFault) {
        let array = configuration.peArray
        let kept = workload.activations[group].indices.filter { step in
            array.skipEmptySteps == .none || rows.joined().contains { workload.weights[group][$0][step] != 0 }
        }
        let columns = stride(from: 0, to: tiles.count, by: array.tilesPerPE).map {
            Array(tiles[$0..<min(tiles.count, $0 + array.tilesPerPE)])
        }
        let firstBundle = bundles.count
        for first in stride(from: 0, to: kept.count, by: array.broadcastSteps) {
            bundles.append(
                Bundle(
                    pass: passes.count, steps: Array(kept[first..<min(kept.count, first + array.broadcastSteps)]),
                    isFirst: first == 0))
        }
        var pass = Pass(group: group, rows: rows, columns: columns, steps: kept, bundles: firstBundle..<bundles.count)
        let outputs = rows.joined().count * tiles.reduce(0) { $0 + workload.outputs($1) }
        let valueBits = configuration.datatype.activations
        // The next layer is not known here: every value counts as non-zero.
        let maskBit = configuration.mapping.activationStorage == .bitmask ? 1 : 0
        pass.outputBytes = ceilDivide(outputs * (maskBit + valueBits), 8)
        let capacity = configuration.outputBuffer.capacity.count
        if configuration.dram != .ideal && pass.outputBytes > capacity {
            throw NaiveFault.outputsDoNotFit(bytes: pass.outputBytes, capacity: capacity)
        }
        result.dramWriteBytes += pass.outputBytes
        passes.append(pass)
    }

    private mutating func addLoad(_ operand: NaiveOperand, _ part: NaivePart) -> Int {
        loads.append(NaiveLoad(operand: operand, part: part))
        result.dramReadBytes += part.bytes
        return loads.count - 1
    }
}
