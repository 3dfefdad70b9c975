/// What a layer made the machine do: the ledgers of its units, from which energies and reports are made.
public struct Activity: Hashable, Sendable {
    /// What the layer asks for, whatever the machine.
    public var workload = WorkloadLedger()
    /// Cycles.
    public var timing = TimingLedger()
    /// The PE array.
    public var array = ArrayLedger()
    /// The weights, from DRAM through their buffer to the array.
    public var weights = OperandLedger()
    /// The inputs, likewise.
    public var inputs = OperandLedger()
    /// The transform units.
    public var transforms = TransformLedger()
    /// The outputs, from the accumulators to DRAM.
    public var outputs = OutputLedger()
    /// The vector unit, which runs what does not multiply.
    public var vector = VectorLedger()
    /// The memory behind the chip.
    public var memory = MemoryLedger()

    /// Makes counts of zero.
    public init() {}

    /// Cycles of the accelerator's clock.
    public var cycles: Int { timing.cycles }

    /// Products of the algorithm that were not executed: an operand that is skipped by is zero, or their step was left out.
    public var skippedProducts: Int { workload.algorithmicProducts - array.executedProducts }

    /// Dense multiplications over those executed and not gated; nil where none were.
    public var multiplyReduction: Double? { ratio(workload.denseMultiplies, array.multiplications) }

    /// What the encodings store beside the values, in bits among what DRAM moves.
    public var dramIndexBits: Int { weights.movedIndexBits + inputs.movedIndexBits + outputs.indexBits }

    /// Adds another layer's counts.
    public static func += (a: inout Activity, b: Activity) {
        a.workload += b.workload
        a.timing += b.timing
        a.array += b.array
        a.weights += b.weights
        a.inputs += b.inputs
        a.transforms += b.transforms
        a.outputs += b.outputs
        a.vector += b.vector
        a.memory += b.memory
    }
}
