import Hardware

/// What one pass needs of the weights: the filters of every row of the array, and the steps that are not left out.
struct RowGroup: Sendable {
    /// By mapped row, its filters in the order of their slots.
    var rows: [[Int]]
    /// The steps that are broadcast, in order.
    var steps: [Int]

    /// Filters of the pass.
    var filters: Int { rows.reduce(0) { $0 + $1.count } }
}

/// The cut of one masked product into row groups and column groups.
struct Grouping: Sendable {
    private(set) var rowGroups: [RowGroup]
    /// Column group i holds tiles `i * tilesPerGroup ..< min(B, (i + 1) * tilesPerGroup)`.
    let tilesPerGroup: Int
    let tiles: Int

    /// Column groups of the product.
    var columnGroups: Int { (tiles + tilesPerGroup - 1) / tilesPerGroup }

    /// Passes over the product.
    var passes: Int { rowGroups.count * columnGroups }

    init(_ product: MaskedProduct, array: PEArray) {
        tiles = product.tiles
        tilesPerGroup = array.columns * array.tilesPerPE
        let rows = Self.fillRows(product, filtersPerPE: array.filtersPerPE, balance: array.balance)
        rowGroups = stride(from: 0, to: rows.count, by: array.rows).map { first in
            let mapped = Array(rows[first..<min(first + array.rows, rows.count)])
            let steps =
                switch array.skipEmptySteps {
                case .none: Array(0..<product.steps)
                case .weights: Self.nonEmptySteps(product, filters: mapped.joined())
                }
            return RowGroup(rows: mapped, steps: steps)
        }
    }

    /// The same with the steps of its passes in another order.
    func ordered(by order: [Int]) -> Grouping {
        var result = self
        for (index, group) in rowGroups.enumerated() {
            var isKept = [Bool](repeating: false, count: order.count)
            for step in group.steps { isKept[step] = true }
            result.rowGroups[index].steps = order.filter { isKept[$0] }
        }
        return result
    }

    /// The tiles of a column group.
    func tiles(ofColumnGroup group: Int) -> Range<Int> {
        group * tilesPerGroup..<min(tiles, (group + 1) * tilesPerGroup)
    }

    /// Columns of the array that a column group maps.
    func columns(ofColumnGroup group: Int, _ array: PEArray) -> Int {
        (tiles(ofColumnGroup: group).count + array.tilesPerPE - 1) / array.tilesPerPE
    }

    /// The filters of the `ceil(K / Q)` rows of all passes, in the order of their slots.
    static func fillRows(_ product: MaskedProduct, filtersPerPE: Int, balance: Balance) -> [[Int]] {
        let rowCount = (product.filters + filtersPerPE - 1) / filtersPerPE
        var order = Array(0..<product.filters)
        if balance != .none {
            let nonZero = order.map { k in
                product.weights[k * product.steps..<(k + 1) * product.steps].reduce(0) { $0 + $1.nonzeroBitCount }
            }
            order.sort { (-nonZero[$0], $0) < (-nonZero[$1], $1) }
        }
        var rows = [[Int]](repeating: [], count: rowCount)
        for (i, filter) in order.enumerated() {
            switch balance {
            case .none, .density: rows[i / filtersPerPE].append(filter)
            case .pairs:
                let lap = i / rowCount
                let at = i % rowCount
                rows[lap % 2 == 0 ? at : rowCount - 1 - at].append(filter)
            }
        }
        return rows
    }

    private static func nonEmptySteps(_ product: MaskedProduct, filters: some Sequence<Int>) -> [Int] {
        var any = [UInt64](repeating: 0, count: product.steps)
        for filter in filters {
            let base = filter * product.steps
            for step in 0..<product.steps { any[step] |= product.weights[base + step] }
        }
        return (0..<product.steps).filter { any[$0] != 0 }
    }
}
