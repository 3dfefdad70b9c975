import Hardware

/// How fast passes and transfers follow one another: enough to compare orders that load the same bytes (page `BuffersAndTraffic`), and to
/// estimate a mapping (page `MappingSearch`).
///
/// Times are counted in bytes that the memory moves meanwhile, so that they are whole numbers.
struct PassPace {
    /// By row group, the cycles of a pass.
    private let cycles: [Int]
    /// Bytes that the memory moves in a cycle.
    private let bytesPerCycle: Int
    private let accumulatorSets: Int
    /// By row group and column group, the bytes of the outputs.
    private let outputBytes: [[Int]]

    /// - Parameter bytesPerCycle: the memory's peak.
    init(_ group: ChannelGroup, array: PEArray, bytesPerCycle: Double) {
        let multipliers = array.rows * array.columns * array.multipliers
        let passes = max(1, group.grouping.passes)
        let products = group.grouping.executedProducts(group.product, array.zeroSkipping)
        let bundles = group.grouping.rowGroups.reduce(0) {
            max($0, ($1.steps.count + array.broadcastSteps - 1) / array.broadcastSteps)
        }
        let cycles = max(bundles, (products + passes * multipliers - 1) / (passes * multipliers))
        self.init(
            group, cycles: [Int](repeating: cycles, count: group.grouping.rowGroups.count),
            accumulatorSets: array.accumulatorSets, bytesPerCycle: bytesPerCycle)
    }

    /// - Parameter cycles: by row group, the cycles of a pass.
    init(_ group: ChannelGroup, cycles: [Int], accumulatorSets: Int, bytesPerCycle: Double) {
        self.cycles = cycles
        self.bytesPerCycle = max(1, Int(bytesPerCycle.rounded()))
        self.accumulatorSets = accumulatorSets
        outputBytes = group.outputBytes
    }

    /// Cycles of all passes of a channel group.
    func passCycles(_ columnGroups: Int) -> Int { cycles.reduce(0, +) * columnGroups }

    /// When the passes of an order would end, in cycles.
    func cycles(of plan: GroupPlan, in order: PassOrder) -> Int {
        (end(of: plan, in: order) + bytesPerCycle - 1) / bytesPerCycle
    }

    /// When the passes of an order would end: transfers in the order of passes, a pass not before its chunks.
    func end(of plan: GroupPlan, in order: PassOrder) -> Int {
        let passes = plan.passes(order)
        var loads = Operand.allCases.map { PacedLoads(plan, $0, order, passes) }
        let outputs = passes.map { outputBytes[$0.rowGroup][$0.columnGroup] }
        var ends: [Int] = []
        ends.reserveCapacity(passes.count)
        var memory = 0
        for pass in passes.indices {
            if pass >= accumulatorSets { memory += outputs[pass - accumulatorSets] }
            var arrived = 0
            for operand in loads.indices {
                while let load = loads[operand].next(of: pass) {
                    // The place is free behind a pass that is before this one.
                    if let freed = load.freed, min(freed, pass - 1) >= 0 {
                        memory = max(memory, ends[min(freed, pass - 1)])
                    }
                    memory += load.bytes
                    arrived = memory
                }
            }
            ends.append(max((ends.last ?? 0) + cycles[passes[pass].rowGroup] * bytesPerCycle, arrived))
        }
        return max(ends.last ?? 0, memory + outputs.suffix(accumulatorSets).reduce(0, +))
    }

    /// What no estimate of an order that loads so many bytes is less than: every order begins with the same pass.
    func least(of plan: GroupPlan, bytes: Int) -> Int {
        guard plan.grouping.passes > 0 else { return bytes }
        let first = Operand.allCases.reduce(0) { sum, operand in
            let uses = plan.uses(operand, rowGroup: 0, columnGroup: 0).uses
            return Set(uses.map(\.chunk)).reduce(sum) { $0 + plan.table(operand).chunks[Int($1)].bytes }
        }
        let all = passCycles(plan.grouping.columnGroups) * bytesPerCycle
        let wait = max(0, first - cycles[0] * bytesPerCycle)
        return max(all + wait, bytes + outputBytes.joined().reduce(0, +))
    }
}

/// The loads of an operand in the order of their first passes.
private struct PacedLoads {
    /// By load, its bytes and its first pass.
    private var loads: [(bytes: Int, pass: Int)] = []
    /// The last passes of loads in rising order; empty where every load has a place of its own.
    private var freed: [Int] = []
    private let places: Int
    private var number = 0

    init(_ plan: GroupPlan, _ operand: Operand, _ order: PassOrder, _ passes: [(rowGroup: Int, columnGroup: Int)]) {
        places = plan.places[operand]
        let table = plan.table(operand)
        if plan.held[operand] == nil {
            // A group comes whole with its first pass.
            var isLoaded = [Bool](repeating: false, count: table.first.count - 1)
            for (pass, place) in passes.enumerated() {
                let group = operand == .weights ? place.rowGroup : place.columnGroup
                if isLoaded[group] || table.range(of: group).isEmpty { continue }
                isLoaded[group] = true
                loads.append((table.range(of: group).reduce(0) { $0 + table.chunks[$1].bytes }, pass))
            }
            return
        }
        var numbers: [Int] = []
        var passOfUse: [Int] = []
        let residency = plan.residency(operand, passes) { pass, number in
            numbers.append(number)
            passOfUse.append(pass)
        }
        var last = [Int](repeating: 0, count: residency.loads.count)
        for (number, pass) in zip(numbers, passOfUse) {
            let load = Int(residency.loadOfUse[number])
            if load == loads.count { loads.append((table.chunks[Int(residency.loads[load])].bytes, pass)) }
            last[load] = pass
        }
        freed = last.sorted()
    }

    /// The next load if its first pass is this one, and the pass behind which its place is free; nil where it is from the start.
    mutating func next(of pass: Int) -> (bytes: Int, freed: Int?)? {
        guard number < loads.count, loads[number].pass == pass else { return nil }
        defer { number += 1 }
        let reused = number - places
        return (loads[number].bytes, !freed.isEmpty && reused >= 0 ? freed[reused] : nil)
    }
}
