import Hardware

extension Grouping {
    /// Products that the passes execute, counted from the masks without forming a pair.
    func executedProducts(_ product: MaskedProduct, _ skipping: ZeroSkipping) -> Int {
        if skipping == .both { return product.usefulProducts }
        return rowGroups.reduce(0) { $0 + Self.executedProducts($1, of: product, skipping) }
    }

    /// Products of the passes of one row group on a machine that skips by one operand or by none, from the masks of that operand
    /// alone.
    private static func executedProducts(
        _ rowGroup: RowGroup, of product: MaskedProduct, _ skipping: ZeroSkipping
    ) -> Int {
        switch skipping {
        case .both: return 0
        case .weights:
            return product.tiles
                * rowGroup.rows.joined().reduce(0) { sum, filter in
                    rowGroup.steps.reduce(sum) { $0 + product.weights[filter * product.steps + $1].nonzeroBitCount }
                }
        case .activations:
            return rowGroup.filters
                * rowGroup.steps.reduce(0) { sum, step in
                    product.activations(step: step, tiles: 0..<product.tiles).reduce(sum) { $0 + $1.nonzeroBitCount }
                }
        case .none: return product.operands(in: rowGroup.steps) * rowGroup.filters * product.tiles
        }
    }
}
