/// The one workload that the PE array knows: at step `g` the pair `(k, b)` needs `popcount(W[k][g] & A[g][b])` products.
struct MaskedProduct: Sendable {
    /// Filters (K).
    let filters: Int
    /// Tiles (B).
    let tiles: Int
    /// Reduction steps (G).
    let steps: Int
    /// Bits of a mask (P), at most 64.
    let width: Int
    /// Non-zero weights, `[K, G]`.
    let weights: [UInt64]
    /// Non-zero activations, `[G, B]`.
    let activations: [UInt64]
    /// By step, the lowest bits that hold an operand; those above, up to P, hold none and are never set.
    let lanes: [Int]
    /// Products of two non-zero operands over all pairs.
    let usefulProducts: Int

    init(
        filters: Int, tiles: Int, steps: Int, width: Int, weights: [UInt64], activations: [UInt64], lanes: [Int]
    ) {
        self.filters = filters
        self.tiles = tiles
        self.steps = steps
        self.width = width
        self.weights = weights
        self.activations = activations
        self.lanes = lanes
        usefulProducts = Self.usefulProducts(
            filters: filters, tiles: tiles, steps: steps, width: width, weights: weights, activations: activations)
    }

    /// Bytes of its masks.
    var byteCount: Int { MemoryLayout<UInt64>.stride * (weights.count + activations.count + lanes.count) }

    /// Operands of one filter or one tile, over all steps.
    var operandsPerColumn: Int { lanes.reduce(0, +) }

    /// Operands of one filter or one tile, over some steps.
    func operands(in steps: some Sequence<Int>) -> Int { steps.reduce(0) { $0 + lanes[$1] } }

    /// Weights that are not zero.
    var nonZeroWeights: Int { weights.reduce(0) { $0 + $1.nonzeroBitCount } }

    /// Activations that are not zero.
    var nonZeroActivations: Int { activations.reduce(0) { $0 + $1.nonzeroBitCount } }

    /// The masks of some tiles in one step.
    func activations(step: Int, tiles range: Range<Int>) -> ArraySlice<UInt64> {
        activations[step * tiles + range.lowerBound..<step * tiles + range.upperBound]
    }

    /// Non-zero activations of some tiles in one step.
    func nonZeroActivations(step: Int, tiles range: Range<Int>) -> Int {
        activations.withUnsafeBufferPointer { activations in
            var count = 0
            for b in range { count += activations[step * tiles + b].nonzeroBitCount }
            return count
        }
    }

    /// Without forming a pair: a bit position that `x` filters and `y` tiles have set takes part in `x * y` products. The array
    /// engine counts pair by pair and must agree.
    private static func usefulProducts(
        filters: Int, tiles: Int, steps: Int, width: Int, weights: [UInt64], activations: [UInt64]
    ) -> Int {
        var total = 0
        var filterCounts = [Int](repeating: 0, count: 64)
        var tileCounts = [Int](repeating: 0, count: 64)
        for g in 0..<steps {
            for p in 0..<width {
                filterCounts[p] = 0
                tileCounts[p] = 0
            }
            var step = g
            for _ in 0..<filters {
                count(weights[step], into: &filterCounts)
                step += steps
            }
            for b in g * tiles..<(g + 1) * tiles { count(activations[b], into: &tileCounts) }
            for p in 0..<width { total += filterCounts[p] * tileCounts[p] }
        }
        return total
    }

    private static func count(_ mask: UInt64, into counts: inout [Int]) {
        var rest = mask
        while rest != 0 {
            counts[rest.trailingZeroBitCount] += 1
            rest &= rest &- 1
        }
    }
}
