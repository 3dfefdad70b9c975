import Hardware

/// Which order of passes a channel group takes: the one that loads the fewest bytes, and of several the one that is estimated to
/// end first (page `BuffersAndTraffic`).
extension GroupPlan {
    /// Bytes that every order loads.
    var compulsoryBytes: Int { weights.table.bytes + inputs.table.bytes }

    /// Bytes that are loaded in an order of passes.
    func bytes(_ order: PassOrder) -> Int {
        Operand.allCases.reduce(0) { $0 + bytes($1, order) }
    }

    /// Bytes of one operand that are loaded in an order of passes.
    func bytes(_ operand: Operand, _ order: PassOrder) -> Int {
        let table = table(operand)
        if isLoadedOnce(operand, order) { return table.bytes }
        return residency(operand, passes(order)).loads.reduce(0) { $0 + table.chunks[Int($1)].bytes }
    }

    /// The order of passes to run.
    func bestOrder(_ allowed: LoopChoice, _ pace: PassPace) -> PassOrder {
        let rows = grouping.rowGroups.count
        let candidates = PassOrder.candidates(rowGroups: rows, columnGroups: grouping.columnGroups, allowed)
        if allowed.order == .fast { return fastest(candidates, pace) }
        var best: (orders: [PassOrder], bytes: Int) = ([], .max)
        for order in candidates where best.bytes > compulsoryBytes || !isLoadedAgain(order) {
            let bytes = bytes(order)
            if bytes < best.bytes { best = ([], bytes) }
            if bytes == best.bytes { best.orders.append(order) }
        }
        guard best.orders.count > 1 else { return best.orders[0] }
        var shortest = (order: best.orders[0], time: Int.max)
        for order in best.orders {
            let time = pace.end(of: self, in: order)
            if time < shortest.time { shortest = (order, time) }
        }
        return shortest.order
    }

    /// The order that is estimated to end first; on a tie the one that loads the fewest bytes.
    private func fastest(_ candidates: [PassOrder], _ pace: PassPace) -> PassOrder {
        var best = (order: candidates[0], end: Int.max, bytes: Int.max)
        for order in candidates {
            let (end, bytes) = (pace.end(of: self, in: order), bytes(order))
            if (end, bytes) < (best.end, best.bytes) { best = (order, end, bytes) }
        }
        return best.order
    }

    /// The passes in an order.
    func passes(_ order: PassOrder) -> [(rowGroup: Int, columnGroup: Int)] {
        order.passes(rowGroups: grouping.rowGroups.count, columnGroups: grouping.columnGroups)
    }

    /// Whether no chunk of an operand is loaded twice, as far as that is seen without a plan: all of them fit, or those of each block
    /// stay until the block is done and never return.
    func isLoadedOnce(_ operand: Operand, _ order: PassOrder) -> Bool {
        guard let held = held[operand] else { return true }
        if isOutside(operand, order) { return mostChunks(operand, block: order.block) <= held }
        return isOneRound(operand, order) && mostChunks(operand, block: order.strip) <= held
    }

    /// Whether some bytes are certain to be loaded twice, as far as that is seen without a plan.
    private func isLoadedAgain(_ order: PassOrder) -> Bool {
        // Where passes leave out steps, some may use no chunk.
        usesAllSteps
            && Operand.allCases.contains { operand in
                guard let held = held[operand], !table(operand).chunks.contains(where: { $0.bytes == 0 }) else {
                    return false
                }
                let most = held + staged[operand]
                if !isOutside(operand, order) { return !isOneRound(operand, order) && table(operand).count > most }
                let others = operand == .weights ? grouping.columnGroups : grouping.rowGroups.count
                return others > order.strip && mostChunks(operand, block: order.block) > most
            }
    }

    private func isOutside(_ operand: Operand, _ order: PassOrder) -> Bool {
        (operand == .weights) == (order.outside == .filters)
    }

    /// Whether the groups of the operand that stands inside pass by once.
    private func isOneRound(_ operand: Operand, _ order: PassOrder) -> Bool {
        order.block >= (operand == .weights ? grouping.columnGroups : grouping.rowGroups.count)
    }

    /// The most chunks of a run of so many groups that begins a block.
    private func mostChunks(_ operand: Operand, block: Int) -> Int {
        let first = table(operand).first
        return stride(from: 0, to: first.count - 1, by: block).reduce(0) {
            max($0, first[min($1 + block, first.count - 1)] - first[$1])
        }
    }
}
