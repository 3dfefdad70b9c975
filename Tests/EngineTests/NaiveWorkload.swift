/// The naive machine's operands: masks of every channel group, and the vectors that an input fetch reads.
struct NaiveWorkload {
    /// Bits of a mask.
    var width: Int
    /// By step, the bits that have an operand; those beyond the last channel or the last tap have none.
    var operands: [[Int]]
    /// By step, its slice: the channels that it holds.
    var slices: [Int]
    /// `[group][filter][step]`.
    var weights: [[[UInt64]]]
    /// `[group][step][tile]`.
    var activations: [[[UInt64]]]
    /// Vectors that a fetch of these steps for these tiles reads, per lane true for non-zeros.
    var inputVectors: (_ group: Int, _ steps: [Int], _ tiles: [Int]) -> [[Bool]]
    /// Vectors of these that the buffer holds with these tiles: pixels are held once. Nil where it is all of them.
    var heldVectors: ((_ group: Int, _ steps: [Int], _ tiles: [Int]) -> [[Bool]])?
    /// Whether DRAM stores every value of the inputs.
    var movesAllInputs = true
    /// n^2 under Winograd, else 1.
    var accumulators = 1
    /// Whether patches are transformed between the input buffer and the array.
    var transformsOnRead = false
    /// The items that a load of all steps of a slice moves for some tiles, in order.
    var moved: (_ group: Int, _ steps: [Int], _ tiles: [Int]) -> [NaiveItem]
    /// Channels whose patches a step needs, if patches are transformed on load.
    var patchChannels: ((_ step: Int) -> [Int])?
    /// Whether DRAM holds tiles as they are multiplied, so that no transform stands before the array.
    var storesTiles = false
    /// Tiles of all channels under Winograd, each once.
    var tilesOfChannels = 0
    /// The layer that reads the outputs.
    var next = NaiveNext.pixels(1)
    /// Real outputs of a tile, for one filter.
    var outputs: (_ tile: Int) -> Int

    /// The vectors of some filters over some steps, per lane true for non-zeros.
    func weightVectors(_ group: Int, _ steps: [Int], _ filters: [Int]) -> [[Bool]] {
        steps.flatMap { step in
            filters.map { filter in operands[step].map { weights[group][filter][step] >> UInt64($0) & 1 == 1 } }
        }
    }

    /// The vectors of some tiles over some steps that the buffer holds.
    func vectorsHeld(_ group: Int, _ steps: [Int], _ tiles: [Int]) -> [[Bool]] {
        heldVectors?(group, steps, tiles) ?? inputVectors(group, steps, tiles)
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

    /// Operands of all filters (tiles) and steps, and their non-zeros: the ratio is a density.
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

/// A pixel that a load moves, or the values of one mask.
struct NaiveItem {
    /// The first step of its slice that needs it.
    var step: Int
    /// The tile that owns it.
    var tile: Int
    var channel: Int
    var bits: Int
    /// The number of its values, and of the zeros among them.
    var values = 1
    var zeros = 0
}

extension NaiveItem {
    /// The values of one mask in a bitmask.
    init(maskedStep step: Int, tile: Int, values: Int, mask: UInt64, valueBits: Int) {
        let nonZeros = mask.nonzeroBitCount
        self.init(
            step: step, tile: tile, channel: 0, bits: values + nonZeros * valueBits, values: values,
            zeros: values - nonZeros)
    }
}
