import Hardware

/// The PEs in SIMD lanes of 16 bits, sixteen columns of one row in a vector.
///
/// A PE's state is the cycle of its last dispatch or pop (from the current issue), the multipliers that are free in that
/// cycle, and the FIFO entries that its window may still touch. Since an entry is taken up as soon as the one before it is
/// done, this state and the next entry's products give the cycle in which that entry is done.
struct NarrowLanes: ArrayLanes, ~Copyable {
    private let time: LaneMemory<Lanes>
    private let free: LaneMemory<Lanes>
    private let window: LaneMemory<Lanes>
    /// The state of PEs that are not mapped: vectors that they share with mapped ones run over their lanes.
    private let parked: LaneMemory<Parked>
    private var isParked = [Bool](repeating: true, count: PEKinds.count)
    /// By vector of columns: the lanes of the columns that every pass maps, and of the others.
    private let laneMasks: [(always: Lanes, sometimes: Lanes)]
    private let kinds: PEKinds
    private let layout: OperandLayout
    private let multipliers: Int
    private let lookahead: Int16
    /// Rows whose counts fit a lane when they are added up.
    private let rowBlock: Int
    let longestStride: Int
    private var products = WideSums()
    private var starts = WideSums()
    private var cycles = WideSums()
    private var shared = WideSums()
    private var additions = 0
    private var all = DispatchCounts()

    private struct Parked: BitwiseCopyable {
        var time: Int16 = 0
        var free: Int16 = 0
        var window: Int16 = 0
    }

    /// The most rows in a block, which bounds how far idle cycles may add up.
    private static let largestBlock = 128

    /// Whether no time and no sum of this array can outgrow its lane.
    static func fits(_ layer: ArrayLayer) -> Bool {
        let array = layer.array
        let products = array.filtersPerPE * array.tilesPerPE * layer.width
        let cycles = (products + array.multipliers - 1) / array.multipliers + 1
        return products + 2 * array.multipliers < 1 << 15 && (array.fifoDepth + 1) * cycles < 1 << 14
    }

    init(array: PEArray, kinds: PEKinds, layout: OperandLayout) {
        self.kinds = kinds
        self.layout = layout
        multipliers = array.multipliers
        lookahead = Int16(array.lookahead)
        let products = array.filtersPerPE * array.tilesPerPE * layout.width
        rowBlock = max(1, min(array.rows, Self.largestBlock, Int(UInt16.max) / (products + 2)))
        longestStride = min(1 << 13, Int(Int16.max) / rowBlock)
        let vectors = array.rows * layout.columnVectors
        time = LaneMemory(count: vectors, zero: Lanes(repeating: 0))
        free = LaneMemory(count: vectors, zero: Lanes(repeating: 0))
        window = LaneMemory(count: vectors, zero: Lanes(repeating: 0))
        parked = LaneMemory(count: array.rows * array.columns, zero: Parked())
        laneMasks = (0..<layout.columnVectors).map { vector in
            var always = Lanes(repeating: 0)
            var sometimes = Lanes(repeating: 0)
            for lane in 0..<16 {
                let column = vector * 16 + lane
                if column < kinds.columnSplit {
                    always[lane] = -1
                } else if column < kinds.columns {
                    sometimes[lane] = -1
                }
            }
            return (always, sometimes)
        }
    }

    mutating func dispatch(_ entry: Entry, stride: Int) -> EntryOutcome {
        var outcome = EntryOutcome()
        let allColumns = entry.columns > kinds.columnSplit
        let vectors = (entry.columns + 15) / 16
        for vector in 0..<vectors {
            let always = laneMasks[vector].always
            let sometimes = allColumns ? laneMasks[vector].sometimes : Lanes(repeating: 0)
            var idle = 0
            var row = 0
            while row < entry.rows {
                // Rows of one kind, few enough for their sums.
                let edge = row < kinds.rowSplit ? min(kinds.rowSplit, entry.rows) : entry.rows
                let end = min(edge, row + rowBlock)
                let block = count(entry, rows: row..<end, vector: vector, stride: Int16(stride))
                let mapped = always | sometimes
                let doneAlways = largestLane(block.done & always)
                let doneSometimes = largestLane(block.done & sometimes)
                if row < kinds.rowSplit {
                    outcome.done.0 = max(outcome.done.0, doneAlways)
                    outcome.done.1 = max(outcome.done.1, doneSometimes)
                } else {
                    outcome.done.2 = max(outcome.done.2, doneAlways)
                    outcome.done.3 = max(outcome.done.3, doneSometimes)
                }
                products.add(block.products & unsafeBitCast(mapped, to: LaneWords.self))
                starts.add(unsafeBitCast(block.starts & mapped, to: LaneWords.self))
                cycles.add(unsafeBitCast(block.cycles & mapped, to: LaneWords.self))
                shared.add(unsafeBitCast(block.shared & mapped, to: LaneWords.self))
                if stride > 0 {
                    var sums = WideSums()
                    sums.add(unsafeBitCast(block.idle & mapped, to: LaneWords.self))
                    idle += sums.take()
                }
                additions += 1
                if additions == 1 << 14 { flush() }
                row = end
            }
            outcome.idle += idle
        }
        return outcome
    }

    mutating func settle(kind: Int, stride: Int, unmappedUntil: Int) -> (unmapped: Int, held: Int) {
        var unmapped = 0
        var held = 0
        let columns = kinds.columnRange(kind)
        for row in kinds.rowRange(kind) {
            for column in columns {
                let at = column / 16 * layout.array.rows + row
                if isParked[kind] {
                    let state = parked.start[row * kinds.columns + column]
                    time.start[at][column % 16] = state.time
                    free.start[at][column % 16] = state.free
                    window.start[at][column % 16] = state.window
                }
                let last = Int(time.start[at][column % 16])
                let idle = stride - last
                if idle > 0 {
                    let without = max(0, min(unmappedUntil, stride) - last)
                    unmapped += without
                    held += idle - without
                }
                time.start[at][column % 16] = Int16(max(0, last - stride))
            }
        }
        isParked[kind] = false
        return (unmapped, held)
    }

    mutating func park(kind: Int) {
        guard !isParked[kind] else { return }
        isParked[kind] = true
        for row in kinds.rowRange(kind) {
            for column in kinds.columnRange(kind) {
                let at = column / 16 * layout.array.rows + row
                parked.start[row * kinds.columns + column] = Parked(
                    time: time.start[at][column % 16], free: free.start[at][column % 16],
                    window: window.start[at][column % 16])
            }
        }
    }

    mutating func takeCounts() -> DispatchCounts {
        flush()
        defer { all = DispatchCounts() }
        return all
    }

    private mutating func flush() {
        all.products += products.take()
        all.starts += starts.take()
        all.continuations += cycles.take()
        all.sharedUpdates += shared.take()
        additions = 0
    }

    /// Sums and maxima, lane by lane, over some rows.
    private struct Block {
        var done = Lanes(repeating: 0)
        var idle = Lanes(repeating: 0)
        var products = LaneWords(repeating: 0)
        /// Entries that began a new cycle.
        var starts = Lanes(repeating: 0)
        /// Cycles that entries took beyond the one in which they were taken up.
        var cycles = Lanes(repeating: 0)
        /// Updates in the cycles in which entries were taken up, and in cycles that two pairs share.
        var shared = Lanes(repeating: 0)
    }

    @inline(__always)
    private func count(_ entry: Entry, rows: Range<Int>, vector: Int, stride: Int16) -> Block {
        let column = entry.column + vector * layout.columnWords
        let array = layout.array
        switch (layout.rule, array.filtersPerPE, array.tilesPerPE * layout.planes, layout.countsUpdates) {
        case (.factors, _, _, false):
            let counter = FactorCounter(row: entry.row, column: column.pointee)
            return divide(UnsplitCounter(base: counter), rows, vector, stride)
        case (.factors, _, _, true):
            let counter = PairFactorCounter(
                row: entry.row, column: column, filters: array.filtersPerPE, tiles: array.tilesPerPE)
            return divide(counter, rows, vector, stride)
        case (.masks, 1, 1, let counts):
            let counter = SingleMaskCounter(row: entry.row, column: column.pointee)
            if counts { return divide(counter, rows, vector, stride) }
            return divide(UnsplitCounter(base: counter), rows, vector, stride)
        case (.masks, 2, 1, let counts):
            let counter = PairedMaskCounter(row: entry.row, column: column.pointee)
            if counts { return divide(counter, rows, vector, stride) }
            return divide(UnsplitCounter(base: counter), rows, vector, stride)
        case (.masks, _, _, let counts):
            let counter = ManyMaskCounter(
                row: entry.row, column: column, filters: array.filtersPerPE, tiles: array.tilesPerPE,
                planes: layout.planes)
            if counts { return divide(counter, rows, vector, stride) }
            return divide(UnsplitCounter(base: counter), rows, vector, stride)
        }
    }

    @inline(__always)
    private func divide<Counter: ProductCounter>(
        _ counter: Counter, _ rows: Range<Int>, _ vector: Int, _ stride: Int16
    ) -> Block {
        if multipliers & (multipliers - 1) == 0 {
            return step(counter, ShiftDivider(multipliers), rows: rows, vector: vector, stride: stride)
        }
        return step(counter, ReciprocalDivider(multipliers), rows: rows, vector: vector, stride: stride)
    }

    /// Dispatches one entry in sixteen columns of some rows: the dispatch of page `ArrayTiming`.
    @inline(__always)
    private func step<Counter: ProductCounter>(
        _ counter: Counter, _ divider: some LaneDivider, rows: Range<Int>, vector: Int, stride: Int16
    ) -> Block {
        var block = Block()
        let time = time.start + vector * layout.array.rows
        let free = free.start + vector * layout.array.rows
        let window = window.start + vector * layout.array.rows
        let allFree = Lanes(repeating: Int16(multipliers))
        let wholeWindow = Lanes(repeating: lookahead)
        let one = Lanes(repeating: 1)
        let strides = Lanes(repeating: stride)
        for row in rows {
            let late = time[row] &- strides
            block.idle &+= positivePart(Lanes(repeating: 0) &- late)
            var now = positivePart(late)
            // A PE whose last busy cycle is not after the issue begins the entry in a new cycle, as does one whose
            // window is spent.
            let left = window[row] & ~zeroMask(now)
            let fresh = zeroMask(left)
            now &-= fresh
            let available = select(fresh, allFree, free[row])
            let products = counter.products(
                row: row, used: allFree &- available, divider: divider, splits: &block.shared)
            block.products &+= products
            let count = unsafeBitCast(products, to: Lanes.self)
            let over = count &- available
            let beyond = positivePart(over)
            let cycles = divider.ceilingQuotient(beyond)
            now &+= cycles
            free[row] = divider.multiple(cycles) &- over
            window[row] = select(zeroMask(beyond), select(fresh, wholeWindow, left), wholeWindow) &- one
            time[row] = now
            block.starts &-= fresh
            block.cycles &+= cycles
            // One where the current cycle has a multiplier for the entry and the entry a product.
            if Counter.countsSplits { block.shared &+= one &+ zeroMask(count &- beyond) }
            block.done = larger(block.done, now)
        }
        return block
    }
}
