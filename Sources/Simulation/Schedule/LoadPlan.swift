import Hardware

/// An operand that is loaded from DRAM.
enum LoadedOperand: Int, CaseIterable, Sendable {
    case weights
    case inputs
}

/// One block or chunk on its way from DRAM to a buffer.
struct Load: Sendable {
    let operand: LoadedOperand
    /// The group of channels it belongs to.
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
        _ operand: LoadedOperand, channelGroup: Int, groups: Range<Int>, steps: Range<Int>, sizes: some GroupSizes,
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
    let loads: [[Int]]
}

/// The order of passes, and all loads of a layer in the order of their first use.
struct LoadPlan: Sendable {
    private(set) var passes: [PlannedPass] = []
    private(set) var loads: [Load] = []

    /// Bytes of all loads of an operand.
    func bytes(_ operand: LoadedOperand) -> Int { loads.reduce(0) { $0 + ($1.operand == operand ? $1.bytes : 0) } }

    /// Adds the passes of one group of channels.
    ///
    /// - Parameters:
    ///   - order: which operand's blocks stand outside.
    ///   - bundleSize: steps of a bundle.
    mutating func add(
        channelGroup: Int, grouping: Grouping, weights: (plan: BlockPlan, sizes: some GroupSizes),
        inputs: (plan: BlockPlan, sizes: some GroupSizes), order: LoopOrder, bundleSize: Int
    ) {
        let chosen =
            order == .auto
            ? Self.lighter(grouping: grouping, weights: weights, inputs: inputs) : order
        // By operand, the load of the block that the pair before used.
        var held: [(block: BlockPlan.Block, load: Int)?] = [nil, nil]
        for (rowBlock, columnBlock) in Self.pairs(weights.plan.blocks, inputs.plan.blocks, chosen) {
            for operand in LoadedOperand.allCases {
                let block = operand == .weights ? rowBlock : columnBlock
                if block.isStreamed || held[operand.rawValue]?.block == block { continue }
                let use = (pass: passes.count, bundle: 0)
                let load =
                    operand == .weights
                    ? Load(
                        operand, channelGroup: channelGroup, groups: block.groups, steps: 0..<weights.sizes.steps,
                        sizes: weights.sizes, firstUse: use)
                    : Load(
                        operand, channelGroup: channelGroup, groups: block.groups, steps: 0..<inputs.sizes.steps,
                        sizes: inputs.sizes, firstUse: use)
                held[operand.rawValue] = (block, loads.count)
                loads.append(load)
            }
            for rowGroup in rowBlock.groups {
                let steps = grouping.rowGroups[rowGroup].steps
                for columnGroup in columnBlock.groups {
                    var used: [[Int]] = [[], []]
                    for operand in LoadedOperand.allCases {
                        let block = operand == .weights ? rowBlock : columnBlock
                        if block.isStreamed {
                            for chunk in Self.uses(of: block.chunks, steps: steps, bundleSize: bundleSize) {
                                let use = (pass: passes.count, bundle: chunk.first)
                                used[operand.rawValue].append(loads.count)
                                var load =
                                    operand == .weights
                                    ? Load(
                                        operand, channelGroup: channelGroup, groups: block.groups, steps: chunk.steps,
                                        sizes: weights.sizes, firstUse: use)
                                    : Load(
                                        operand, channelGroup: channelGroup, groups: block.groups, steps: chunk.steps,
                                        sizes: inputs.sizes, firstUse: use)
                                load.lastBundle = chunk.last
                                load.waitsForPass = steps.isEmpty
                                loads.append(load)
                            }
                        } else if let load = held[operand.rawValue]?.load {
                            used[operand.rawValue] = [load]
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
            if rowBlock.isStreamed { held[LoadedOperand.weights.rawValue] = nil }
            if columnBlock.isStreamed { held[LoadedOperand.inputs.rawValue] = nil }
        }
    }

    /// Puts the loads in the order of their first use, once all groups of channels have been added.
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
        var last: [[Int]] = [[], []]
        for index in loads.indices {
            let operand = loads[index].operand.rawValue
            if last[operand].count >= 2 { loads[index].replaces = last[operand][last[operand].count - 2] }
            last[operand].append(index)
        }
    }

    /// Pairs of blocks in the order in which they run.
    private static func pairs(
        _ rows: [BlockPlan.Block], _ columns: [BlockPlan.Block], _ order: LoopOrder
    ) -> [(BlockPlan.Block, BlockPlan.Block)] {
        order == .inputs
            ? columns.flatMap { column in rows.map { ($0, column) } }
            : rows.flatMap { row in columns.map { (row, $0) } }
    }

    /// The chunks of a streamed group, with the first and the last bundle that reads each.
    private static func uses(
        of chunks: [Range<Int>], steps: [Int], bundleSize: Int
    ) -> [(steps: Range<Int>, first: Int, last: Int?)] {
        var result: [(steps: Range<Int>, first: Int, last: Int?)] = []
        // From the last chunk on: one that nobody reads is used where the next one is, and behind all bundles at the end, where it
        // holds nobody up.
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
    private static func lighter(
        grouping: Grouping, weights: (plan: BlockPlan, sizes: some GroupSizes),
        inputs: (plan: BlockPlan, sizes: some GroupSizes)
    ) -> LoopOrder {
        func moved(_ order: LoopOrder) -> Int {
            traffic(weights, by: inputs.plan.blocks, isOutside: order == .weights)
                + traffic(inputs, by: weights.plan.blocks, isOutside: order == .inputs)
        }
        return moved(.inputs) < moved(.weights) ? .inputs : .weights
    }

    /// Bytes that one operand's blocks move.
    private static func traffic(
        _ operand: (plan: BlockPlan, sizes: some GroupSizes), by others: [BlockPlan.Block], isOutside: Bool
    ) -> Int {
        let otherGroups = others.reduce(0) { $0 + $1.groups.count }
        return operand.plan.blocks.reduce(0) { sum, block in
            if block.isStreamed {
                // Each chunk anew in every pass.
                let once = block.chunks.reduce(0) { sum, chunk in
                    let bits = operand.sizes.movedBits(group: block.groups.lowerBound, from: chunk.lowerBound)
                    return sum + Bytes.holding(bits: bits.prefix(chunk.count).reduce(0, +)).count
                }
                return sum + once * otherGroups
            }
            let once = block.groups.reduce(0) { sum, group in
                sum + Bytes.holding(bits: operand.sizes.movedBits(group: group, from: 0).reduce(0, +)).count
            }
            return sum + once * (isOutside || operand.plan.blocks.count == 1 ? 1 : others.count)
        }
    }
}
