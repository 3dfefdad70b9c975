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
    /// Groups of a strip, of the operand that stands inside.
    var strip = 1

    /// Row groups outside, without blocks.
    static let filtersOutside = PassOrder(outside: .filters, block: 1)

    /// The passes in this order.
    func passes(rowGroups: Int, columnGroups: Int) -> [(rowGroup: Int, columnGroup: Int)] {
        var passes: [(rowGroup: Int, columnGroup: Int)] = []
        passes.reserveCapacity(rowGroups * columnGroups)
        let (outer, inner) = outside == .filters ? (rowGroups, columnGroups) : (columnGroups, rowGroups)
        let strips = (inner + strip - 1) / strip
        for first in stride(from: 0, to: outer, by: block) {
            // A block begins with the strip that the one before ended with.
            let isBackwards = strip > 1 && first / block % 2 == 1
            for number in 0..<strips {
                let start = (isBackwards ? strips - 1 - number : number) * strip
                for one in first..<min(first + block, outer) {
                    for other in start..<min(start + strip, inner) {
                        passes.append(outside == .filters ? (one, other) : (other, one))
                    }
                }
            }
        }
        return passes
    }

    /// The orders that are tried: the longer blocks first, then the longer strips, then filters outside.
    static func candidates(rowGroups: Int, columnGroups: Int, _ asked: LoopChoice) -> [PassOrder] {
        var orders: [PassOrder] = []
        func add(_ outside: Outside, _ outer: Int, _ inner: Int) {
            for block in asked.block.map({ [max(1, min($0, outer))] }) ?? sizes(of: outer) {
                // A block of one group has no use for strips.
                let asked = asked.strip.map { [max(1, min($0, inner))] } ?? strips(of: inner)
                for strip in block > 1 ? asked : [1] {
                    orders.append(PassOrder(outside: outside, block: block, strip: strip))
                }
            }
        }
        if asked.order != .inputs { add(.filters, rowGroups, columnGroups) }
        if asked.order != .weights { add(.tiles, columnGroups, rowGroups) }
        return orders.sorted {
            ($1.block, $1.strip, $0.outside == .filters ? 0 : 1) < ($0.block, $0.strip, $1.outside == .filters ? 0 : 1)
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

    /// The sizes of strips that are tried: 1 and the powers of two that are less than all.
    static func strips(of groups: Int) -> [Int] {
        [1] + (1..<Int.bitWidth - 2).lazy.map { 1 << $0 }.prefix { $0 < groups }
    }
}

/// The orders of passes that a mapping allows.
struct LoopChoice {
    let order: LoopOrder
    /// Groups of a block; nil for the sizes that are tried.
    let block: Int?
    /// Groups of a strip; nil for the sizes that are tried.
    var strip: Int?
}

extension Mapping {
    /// The orders of passes that are allowed.
    var loop: LoopChoice { LoopChoice(order: loopOrder, block: loopBlock, strip: loopStrip) }
}
