import Hardware

/// One block or chunk on its way from DRAM to a buffer.
struct Load: Sendable {
    let operand: Operand
    /// The channel group that it belongs to.
    let channelGroup: Int
    /// The row groups or column groups that it holds.
    let groups: Range<Int>
    /// The steps that it holds.
    let steps: Range<Int>
    /// By group, the bits that are moved up to each of its steps: `[steps + 1]`.
    let movedBits: [[Int]]
    /// By group, the bytes of the load before it.
    let offsets: [Int]
    let bytes: Int
    /// The values that are moved.
    let moved: ValueCount
    /// The values that its place in the buffer then holds, and their bytes.
    let held: ValueCount
    let heldBytes: Int
    /// The first pass that uses it, and the bundle of that pass that does.
    var firstUse: (pass: Int, bundle: Int)
    /// The last pass that uses it.
    var lastPass: Int
    /// The last bundle of that pass that reads it; nil where none does.
    var lastBundle: Int?
    /// Whether that pass has no step, so that the load keeps its place until the pass is finished.
    var waitsForPass = false
    /// The load whose place in the buffer it takes; nil for the first two.
    var replaces: Int?

    init(
        _ operand: Operand, channelGroup: Int, groups: Range<Int>, steps: Range<Int>, sizes: any OperandSizes,
        firstUse: (pass: Int, bundle: Int)
    ) {
        self.operand = operand
        self.channelGroup = channelGroup
        self.groups = groups
        self.steps = steps
        self.firstUse = firstUse
        lastPass = firstUse.pass
        var offsets: [Int] = []
        var bytes = 0
        var moved = ValueCount()
        var held = ValueCount()
        var heldBytes = 0
        movedBits = groups.map { group in
            var sums = [0]
            for count in sizes.moved(group: group, from: steps.lowerBound).prefix(steps.count) {
                sums.append((sums.last ?? 0) + sizes.inDRAM.bits(of: count))
                moved += count
            }
            offsets.append(bytes)
            bytes += Bytes.holding(bits: sums.last ?? 0).count
            var kept = ValueCount()
            for count in sizes.held(group: group, from: steps.lowerBound).prefix(steps.count) { kept += count }
            held += kept
            heldBytes += Bytes.holding(bits: sizes.inBuffer.bits(of: kept)).count
            return sums
        }
        self.offsets = offsets
        self.bytes = bytes
        self.moved = moved
        self.held = held
        self.heldBytes = heldBytes
    }

    /// Bytes of the load up to the end of a step of a group.
    func bytes(through step: Int, group: Int) -> Int {
        let index = group - groups.lowerBound
        return offsets[index] + Bytes.holding(bits: movedBits[index][step - steps.lowerBound + 1]).count
    }
}

/// One pass in the order in which the blocks bring it.
struct PlannedPass: Sendable {
    let channelGroup: Int
    let rowGroup: Int
    let columnGroup: Int
    /// The loads that hold its weights and its inputs, in the order of their steps.
    let loads: PerOperand<[Int]>
}

/// The order of passes, and all loads of a layer in the order of their first use.
struct LoadPlan: Sendable {
    private(set) var passes: [PlannedPass] = []
    private(set) var loads: [Load] = []

    /// Bytes of all loads of an operand.
    func bytes(_ operand: Operand) -> Int { loads.reduce(0) { $0 + ($1.operand == operand ? $1.bytes : 0) } }

    /// Adds the passes of one channel group.
    ///
    /// - Parameters:
    ///   - order: which operand's blocks stand outside.
    ///   - bundleSize: steps of a bundle.
    mutating func add(
        channelGroup: Int, grouping: Grouping, operands: PerOperand<PlannedOperand>, order: LoopOrder, bundleSize: Int
    ) {
        let chosen = order == .auto ? Self.lighter(operands) : order
        // By operand, the load of the block that the pair before used.
        var held = PerOperand<(block: BlockPlan.Block, load: Int)?>(weights: nil, inputs: nil)
        func load(_ operand: Operand, _ block: BlockPlan.Block, steps: Range<Int>? = nil, bundle: Int = 0) -> Load {
            let sizes = operands[operand].sizes
            return Load(
                operand, channelGroup: channelGroup, groups: block.groups, steps: steps ?? 0..<sizes.steps,
                sizes: sizes,
                firstUse: (pass: passes.count, bundle: bundle))
        }
        for blocks in Self.pairs(operands, chosen) {
            for operand in Operand.allCases {
                let block = blocks[operand]
                if block.isStreamed || held[operand]?.block == block { continue }
                held[operand] = (block, loads.count)
                loads.append(load(operand, block))
            }
            for rowGroup in blocks.weights.groups {
                let steps = grouping.rowGroups[rowGroup].steps
                for columnGroup in blocks.inputs.groups {
                    var used = PerOperand<[Int]>(weights: [], inputs: [])
                    for operand in Operand.allCases {
                        let block = blocks[operand]
                        if block.isStreamed {
                            for chunk in Self.uses(of: block.chunks, steps: steps, bundleSize: bundleSize) {
                                used[operand].append(loads.count)
                                var load = load(operand, block, steps: chunk.steps, bundle: chunk.first)
                                load.lastBundle = chunk.last
                                load.waitsForPass = steps.isEmpty
                                loads.append(load)
                            }
                        } else if let load = held[operand]?.load {
                            used[operand] = [load]
                            loads[load].lastPass = passes.count
                            loads[load].lastBundle = steps.isEmpty ? nil : (steps.count - 1) / bundleSize
                            loads[load].waitsForPass = steps.isEmpty
                        }
                    }
                    passes.append(
                        PlannedPass(
                            channelGroup: channelGroup, rowGroup: rowGroup, columnGroup: columnGroup, loads: used))
                }
            }
            // A streamed block is never held for the pair that follows.
            for operand in Operand.allCases where blocks[operand].isStreamed { held[operand] = nil }
        }
    }

    /// Puts the loads in the order of their first use, once all channel groups have been added.
    mutating func sort() {
        let order = loads.indices.sorted { a, b in
            let (x, y) = (loads[a], loads[b])
            return (x.firstUse.pass, x.firstUse.bundle, x.operand.rawValue, a)
                < (y.firstUse.pass, y.firstUse.bundle, y.operand.rawValue, b)
        }
        var place = [Int](repeating: 0, count: order.count)
        for (index, load) in order.enumerated() { place[load] = index }
        passes = passes.map { pass in
            PlannedPass(
                channelGroup: pass.channelGroup, rowGroup: pass.rowGroup, columnGroup: pass.columnGroup,
                loads: pass.loads.map { $0.map { place[$0] } })
        }
        loads = order.map { loads[$0] }
        var earlier = PerOperand<[Int]>(weights: [], inputs: [])
        for index in loads.indices {
            let operand = loads[index].operand
            loads[index].replaces = earlier[operand].dropLast().last
            earlier[operand].append(index)
        }
    }

    /// Pairs of blocks in the order in which they run.
    private static func pairs(
        _ operands: PerOperand<PlannedOperand>, _ order: LoopOrder
    ) -> [PerOperand<BlockPlan.Block>] {
        let (rows, columns) = (operands.weights.plan.blocks, operands.inputs.plan.blocks)
        return order == .inputs
            ? columns.flatMap { column in rows.map { PerOperand(weights: $0, inputs: column) } }
            : rows.flatMap { row in columns.map { PerOperand(weights: row, inputs: $0) } }
    }

    /// The chunks of a streamed group, with the first and the last bundle that reads each.
    private static func uses(
        of chunks: [Range<Int>], steps: [Int], bundleSize: Int
    ) -> [(steps: Range<Int>, first: Int, last: Int?)] {
        var result: [(steps: Range<Int>, first: Int, last: Int?)] = []
        // From the last chunk on: a chunk that is not read counts as used where the next one is; at the end, behind all bundles,
        // where it delays nothing.
        var next = (steps.count + bundleSize - 1) / bundleSize
        for chunk in chunks.reversed() {
            let first = steps.firstIndex { $0 >= chunk.lowerBound } ?? steps.count
            let end = steps.firstIndex { $0 >= chunk.upperBound } ?? steps.count
            if first < end {
                next = first / bundleSize
                result.append((chunk, next, (end - 1) / bundleSize))
            } else {
                result.append((chunk, next, nil))
            }
        }
        return result.reversed()
    }

    /// The order that moves fewer bytes; filter blocks outside on a tie.
    private static func lighter(_ operands: PerOperand<PlannedOperand>) -> LoopOrder {
        func moved(_ order: LoopOrder) -> Int {
            operands.weights.bytes(by: operands.inputs.plan.blocks, isOutside: order == .weights)
                + operands.inputs.bytes(by: operands.weights.plan.blocks, isOutside: order == .inputs)
        }
        return moved(.inputs) < moved(.weights) ? .inputs : .weights
    }
}

/// An operand of one channel group: what its groups take, and how they are cut into blocks.
struct PlannedOperand {
    let plan: BlockPlan
    let sizes: any OperandSizes

    /// Bytes that its blocks move in all pairs with the other operand's.
    fileprivate func bytes(by others: [BlockPlan.Block], isOutside: Bool) -> Int {
        let otherGroups = others.reduce(0) { $0 + $1.groups.count }
        return plan.blocks.reduce(0) { sum, block in
            if block.isStreamed {
                // Each chunk anew in every pass.
                let once = block.chunks.reduce(0) {
                    $0 + sizes.movedBytes(group: block.groups.lowerBound, steps: $1)
                }
                return sum + once * otherGroups
            }
            let once = block.groups.reduce(0) { $0 + sizes.movedBytes(group: $1, steps: 0..<sizes.steps) }
            return sum + once * (isOutside || plan.blocks.count == 1 ? 1 : others.count)
        }
    }
}
