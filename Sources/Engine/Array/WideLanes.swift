import Hardware

/// The PEs one by one in full-width integers, for arrays whose times or sums outgrow 16 bits.
struct WideLanes: ArrayLanes, ~Copyable {
    private let time: LaneMemory<Int>
    private let free: LaneMemory<Int>
    private let window: LaneMemory<Int>
    private let kinds: PEKinds
    private let layout: OperandLayout
    private var counts = DispatchCounts()

    let longestStride = Int.max

    init(array: PEArray, kinds: PEKinds, layout: OperandLayout) {
        self.kinds = kinds
        self.layout = layout
        let count = array.rows * array.columns
        time = LaneMemory(count: count, zero: 0)
        free = LaneMemory(count: count, zero: 0)
        window = LaneMemory(count: count, zero: 0)
    }

    mutating func dispatch(_ entry: Entry, stride: Int) -> EntryOutcome {
        var outcome = EntryOutcome()
        let array = layout.array
        for row in 0..<entry.rows {
            for column in 0..<entry.columns {
                let at = row * array.columns + column
                var now = time.start[at] - stride
                if now <= 0 {
                    outcome.idle -= now
                    now = 0
                    window.start[at] = 0
                }
                if window.start[at] == 0 {
                    now += 1
                    counts.starts += 1
                    free.start[at] = array.multipliers
                    window.start[at] = array.lookahead
                }
                let count = count(entry, row: row, column: column, free: free.start[at])
                counts.products += count
                if count > 0 && free.start[at] > 0 { counts.sharedUpdates += 1 }
                if count > free.start[at] {
                    let beyond = count - free.start[at]
                    let cycles = (beyond + array.multipliers - 1) / array.multipliers
                    now += cycles
                    counts.continuations += cycles
                    free.start[at] = cycles * array.multipliers - beyond
                    window.start[at] = array.lookahead - 1
                } else {
                    free.start[at] -= count
                    window.start[at] -= 1
                }
                time.start[at] = now
                switch (row < kinds.rowSplit, column < kinds.columnSplit) {
                case (true, true): outcome.done.0 = max(outcome.done.0, now)
                case (true, false): outcome.done.1 = max(outcome.done.1, now)
                case (false, true): outcome.done.2 = max(outcome.done.2, now)
                case (false, false): outcome.done.3 = max(outcome.done.3, now)
                }
            }
        }
        return outcome
    }

    /// Products of an entry in one PE; cycles that two of its pairs share are counted on the way.
    private mutating func count(_ entry: Entry, row: Int, column: Int, free: Int) -> Int {
        let array = layout.array
        let lane = column % 16
        let words = entry.column + column / 16 * layout.columnWords
        if layout.rule == .factors && !layout.countsUpdates { return Int(entry.row[row]) * Int(words[0][lane]) }
        var total = 0
        let filters = entry.row + row * layout.rowWords
        for filter in 0..<array.filtersPerPE {
            for tile in 0..<array.tilesPerPE {
                let count =
                    switch layout.rule {
                    case .factors: Int(filters[filter]) * Int(words[tile][lane])
                    case .masks:
                        (0..<layout.planes).reduce(0) { count, plane in
                            let mask = filters[filter * layout.planes + plane]
                            return count + (mask & words[tile * layout.planes + plane][lane]).nonzeroBitCount
                        }
                    }
                let isShared = (total - free) % array.multipliers != 0
                if total > 0 && count > 0 && isShared { counts.sharedUpdates += 1 }
                total += count
            }
        }
        return total
    }

    mutating func settle(kind: Int, stride: Int, unmappedUntil: Int) -> (unmapped: Int, held: Int) {
        var unmapped = 0
        var held = 0
        for row in kinds.rowRange(kind) {
            for column in kinds.columnRange(kind) {
                let at = row * layout.array.columns + column
                let last = time.start[at]
                let idle = stride - last
                if idle > 0 {
                    let without = max(0, min(unmappedUntil, stride) - last)
                    unmapped += without
                    held += idle - without
                }
                time.start[at] = max(0, last - stride)
            }
        }
        return (unmapped, held)
    }

    // The lanes of PEs that are not mapped are never touched here.
    mutating func park(kind: Int) {}

    mutating func takeCounts() -> DispatchCounts {
        defer { counts = DispatchCounts() }
        return counts
    }
}
