import Hardware
import Traces

/// What a mapping is in closed form: the first, quick order of a search's candidates (page `MappingSearch`).
struct RoughCost {
    private let lowered: LoweredLayer
    /// By channel group together, the products that are executed, and the bits of operands.
    private let products: Double
    private let weightBits: Double
    private let inputBits: Double
    /// Bytes of the operands in DRAM, and what share of them the buffers hold.
    private let moved: PerOperand<Double>
    private let heldShare: PerOperand<Double>
    private let outputBytes: Double
    /// Whether some weights are zero, so that filters differ.
    let hasZeroWeights: Bool

    /// - Parameters:
    ///   - lowered: the layer in the form whose mappings are compared, its steps in any layout.
    ///   - isWinograd: whether that form is Winograd's.
    init(_ lowered: LoweredLayer, isWinograd: Bool, _ machine: Configuration) {
        self.lowered = lowered
        var (products, weightBits, inputBits) = (0.0, 0.0, 0.0)
        var hasZeroWeights = false
        let inputEncoding = InputStore(lowered, configuration: machine).encoding
        for product in lowered.products {
            let weights = product.nonZeroWeights
            let activations = product.nonZeroActivations
            let executed: Double =
                switch machine.peArray.zeroSkipping {
                case .both: Double(product.usefulProducts)
                case .weights: Double(weights * product.tiles)
                case .activations: Double(activations * product.filters)
                case .none: Double(product.operandsPerColumn) * Double(product.filters * product.tiles)
                }
            products += executed
            let stored = product.operandsPerColumn * product.filters
            if weights < stored { hasZeroWeights = true }
            weightBits += StoredForm(machine.weightBuffer.encoding.alone, valueBits: machine.datatype.weights)
                .expectedBits(of: stored, density: Double(weights) / Double(max(1, stored)))
            let held = product.operandsPerColumn * product.tiles
            inputBits += StoredForm(inputEncoding.alone, valueBits: machine.datatype.activations)
                .expectedBits(of: held, density: Double(activations) / Double(max(1, held)))
        }
        self.products = products
        self.hasZeroWeights = hasZeroWeights
        self.weightBits = weightBits
        self.inputBits = inputBits
        let (grid, shape) = (lowered.grid, lowered.shape)
        let outputs = grid.outputs(of: 0..<grid.tiles) * shape.filters
        let pixelBits = Double(grid.pixels * shape.channels * machine.datatype.activations)
        moved = PerOperand(weights: weightBits / 8, inputs: pixelBits / 8)
        outputBytes = Double(outputs * machine.datatype.activations) / 8
        let holdsTiles = isWinograd && machine.inputTransform.placement == .load
        let held = PerOperand(weights: weightBits / 8, inputs: (holdsTiles ? inputBits : pixelBits) / 8)
        func share(_ operand: Operand) -> Double {
            // A shared buffer is taken to be split evenly.
            let capacity = machine.operandBuffer.capacity.map { $0.count / 2 } ?? machine[operand].capacity.count
            return min(1, Double(capacity) / max(1, held[operand]))
        }
        heldShare = PerOperand(weights: share(.weights), inputs: share(.inputs))
    }

    /// Bytes in closed form, where energies are sought: of the two orders of passes, in the largest blocks that fit, the one that loads less; in later rounds what
    /// the buffer does not hold is loaded again.
    func bytes(_ candidate: MappingCandidate) -> Double {
        let passes = passes(candidate)
        func loads(_ outside: Operand, _ inside: Operand, groups: Int, of others: Int) -> Double {
            let block = min(Double(groups), max(1, (heldShare[outside] * Double(groups)).rounded(.down)))
            let streamed = max(0, block / Double(groups) - heldShare[outside]) * Double(others - 1)
            let rounds = (Double(groups) / block).rounded(.up)
            return moved[outside] * (1 + streamed * rounds) + moved[inside]
                * (1 + (rounds - 1) * (1 - heldShare[inside]))
        }
        return outputBytes
            + min(
                loads(.weights, .inputs, groups: passes.rowGroups, of: passes.columnGroups),
                loads(.inputs, .weights, groups: passes.columnGroups, of: passes.rowGroups))
    }

    /// Row groups and column groups of a channel group.
    private func passes(_ candidate: MappingCandidate) -> (rowGroups: Int, columnGroups: Int) {
        let array = candidate.configuration.peArray
        let (filters, tiles) = (lowered.shape.groupFilters, lowered.grid.tiles)
        return (
            (filters + array.rows * array.filtersPerPE - 1) / (array.rows * array.filtersPerPE),
            (tiles + array.columns * array.tilesPerPE - 1) / (array.columns * array.tilesPerPE)
        )
    }

    /// Cycles in closed form: of all passes, each as long as the largest of its bundles, its products, its reads of both buffers and its
    /// drain, or of the compulsory transfers if those are more.
    func cycles(_ candidate: MappingCandidate) -> Double {
        let machine = candidate.configuration
        let array = machine.peArray
        let layout = StepLayout(candidate.form, mapping: machine.mapping)
        let (filters, tiles) = (lowered.shape.groupFilters, lowered.grid.tiles)
        let (rowGroups, columnGroups) = passes(candidate)
        let groups = lowered.shape.groups
        let perPair = products / Double(groups * filters * tiles)
        let pairs = array.filtersPerPE * array.tilesPerPE
        // Direct layers read pixels, which neighbouring windows share.
        let inputs = candidate.form.isWinograd ? inputBits / 8 / Double(groups * columnGroups) : 0
        let pass = max(
            Double((layout.steps + array.broadcastSteps - 1) / array.broadcastSteps),
            perPair * Double(pairs) / Double(array.multipliers),
            weightBits / 8 / Double(groups * rowGroups) / Double(machine.weightBuffer.bandwidth.count),
            inputs / Double(machine.inputBuffer.bandwidth.count),
            Double(
                OutputDrains(machine).unitCycles(
                    pairs: min(filters, array.rows * array.filtersPerPE) * min(tiles, array.columns * array.tilesPerPE))
            )
        )
        let passes = Double(groups * rowGroups * columnGroups)
        let peak = machine.dram.peakBytesPerCycle(clock: machine.clock)
        return max(passes * pass, peak.map { (moved.weights + moved.inputs + outputBytes) / $0 } ?? 0)
    }
}

extension Encoding {
    /// An encoding of about the same size that codes values one by one.
    fileprivate var alone: Encoding { keepsZeros ? .dense : .bitmask }
}
