import Hardware

/// One chunk on its way from DRAM to a place of its buffer.
struct Load: Sendable {
    let operand: Operand
    let channelGroup: Int
    /// The chunk's number among those of its operand and channel group.
    let chunk: Int
    let bytes: Int
    /// The first bundle that uses it, counted in the layer.
    let deadline: Int
}

/// A use of a chunk by a pass, and the load that brought it.
struct PlannedUse: Sendable {
    /// The load's number among those of its operand.
    let load: Int32
    let chunk: Int32
    /// The first and the last bundle, counted in the pass.
    let first: Int32
    let last: Int32
    /// Whether the load's place is free behind it.
    var isLast = false
}

/// One pass, in the order in which they run.
struct PlannedPass: Sendable {
    let channelGroup: Int
    let rowGroup: Int
    let columnGroup: Int
    /// Its uses among those of each operand; none on ideal memory.
    var uses = PerOperand(weights: 0..<0, inputs: 0..<0)
}

/// The passes of a layer in their order, and per operand its loads in the order of their uses.
struct LoadPlan: Sendable {
    private(set) var passes: [PlannedPass] = []
    /// By pass, its first bundle.
    private(set) var firstBundle: [Int] = []
    private(set) var loads = PerOperand<[Load]>(weights: [], inputs: [])
    private(set) var uses = PerOperand<[PlannedUse]>(weights: [], inputs: [])
    private var bundles = 0

    /// Bytes of all loads of an operand.
    func bytes(_ operand: Operand) -> Int { loads[operand].reduce(0) { $0 + $1.bytes } }

    /// Adds the passes of a channel group.
    mutating func add(_ group: GroupPlan, channelGroup: Int, order: PassOrder) {
        let grouping = group.grouping
        let order = order.passes(rowGroups: grouping.rowGroups.count, columnGroups: grouping.columnGroups)
        let base = passes.count
        for (rowGroup, columnGroup) in order {
            passes.append(PlannedPass(channelGroup: channelGroup, rowGroup: rowGroup, columnGroup: columnGroup))
            firstBundle.append(bundles)
            bundles += group.bundles(of: rowGroup)
        }
        for operand in Operand.allCases { add(operand, group, order, from: base) }
    }

    private mutating func add(
        _ operand: Operand, _ group: GroupPlan, _ order: [(rowGroup: Int, columnGroup: Int)], from base: Int
    ) {
        var numbers: [Int] = []
        let residency = group.residency(operand, order) { numbers.append($1) }
        let table = group.table(operand)
        // Taken out and put back, so that they are not copied.
        var (loads, planned) = (loads[operand], uses[operand])
        (self.loads[operand], uses[operand]) = ([], [])
        let firstLoad = loads.count
        var lastUse = [Int](repeating: 0, count: residency.loads.count)
        var use = 0
        for (index, pass) in order.enumerated() {
            let start = planned.count
            for used in group.uses(operand, rowGroup: pass.rowGroup, columnGroup: pass.columnGroup).uses {
                let load = Int(residency.loadOfUse[numbers[use]])
                if firstLoad + load == loads.count {
                    loads.append(
                        Load(
                            operand: operand, channelGroup: passes[base].channelGroup, chunk: Int(used.chunk),
                            bytes: table.chunks[Int(used.chunk)].bytes,
                            deadline: firstBundle[base + index] + Int(used.first)))
                }
                lastUse[load] = planned.count
                planned.append(
                    PlannedUse(
                        load: Int32(firstLoad + load), chunk: used.chunk, first: used.first, last: used.last))
                use += 1
            }
            passes[base + index].uses[operand] = start..<planned.count
        }
        for use in lastUse { planned[use].isLast = true }
        (self.loads[operand], uses[operand]) = (loads, planned)
    }
}
