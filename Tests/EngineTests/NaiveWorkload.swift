/// What the naive machine works on: masks of every channel group, and what a fetch of inputs reads.
struct NaiveWorkload {
    /// Bits of a mask.
    var width: Int
    /// By step, the bits that stand for an operand; those beyond the last channel or the last tap stand for none.
    var operands: [[Int]]
    /// `[group][filter][step]`.
    var weights: [[[UInt64]]]
    /// `[group][step][tile]`.
    var activations: [[[UInt64]]]
    /// Vectors that a fetch of these steps for these tiles reads, lane by lane true for what is not zero.
    var inputVectors: (_ group: Int, _ steps: [Int], _ tiles: [Int]) -> [[Bool]]
    /// Whether DRAM stores every value of the inputs.
    var movesAllInputs = true
    /// n^2 under Winograd, else 1.
    var accumulators = 1
    /// Whether patches are transformed behind the input buffer.
    var transformsOnRead = false
    /// What a load of some steps of some tiles moves, in the order in which it is moved.
    var moved: (_ group: Int, _ steps: Range<Int>, _ tiles: [Int]) -> [NaiveItem]
    /// Channels of which a step needs its tiles' patches, where those are transformed on their way into the buffer.
    var patchChannels: ((_ step: Int) -> [Int])?
    /// Real outputs of a tile, for one filter.
    var outputs: (_ tile: Int) -> Int

    /// The vectors of some filters over some steps, lane by lane true for what is not zero.
    func weightVectors(_ group: Int, _ steps: [Int], _ filters: [Int]) -> [[Bool]] {
        steps.flatMap { step in
            filters.map { filter in operands[step].map { weights[group][filter][step] >> UInt64($0) & 1 == 1 } }
        }
    }

    /// Pairs times steps.
    var size: Int {
        zip(weights, activations).reduce(0) { $0 + $1.0.count * $1.1.count * ($1.1.first?.count ?? 0) }
    }

    /// Whether a step holds fewer operands than a mask has bits.
    var isPadded: Bool { operands.contains { $0.count < width } }

    /// - Throws: `NaiveFault.bitWithoutOperand`.
    func checkMasks() throws(NaiveFault) {
        for group in weights.indices {
            for step in operands.indices {
                for filter in weights[group] { try check(filter[step], .weights, step) }
                for tile in activations[group][step] { try check(tile, .inputs, step) }
            }
        }
    }

    private func check(_ mask: UInt64, _ operand: NaiveOperand, _ step: Int) throws(NaiveFault) {
        for bit in 0..<64 where mask >> UInt64(bit) & 1 == 1 && !operands[step].contains(bit) {
            throw NaiveFault.bitWithoutOperand(operand, step: step, bit: bit)
        }
    }

    /// Operands of all filters (tiles) and steps, and those of them that are not zero: what a column of densities divides.
    func density(_ operand: NaiveOperand) -> (nonZeros: Int, operands: Int) {
        var nonZeros = 0
        var all = 0
        for group in weights.indices {
            for step in operands.indices {
                let masks = operand == .weights ? weights[group].map { $0[step] } : activations[group][step]
                for mask in masks {
                    for bit in operands[step] {
                        all += 1
                        if mask >> UInt64(bit) & 1 == 1 { nonZeros += 1 }
                    }
                }
            }
        }
        return (nonZeros, all)
    }
}

/// A pixel that a load moves, or a mask's worth of values.
struct NaiveItem {
    /// The first step of the load that needs it.
    var step: Int
    /// The tile that owns it.
    var tile: Int
    var channel: Int
    var bits: Int
    /// How many values it is, and how many of them are zero.
    var values = 1
    var zeros = 0
}
