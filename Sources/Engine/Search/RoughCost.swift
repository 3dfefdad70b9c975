import Hardware
import Traces

/// What a mapping is in closed form: the first, quick order of a search's candidates (page `MappingSearch`).
struct RoughCost {
    private let lowered: LoweredLayer
    /// By channel group together, the products that are executed, and the bits of operands.
    private let products: Double
    private let weightBits: Double
    private let inputBits: Double
    private let movedBits: Double
    /// Whether some weights are zero, so that filters differ.
    let hasZeroWeights: Bool

    /// - Parameter lowered: the layer in the form whose mappings are compared, its steps in any layout.
    init(_ lowered: LoweredLayer, _ machine: Configuration) {
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
        movedBits =
            weightBits + Double((grid.pixels * shape.channels + outputs) * machine.datatype.activations)
    }

    /// Cycles in closed form: of all passes, each as long as the largest of its bundles, its products, its reads of both buffers and its
    /// drain, or of the compulsory transfers if those are more.
    func cycles(_ candidate: MappingCandidate) -> Double {
        let machine = candidate.configuration
        let array = machine.peArray
        let layout = StepLayout(candidate.form, mapping: machine.mapping)
        let (filters, tiles) = (lowered.shape.groupFilters, lowered.grid.tiles)
        let rowGroups = (filters + array.rows * array.filtersPerPE - 1) / (array.rows * array.filtersPerPE)
        let columnGroups = (tiles + array.columns * array.tilesPerPE - 1) / (array.columns * array.tilesPerPE)
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
        return max(passes * pass, peak.map { movedBits / 8 / $0 } ?? 0)
    }
}

extension Encoding {
    /// An encoding of about the same size that codes values one by one.
    fileprivate var alone: Encoding { keepsZeros ? .dense : .bitmask }
}
