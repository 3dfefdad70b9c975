import Hardware

/// How the products of an entry are found from its operands.
enum CountingRule: Hashable, Sendable {
    /// `popcount(W & A)`, added up over the PE's pairs.
    case masks
    /// A factor of the row times a factor of the column.
    case factors

    init(_ skipping: ZeroSkipping) { self = skipping == .both ? .masks : .factors }
}

/// The sizes that fix how operands lie in memory.
struct OperandLayout: Sendable {
    let array: PEArray
    let rule: CountingRule
    /// 16-bit words of a mask.
    let planes: Int
    /// Vectors of 16 columns that span the array.
    let columnVectors: Int
    /// Bits of a mask (P).
    let width: Int
    /// Whether the products of a pair in one cycle share an update of its accumulator, so that pairs are told apart.
    let countsUpdates: Bool

    init(_ layer: ArrayLayer) {
        array = layer.array
        width = layer.width
        countsUpdates = !layer.updatesEveryProduct
        rule = CountingRule(array.zeroSkipping)
        planes = (width + 15) / 16
        columnVectors = (array.columns + 15) / 16
    }

    /// Words of one row in one step: masks of its filters, a factor for each, or one for all.
    var rowWords: Int { words(slots: array.filtersPerPE) }

    /// Vectors of 16 columns in one step: masks of the tiles, a factor for each, or one for all.
    var columnWords: Int { words(slots: array.tilesPerPE) }

    /// The place of a slot's factor among its row's or column's.
    func factorPlace(slot: Int) -> Int { countsUpdates ? slot : 0 }

    private func words(slots: Int) -> Int {
        switch rule {
        case .masks: slots * planes
        case .factors: countsUpdates ? slots : 1
        }
    }
}

/// Memory that a layer's operands or lanes live in, 32-byte aligned and freed with its owner.
struct LaneMemory<Element: BitwiseCopyable>: ~Copyable {
    let start: UnsafeMutablePointer<Element>
    let count: Int

    init(count: Int, zero: Element) {
        start = .allocate(capacity: max(1, count))
        start.initialize(repeating: zero, count: max(1, count))
        self.count = count
    }

    deinit { start.deallocate() }
}

/// The filters' side of the passes of one row group: by step and row, the masks of the row's filters or their factor.
final class RowOperands {
    let words: LaneMemory<UInt16>

    /// Lays out the steps that the row group keeps; `[step][row][slot][plane]`.
    init(_ group: RowGroup, of product: MaskedProduct, layout: OperandLayout) {
        let perStep = layout.array.rows * layout.rowWords
        words = LaneMemory(count: group.steps.count * perStep, zero: 0)
        let words = words.start
        let skipping = layout.array.zeroSkipping
        product.weights.withUnsafeBufferPointer { weights in
            for (r, row) in group.rows.enumerated() {
                for (slot, filter) in row.enumerated() {
                    let masks = weights.baseAddress.map { $0 + filter * product.steps }
                    guard let masks else { continue }
                    for (i, step) in group.steps.enumerated() {
                        let mask = masks[step]
                        let at = i * perStep + r * layout.rowWords
                        switch layout.rule {
                        case .masks:
                            for plane in 0..<layout.planes {
                                words[at + slot * layout.planes + plane] = UInt16(
                                    truncatingIfNeeded: mask >> UInt64(16 * plane))
                            }
                        case .factors:
                            let factor =
                                switch skipping {
                                case .weights: mask.nonzeroBitCount
                                case .none: product.lanes[step]
                                case .activations, .both: 1
                                }
                            words[at + layout.factorPlace(slot: slot)] += UInt16(factor)
                        }
                    }
                }
            }
        }
    }
}

/// The tiles' side of the passes of one column group: by step and vector of columns, the tiles' masks or their factor.
final class ColumnOperands {
    let words: LaneMemory<LaneWords>
    /// Vectors from one step to the next; 0 where the factor is the same in all.
    let stepStride: Int

    /// Lays out the tiles of a column group; `[step][vector][tile][plane]`.
    init(_ product: MaskedProduct, tiles: Range<Int>, layout: OperandLayout) {
        let array = layout.array
        let perStep = layout.columnVectors * layout.columnWords
        let constant = array.zeroSkipping == .weights || array.zeroSkipping == .none
        stepStride = constant ? 0 : perStep
        words = LaneMemory(count: constant ? perStep : perStep * product.steps, zero: LaneWords(repeating: 0))
        let words = UnsafeMutableRawPointer(words.start).assumingMemoryBound(to: UInt16.self)
        let stepStride = stepStride
        // By tile, where its first word lies in a step.
        let places = (0..<tiles.count).map { index in
            let (column, slot) = index.quotientAndRemainder(dividingBy: array.tilesPerPE)
            let word = layout.rule == .masks ? slot * layout.planes : layout.factorPlace(slot: slot)
            return (column / 16 * layout.columnWords + word) * 16 + column % 16
        }
        product.activations.withUnsafeBufferPointer { activations in
            for step in 0..<(constant ? 1 : product.steps) {
                let first = step * product.tiles + tiles.lowerBound
                let start = step * stepStride * 16
                for (index, place) in places.enumerated() {
                    let mask = activations[first + index]
                    switch layout.rule {
                    case .masks:
                        for plane in 0..<layout.planes {
                            words[start + place + plane * 16] = UInt16(truncatingIfNeeded: mask >> UInt64(16 * plane))
                        }
                    case .factors: words[start + place] += constant ? 1 : UInt16(mask.nonzeroBitCount)
                    }
                }
            }
        }
    }
}
