import Hardware

/// An order of the passes of a channel group: blocks of row groups or of column groups outside (page `BuffersAndTraffic`).
struct PassOrder: Hashable, Sendable {
    /// What stands outside.
    enum Outside: Hashable, Sendable {
        case filters
        case tiles
    }

    let outside: Outside
    /// Groups of a block.
    let block: Int

    /// Row groups outside, without blocks.
    static let filtersOutside = PassOrder(outside: .filters, block: 1)

    /// The passes in this order.
    func passes(rowGroups: Int, columnGroups: Int) -> [(rowGroup: Int, columnGroup: Int)] {
        var passes: [(rowGroup: Int, columnGroup: Int)] = []
        passes.reserveCapacity(rowGroups * columnGroups)
        let (outer, inner) = outside == .filters ? (rowGroups, columnGroups) : (columnGroups, rowGroups)
        for first in stride(from: 0, to: outer, by: block) {
            for other in 0..<inner {
                for one in first..<min(first + block, outer) {
                    passes.append(outside == .filters ? (one, other) : (other, one))
                }
            }
        }
        return passes
    }

    /// The orders that are tried: the longer runs first, then filters outside.
    static func candidates(rowGroups: Int, columnGroups: Int, _ asked: LoopChoice) -> [PassOrder] {
        func blocks(of groups: Int) -> Set<Int> { asked.block.map { [max(1, min($0, groups))] } ?? sizes(of: groups) }
        var orders: [PassOrder] = []
        if asked.order != .inputs { orders += blocks(of: rowGroups).map { PassOrder(outside: .filters, block: $0) } }
        if asked.order != .weights { orders += blocks(of: columnGroups).map { PassOrder(outside: .tiles, block: $0) } }
        return orders.sorted {
            ($1.block, $0.outside == .filters ? 0 : 1) < ($0.block, $1.outside == .filters ? 0 : 1)
        }
    }

    /// The sizes of blocks that are tried: few enough for large layers, and dense where they are small.
    static func sizes(of groups: Int) -> Set<Int> {
        var sizes: Set<Int> = [1]
        for power in 0..<Int.bitWidth - 2 where 1 << power <= groups {
            for count in [1 << power, 3 << power] where count <= groups {
                sizes.formUnion([count, (groups + count - 1) / count])
            }
        }
        return sizes.filter { $0 < max(2, groups) }
    }
}

/// The orders of passes that a mapping allows.
struct LoopChoice {
    let order: LoopOrder
    /// Groups of a block; nil for the sizes that are tried.
    let block: Int?
}

extension Mapping {
    /// The orders of passes that are allowed.
    var loop: LoopChoice { LoopChoice(order: loopOrder, block: loopBlock) }
}
