import Hardware

/// What the operands of a layer do on their way to the multipliers, counted in values from the passes alone: timing has no
/// part in it.
struct OperandMovement {
    var weights = OperandLedger()
    var inputs = OperandLedger()

    /// Counts the passes of all groups, and what was loaded for them; on ideal memory everything is loaded once.
    ///
    /// - Parameter transforms: where the input transform stands on the way from DRAM; nil where there is none.
    init(_ groups: [ChannelGroup], plan: MemoryPlan?, transforms: Placement?, configuration: Configuration) {
        let array = configuration.peArray
        for group in groups {
            countWeights(group, array)
            countInputs(group, array)
        }
        countLoads(groups, plan, configuration)
        countCodecs(groups, transforms: transforms, configuration: configuration)
    }

    private mutating func countWeights(_ group: ChannelGroup, _ array: PEArray) {
        let product = group.product
        let grouping = group.grouping
        let columns = (0..<grouping.columnGroups).reduce(0) { $0 + grouping.columns(ofColumnGroup: $1, array) }
        for (index, rowGroup) in grouping.rowGroups.enumerated() {
            let held = group.weightSizes.held(group: index)
            var sent = ValueCount()
            for step in rowGroup.steps { sent += held[step] }
            weights.algorithmicReads += rowGroup.filters * product.operandsPerColumn * grouping.columnGroups
            weights.broadcast += sent * grouping.columnGroups
            weights.queued += sent * columns
            let inBuffer = group.weightSizes.inBuffer
            weights.read += inBuffer.encoding.stored(of: sent) * grouping.columnGroups
            weights.readIndexBits += inBuffer.indexBits(of: sent) * grouping.columnGroups
        }
    }

    private mutating func countInputs(_ group: ChannelGroup, _ array: PEArray) {
        let product = group.product
        let grouping = group.grouping
        let fetch = group.fetch
        for columnGroup in 0..<grouping.columnGroups {
            let tiles = grouping.tiles(ofColumnGroup: columnGroup)
            let masks = (0..<product.steps).map {
                ValueCount(
                    values: tiles.count * product.lanes[$0],
                    nonZeros: product.nonZeroActivations(step: $0, tiles: tiles))
            }
            let fetched = fetch.counts[columnGroup * product.steps..<(columnGroup + 1) * product.steps]
            let algorithmic = fetched.reduce(0) { $0 + $1.values }
            for rowGroup in grouping.rowGroups {
                var sent = ValueCount()
                var read = ValueCount()
                for step in rowGroup.steps {
                    sent += masks[step]
                    read += fetched[fetched.startIndex + step]
                }
                inputs.algorithmicReads += algorithmic
                inputs.broadcast += sent
                inputs.queued += sent * rowGroup.rows.count
                inputs.read += fetch.stored.encoding.stored(of: read)
                inputs.readIndexBits += fetch.stored.indexBits(of: read)
            }
        }
        // What the steps of a bundle share is read once.
        var before: (steps: [Int], twice: ValueCount)?
        for rowGroup in grouping.rowGroups {
            if before?.steps != rowGroup.steps {
                let shared = fetch.shared(rowGroup.steps, bundleSize: array.broadcastSteps) ?? []
                before = (rowGroup.steps, shared.reduce(into: ValueCount()) { $0 += $1 })
            }
            let twice = before?.twice ?? ValueCount()
            inputs.read += fetch.stored.encoding.stored(of: twice) * -1
            inputs.readIndexBits -= fetch.stored.indexBits(of: twice)
        }
    }

    private mutating func countLoads(_ groups: [ChannelGroup], _ plan: MemoryPlan?, _ configuration: Configuration) {
        for operand in Operand.allCases {
            let port = configuration.port(configuration[operand])
            var ledger = OperandLedger()
            if let plan {
                for load in plan.loads.loads[operand] {
                    ledger.add(
                        plan.chunks[load.channelGroup].table(operand).chunks[load.chunk],
                        inDRAM: groups[load.channelGroup].sizes(operand).inDRAM, port: port)
                }
            } else {
                for group in groups { ledger.load(group.sizes(operand), port: port) }
            }
            if operand == .weights { weights += ledger } else { inputs += ledger }
        }
    }
}

extension OperandLedger {
    fileprivate mutating func add(_ chunk: Chunk, inDRAM: StoredForm, port: Bytes) {
        moved += chunk.moved
        movedIndexBits += inDRAM.indexBits(of: chunk.moved)
        written += chunk.held
        bufferWrites += (chunk.heldBytes + port.count - 1) / port.count
    }

    /// Loads all groups of an operand once.
    fileprivate mutating func load(_ sizes: any OperandSizes, port: Bytes) {
        var bytes = 0
        for group in 0..<sizes.groups {
            for count in sizes.moved(group: group) {
                moved += count
                movedIndexBits += sizes.inDRAM.indexBits(of: count)
            }
            var held = ValueCount()
            for count in sizes.held(group: group) { held += count }
            written += held
            bytes += Bytes.holding(bits: sizes.inBuffer.bits(of: held)).count
        }
        bufferWrites += (bytes + port.count - 1) / port.count
    }
}
