import Hardware

/// PEs that take the products of two non-zero operands from the entries of their window (page `ArrayTiming`).
///
/// Generic over the lanes that hold the PEs' dispatch state.
struct ZeroSkippingArray<Lanes: ArrayLanes & ~Copyable>: ArrayKind, ~Copyable {
    private let array: PEArray
    private let kinds: PEKinds
    private let layout: OperandLayout
    private var lanes: Lanes

    /// The kinds that the current pass maps, a bit each.
    private var mapped = 0
    private var rows = 0
    private var columns = 0
    private var lastIssue = -1
    /// By kind: the issue its times are kept from, entries so far, the last cycles of its last D entries, and the last cycle
    /// in which it was unmapped since its last entry (-1 where it was not).
    private var origin = [Int](repeating: -1, count: PEKinds.count)
    private var entries = [Int](repeating: 0, count: PEKinds.count)
    private var done: [Int]
    private var unmappedUntil = [Int](repeating: -1, count: PEKinds.count)

    /// Idle PE-cycles of PEs without a pair, and by what held the entry that they waited for.
    private var unmapped = 0
    private var idle = CycleLedger()
    private var entriesQueued = 0

    init(_ layer: ArrayLayer) {
        array = layer.array
        kinds = PEKinds(layer)
        layout = OperandLayout(layer)
        lanes = Lanes(array: array, kinds: kinds, layout: layout)
        done = [Int](repeating: -1, count: PEKinds.count * array.fifoDepth)
    }

    static func grouping(_ product: MaskedProduct, array: PEArray) -> Grouping { Grouping(product, array: array) }

    func operands(of product: MaskedProduct, grouping: Grouping) -> LaneOperands {
        LaneOperands(product, grouping: grouping, layout: layout)
    }

    mutating func begin(rows: Int, columns: Int) {
        (self.rows, self.columns) = (rows, columns)
        mapped = 0
        for kind in 0..<PEKinds.count where kinds.size(kind) > 0 {
            if kinds.isMapped(kind, rows: rows, columns: columns) {
                mapped |= 1 << kind
            } else {
                lanes.park(kind: kind)
            }
        }
    }

    @inline(__always)
    func earliestIssue(entries count: Int) -> Int {
        var cycle = Int.min
        for kind in 0..<PEKinds.count where isMapped(kind) {
            let entry = entries[kind] + count - 1 - array.fifoDepth
            guard entry >= 0 else { continue }
            cycle = max(cycle, 1 + array.stallLatency + done[kind * array.fifoDepth + entry % array.fifoDepth])
        }
        return cycle
    }

    @inline(__always)
    mutating func dispatch(
        _ places: Range<Int>, of pass: LaneOperands.Pass, at cycle: Int, heldBy holder: CycleHolder
    ) -> Int {
        var stride = advance(to: cycle, heldBy: holder)
        let perStep = array.rows * layout.rowWords
        var last = -1
        for place in places {
            let entry = Entry(
                row: pass.rowWords + place * perStep, column: pass.columnWords + pass.steps[place] * pass.columnStride,
                rows: rows, columns: columns)
            let outcome = lanes.dispatch(entry, stride: stride)
            stride = 0
            idle[holder] += outcome.idle
            last = -1
            for kind in 0..<PEKinds.count where isMapped(kind) {
                let cycle = lastIssue + outcome.done(kind)
                done[kind * array.fifoDepth + entries[kind] % array.fifoDepth] = cycle
                entries[kind] += 1
                entriesQueued += kinds.size(kind)
                last = max(last, cycle)
            }
        }
        return last
    }

    mutating func end(finish: Int) {
        for kind in 0..<PEKinds.count where !isMapped(kind) { unmappedUntil[kind] = max(unmappedUntil[kind], finish) }
    }

    mutating func close(lastOutput: Int, last: Int) {
        for kind in 0..<PEKinds.count where kinds.size(kind) > 0 { settle(kind, at: lastOutput, heldBy: .drain) }
        idle[.dramOutputs] += (last - lastOutput) * array.rows * array.columns
    }

    mutating func report(usefulProducts: Int) throws -> ArrayLedger {
        guard idle[.issue] == 0 else {
            throw BrokenLaw(
                description: "PEs were idle for \(idle[.issue]) cycles before an entry that nothing held")
        }
        let counts = lanes.takeCounts()
        var ledger = ArrayLedger()
        ledger.slots[.unmapped] = unmapped * array.multipliers
        for holder in CycleHolder.allCases {
            if let kind = holder.idleClass { ledger.slots[kind] += idle[holder] * array.multipliers }
        }
        ledger.busyCycles = counts.busy
        ledger.usefulProducts = usefulProducts
        ledger.ineffectualProducts = counts.products - usefulProducts
        if array.gating { ledger.gatedProducts = ledger.ineffectualProducts }
        ledger.slots[.useful] = usefulProducts
        ledger.slots[.ineffectual] = ledger.ineffectualProducts
        ledger.slots[.underfill] = counts.busy * array.multipliers - counts.products
        ledger.fifoEntries = entriesQueued
        ledger.entriesExamined = entriesQueued + counts.continuations
        ledger.accumulatorUpdates = layout.countsUpdates ? counts.updates : counts.products
        return ledger
    }

    @inline(__always)
    private func isMapped(_ kind: Int) -> Bool { mapped & 1 << kind != 0 }

    /// Moves the mapped PEs to an issue, and counts the idle cycles of kinds that do not come straight from the one before.
    ///
    /// - Returns: the stride that is left to the dispatch.
    @inline(__always)
    private mutating func advance(to cycle: Int, heldBy holder: CycleHolder) -> Int {
        let before = lastIssue
        lastIssue = cycle
        // The lanes take a stride for all mapped kinds at once where they all stand at the issue before.
        var isTogether = cycle - before <= lanes.longestStride
        for kind in 0..<PEKinds.count where isMapped(kind) {
            if origin[kind] != before || unmappedUntil[kind] >= 0 || entries[kind] == 0 { isTogether = false }
        }
        for kind in 0..<PEKinds.count where isMapped(kind) {
            if !isTogether {
                settle(kind, at: cycle, heldBy: holder)
                unmappedUntil[kind] = -1
            }
            origin[kind] = cycle
        }
        return isTogether ? cycle - before : 0
    }

    /// Counts the idle cycles of a kind up to `cycle`.
    private mutating func settle(_ kind: Int, at cycle: Int, heldBy holder: CycleHolder) {
        let until = unmappedUntil[kind] < 0 ? Int.min / 2 : unmappedUntil[kind] - origin[kind]
        let counted = lanes.settle(kind: kind, stride: cycle - origin[kind], unmappedUntil: until)
        unmapped += counted.unmapped
        idle[holder] += counted.held
    }
}

/// The operands of one channel group in lanes: filters by row group, tiles by column group.
struct LaneOperands: ArrayOperands {
    /// Where the operands of a pass lie.
    struct Pass {
        /// The steps that are broadcast.
        let steps: [Int]
        let rowWords: UnsafePointer<UInt16>
        let columnWords: UnsafePointer<LaneWords>
        /// Vectors from one step to the next.
        let columnStride: Int
    }

    private let product: MaskedProduct
    private let grouping: Grouping
    private let layout: OperandLayout
    /// Groups return from pass to pass, so what was laid out stays.
    private var columns: [ColumnOperands?]
    private var rows: [RowOperands?]

    init(_ product: MaskedProduct, grouping: Grouping, layout: OperandLayout) {
        self.product = product
        self.grouping = grouping
        self.layout = layout
        columns = [ColumnOperands?](repeating: nil, count: grouping.columnGroups)
        rows = [RowOperands?](repeating: nil, count: grouping.rowGroups.count)
    }

    mutating func pass(rowGroup: Int, columnGroup: Int) -> Pass {
        let group = grouping.rowGroups[rowGroup]
        let mine = rows[rowGroup] ?? RowOperands(group, of: product, layout: layout)
        rows[rowGroup] = mine
        let theirs =
            columns[columnGroup]
            ?? ColumnOperands(product, tiles: grouping.tiles(ofColumnGroup: columnGroup), layout: layout)
        columns[columnGroup] = theirs
        return Pass(
            steps: group.steps, rowWords: UnsafePointer(mine.words.start),
            columnWords: UnsafePointer(theirs.words.start), columnStride: theirs.stepStride)
    }
}
