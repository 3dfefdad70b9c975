import DRAM

/// What a layer made the machine do: counts, from which energies and reports are made.
public struct Activity: Hashable, Sendable {
    /// Cycles of the accelerator's clock.
    public var cycles = 0
    /// Multiplier slots by class; they add up to `rows * columns * multipliers * cycles`.
    public var slots = SlotCounts()
    /// Cycles by what held the next broadcast; they add up to `cycles`.
    public var ledger = CycleLedger()
    /// PE-cycles in which a PE dispatched or popped something.
    public var busyCycles = 0
    /// Products of two non-zero operands.
    public var usefulProducts = 0
    /// Products executed although an operand is zero.
    public var ineffectualProducts = 0
    /// Of the ineffectual products, those whose multiplier is gated: they take a slot and no multiply energy.
    public var gatedProducts = 0
    /// Products of the algorithm at hand on a machine that skips nothing: the operands of a step, zeros in the map's border
    /// among them, a pair and step.
    public var algorithmicProducts = 0
    /// Multiplications of the dense direct convolution of the same layer.
    public var denseMultiplies = 0
    /// Weights that are multiplied, and those of them that are not zero, in the domain in which they are multiplied.
    public var weights = 0
    /// Weights that are not zero.
    public var nonZeroWeights = 0
    /// Activations that are multiplied, in the domain in which they are multiplied.
    public var activations = 0
    /// Activations that are not zero.
    public var nonZeroActivations = 0
    /// Passes over the array.
    public var passes = 0
    /// Bundles of steps that were broadcast.
    public var bundles = 0
    /// Steps that were broadcast.
    public var steps = 0
    /// Entries written to the PEs' FIFOs.
    public var fifoEntries = 0
    /// Times that a PE looked at an entry in its window: in each cycle in which it took products from it, popped it, or found the
    /// multipliers used up.
    public var entriesExamined = 0
    /// Updates of accumulators: under `positions` and Winograd one a product, else one a pair, entry and cycle.
    public var accumulatorUpdates = 0
    /// Accumulators that were read when their pairs left.
    public var accumulatorDrains = 0
    /// What the weights did.
    public var weightOperands = OperandActivity()
    /// What the inputs did.
    public var inputOperands = OperandActivity()
    /// Real outputs.
    public var outputs = 0
    /// Outputs that were looked at to store them as a mask and the non-zero ones, and those that the next layer's density keeps.
    public var encodedOutputs = ValueCount()
    /// Bytes of the outputs as they are stored, each pass rounded up.
    public var outputBytes = 0
    /// Writes of one bank of the output buffer at its port's width; each is read once on the way to DRAM.
    public var outputBufferWrites = 0
    /// Tiles of one channel that went through the input transform.
    public var inputTransforms = 0
    /// Additions in the input transform.
    public var inputTransformAdds = 0
    /// Pairs that left the accumulators.
    public var pairs = 0
    /// Additions in the output transform.
    public var outputTransformAdds = 0
    /// Bits of a mask (P).
    public var maskBits = 0
    /// Bits by which a transformed activation is wider than a stored one.
    public var growthBits = 0
    /// Bytes of weights read from DRAM.
    public var dramWeightBytes = 0
    /// Bytes of activations read from DRAM.
    public var dramInputBytes = 0
    /// Bytes of outputs written to DRAM.
    public var dramOutputBytes = 0

    /// Of the bytes moved, those that were wanted: DRAM moves whole bursts.
    public var dramPayloadBytes = 0
    /// The DRAM's commands; zero for a memory without rows.
    public var dramCommands = DRAMCounters()
    /// Clocks of the DRAM in the layer's time; 0 for a memory without rows.
    public var dramClocks = 0
    /// Bytes that DRAM could have moved in the layer's cycles; 0 with ideal memory, which has no limit.
    public var dramPeakBytes = 0.0
    /// The fewest cycles in which the multipliers can execute the products.
    public var computeBoundCycles = 0
    /// The fewest cycles in which DRAM can move the bytes; 0 with ideal memory.
    public var memoryBoundCycles = 0

    /// Makes counts of zero.
    public init() {}

    /// Bytes moved between DRAM and the chip.
    public var dramBytes: Int { dramWeightBytes + dramInputBytes + dramOutputBytes }

    /// Bytes moved over what DRAM could have moved; nil with ideal memory.
    public var dramBandwidthUtilization: Double? { dramPeakBytes > 0 ? Double(dramBytes) / dramPeakBytes : nil }

    /// Accesses that found their row open over all; nil for a memory without rows.
    public var dramRowHitRate: Double? { Self.ratio(dramCommands.rowHits, dramCommands.reads + dramCommands.writes) }

    /// Products executed, gated ones included.
    public var executedProducts: Int { usefulProducts + ineffectualProducts }

    /// Bits of masks among the bytes that DRAM moves: what the encodings cost.
    public var dramMaskBits: Int {
        weightOperands.movedMaskBits + inputOperands.movedMaskBits + encodedOutputs.values
    }

    /// Products of the algorithm that were not executed: an operand that is skipped by is zero, or their step was left out.
    public var skippedProducts: Int { algorithmicProducts - executedProducts }

    /// Additions of products to one another before they reach an accumulator.
    public var treeAdds: Int { executedProducts - accumulatorUpdates }

    /// Useful products over slots; nil without slots.
    public var utilization: Double? { Self.ratio(slots[.useful], slots.total) }

    /// Dense multiplications over those executed and not gated; nil where none were.
    public var multiplyReduction: Double? { Self.ratio(denseMultiplies, executedProducts - gatedProducts) }

    /// Share of weights that are not zero.
    public var weightDensity: Double? { Self.ratio(nonZeroWeights, weights) }

    /// Share of activations that are not zero.
    public var activationDensity: Double? { Self.ratio(nonZeroActivations, activations) }

    private static func ratio(_ a: Int, _ b: Int) -> Double? { b == 0 ? nil : Double(a) / Double(b) }

    /// Adds another layer's counts; the mask's width and the growth become the larger ones.
    public static func += (a: inout Activity, b: Activity) {
        a.cycles += b.cycles
        a.slots += b.slots
        a.ledger += b.ledger
        a.busyCycles += b.busyCycles
        a.usefulProducts += b.usefulProducts
        a.ineffectualProducts += b.ineffectualProducts
        a.gatedProducts += b.gatedProducts
        a.algorithmicProducts += b.algorithmicProducts
        a.denseMultiplies += b.denseMultiplies
        a.weights += b.weights
        a.nonZeroWeights += b.nonZeroWeights
        a.activations += b.activations
        a.nonZeroActivations += b.nonZeroActivations
        a.passes += b.passes
        a.bundles += b.bundles
        a.steps += b.steps
        a.fifoEntries += b.fifoEntries
        a.entriesExamined += b.entriesExamined
        a.accumulatorUpdates += b.accumulatorUpdates
        a.accumulatorDrains += b.accumulatorDrains
        a.weightOperands += b.weightOperands
        a.inputOperands += b.inputOperands
        a.outputs += b.outputs
        a.encodedOutputs += b.encodedOutputs
        a.outputBytes += b.outputBytes
        a.outputBufferWrites += b.outputBufferWrites
        a.inputTransforms += b.inputTransforms
        a.inputTransformAdds += b.inputTransformAdds
        a.pairs += b.pairs
        a.outputTransformAdds += b.outputTransformAdds
        a.maskBits = max(a.maskBits, b.maskBits)
        a.growthBits = max(a.growthBits, b.growthBits)
        a.dramWeightBytes += b.dramWeightBytes
        a.dramInputBytes += b.dramInputBytes
        a.dramOutputBytes += b.dramOutputBytes
        a.dramPayloadBytes += b.dramPayloadBytes
        a.dramCommands += b.dramCommands
        a.dramClocks += b.dramClocks
        a.dramPeakBytes += b.dramPeakBytes
        a.computeBoundCycles += b.computeBoundCycles
        a.memoryBoundCycles += b.memoryBoundCycles
    }
}
