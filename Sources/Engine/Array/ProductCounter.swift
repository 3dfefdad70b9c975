/// Counts the products of one entry in sixteen PEs of a row.
///
/// The products of an entry are dispatched pair by pair, a filter's tiles one after the other. A cycle that ends one pair and
/// begins the next updates the accumulators of both, so a counter says beside the products how many such cycles there are.
protocol ProductCounter {
    /// Whether `splits` are counted; where every product is an update by itself, they are not needed.
    static var countsSplits: Bool { get }

    /// Products of the entry in the PEs of `row`.
    ///
    /// - Parameters:
    ///   - used: multipliers that are taken in the cycle in which the entry begins; 0 to M.
    ///   - splits: takes, lane by lane, the cycles in which a pair begins behind another one's products.
    func products(row: Int, used: Lanes, divider: some LaneDivider, splits: inout Lanes) -> LaneWords
}

/// Any number of products a PE, none of which share an update.
struct UnsplitCounter<Base: UnsplitProducts>: ProductCounter {
    let base: Base
    static var countsSplits: Bool { false }

    @inline(__always)
    func products(row: Int, used: Lanes, divider: some LaneDivider, splits: inout Lanes) -> LaneWords {
        base.products(row: row)
    }
}

/// The products of one entry, without regard to pairs.
protocol UnsplitProducts {
    /// Products of the entry in the PEs of `row`.
    func products(row: Int) -> LaneWords
}

/// One filter and one tile a PE, masks of at most 16 bits.
struct SingleMaskCounter: ProductCounter, UnsplitProducts {
    let row: UnsafePointer<UInt16>
    let column: LaneWords
    static var countsSplits: Bool { true }

    @inline(__always)
    func products(row r: Int) -> LaneWords {
        sumNibbles(nibbleCounts(LaneWords(repeating: row[r]) & column))
    }

    @inline(__always)
    func products(row: Int, used: Lanes, divider: some LaneDivider, splits: inout Lanes) -> LaneWords {
        products(row: row)
    }
}

/// Two filters and one tile a PE, masks of at most 16 bits: the nibbles of both are added before they are spread.
struct PairedMaskCounter: ProductCounter, UnsplitProducts {
    let row: UnsafePointer<UInt16>
    let column: LaneWords
    static var countsSplits: Bool { true }

    @inline(__always)
    func products(row r: Int) -> LaneWords {
        sumNibbles(
            nibbleCounts(LaneWords(repeating: row[2 * r]) & column)
                &+ nibbleCounts(LaneWords(repeating: row[2 * r + 1]) & column))
    }

    @inline(__always)
    func products(row r: Int, used: Lanes, divider: some LaneDivider, splits: inout Lanes) -> LaneWords {
        let first = nibbleCounts(LaneWords(repeating: row[2 * r]) & column)
        let second = nibbleCounts(LaneWords(repeating: row[2 * r + 1]) & column)
        let before = unsafeBitCast(sumNibbles(first), to: Lanes.self)
        let total = sumNibbles(first &+ second)
        // Both counts are at most 16, so their product is zero where one of them is.
        let both = before &* (unsafeBitCast(total, to: Lanes.self) &- before)
        splits &+= Lanes(repeating: 1) &+ (zeroMask(both) | divider.multipleMask(used &+ before))
        return total
    }
}

/// Any number of filters, tiles and 16-bit planes.
struct ManyMaskCounter: ProductCounter, UnsplitProducts {
    let row: UnsafePointer<UInt16>
    let column: UnsafePointer<LaneWords>
    let filters: Int
    let tiles: Int
    let planes: Int
    static var countsSplits: Bool { true }

    @inline(__always)
    func products(row r: Int) -> LaneWords {
        var total = LaneWords(repeating: 0)
        let masks = row + r * filters * planes
        for filter in 0..<filters {
            for tile in 0..<tiles { total &+= pair(masks + filter * planes, tile) }
        }
        return total
    }

    @inline(__always)
    func products(row r: Int, used: Lanes, divider: some LaneDivider, splits: inout Lanes) -> LaneWords {
        var pairs = PairSplitter(used: used)
        let masks = row + r * filters * planes
        for filter in 0..<filters {
            for tile in 0..<tiles { pairs.add(pair(masks + filter * planes, tile), divider, &splits) }
        }
        return pairs.total
    }

    @inline(__always)
    private func pair(_ masks: UnsafePointer<UInt16>, _ tile: Int) -> LaneWords {
        var count = LaneWords(repeating: 0)
        for plane in 0..<planes {
            count &+= sumNibbles(nibbleCounts(LaneWords(repeating: masks[plane]) & column[tile * planes + plane]))
        }
        return count
    }
}

/// A row's factor times the columns' factors: all pairs of a PE at once.
struct FactorCounter: UnsplitProducts {
    let row: UnsafePointer<UInt16>
    let column: LaneWords

    @inline(__always)
    func products(row r: Int) -> LaneWords { LaneWords(repeating: row[r]) &* column }
}

/// A filter's factor times a tile's, pair by pair.
struct PairFactorCounter: ProductCounter {
    let row: UnsafePointer<UInt16>
    let column: UnsafePointer<LaneWords>
    let filters: Int
    let tiles: Int
    static var countsSplits: Bool { true }

    @inline(__always)
    func products(row r: Int, used: Lanes, divider: some LaneDivider, splits: inout Lanes) -> LaneWords {
        var pairs = PairSplitter(used: used)
        for filter in 0..<filters {
            let factor = LaneWords(repeating: row[r * filters + filter])
            for tile in 0..<tiles { pairs.add(factor &* column[tile], divider, &splits) }
        }
        return pairs.total
    }
}

/// Adds up the products of a PE's pairs, and counts the cycles that two of them share.
struct PairSplitter {
    private(set) var total = LaneWords(repeating: 0)
    private let used: Lanes

    @inline(__always)
    init(used: Lanes) { self.used = used }

    @inline(__always)
    mutating func add(_ count: LaneWords, _ divider: some LaneDivider, _ splits: inout Lanes) {
        let before = unsafeBitCast(total, to: Lanes.self)
        let none = zeroMask(before) | zeroMask(unsafeBitCast(count, to: Lanes.self))
        splits &+= Lanes(repeating: 1) &+ (none | divider.multipleMask(used &+ before))
        total &+= count
    }
}
