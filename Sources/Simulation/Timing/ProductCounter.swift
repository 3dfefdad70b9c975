/// Counts the products of one entry in sixteen PEs of a row.
protocol ProductCounter {
    /// Products of the entry in the PEs of `row`.
    func products(row: Int) -> LaneWords
}

/// One filter and one tile a PE, masks of at most 16 bits.
struct SingleMaskCounter: ProductCounter {
    let row: UnsafePointer<UInt16>
    let column: LaneWords

    @inline(__always)
    func products(row r: Int) -> LaneWords {
        sumNibbles(nibbleCounts(LaneWords(repeating: row[r]) & column))
    }
}

/// Two filters and one tile a PE, masks of at most 16 bits: the nibbles of both are added before they are spread.
struct PairedMaskCounter: ProductCounter {
    let row: UnsafePointer<UInt16>
    let column: LaneWords

    @inline(__always)
    func products(row r: Int) -> LaneWords {
        sumNibbles(
            nibbleCounts(LaneWords(repeating: row[2 * r]) & column)
                &+ nibbleCounts(LaneWords(repeating: row[2 * r + 1]) & column))
    }
}

/// Any number of filters, tiles and 16-bit planes.
struct ManyMaskCounter: ProductCounter {
    let row: UnsafePointer<UInt16>
    let column: UnsafePointer<LaneWords>
    let filters: Int
    let tiles: Int
    let planes: Int

    @inline(__always)
    func products(row r: Int) -> LaneWords {
        var total = LaneWords(repeating: 0)
        let masks = row + r * filters * planes
        for filter in 0..<filters {
            for tile in 0..<tiles {
                for plane in 0..<planes {
                    let both = LaneWords(repeating: masks[filter * planes + plane]) & column[tile * planes + plane]
                    total &+= sumNibbles(nibbleCounts(both))
                }
            }
        }
        return total
    }
}

/// A row's factor times the columns' factors.
struct FactorCounter: ProductCounter {
    let row: UnsafePointer<UInt16>
    let column: LaneWords

    @inline(__always)
    func products(row r: Int) -> LaneWords { LaneWords(repeating: row[r]) &* column }
}
