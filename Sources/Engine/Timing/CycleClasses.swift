/// The classes to which every multiplier slot of every cycle is counted, each slot to exactly one.
public enum CycleClass: Int, CaseIterable, Hashable, Sendable {
    /// Products of two non-zero operands.
    case useful
    /// Products executed although an operand is zero.
    case ineffectual
    /// Other slots of a PE in a cycle in which it dispatched or popped something.
    case underfill
    /// Slots of PEs without a pair in the passes that ran.
    case unmapped
    /// Idle before an entry whose issue was held by a full FIFO.
    case imbalance
    /// Idle before an entry that was held by the fetch of weights.
    case weightFetch
    /// Idle before an entry that was held by the fetch of inputs.
    case inputFetch
    /// Idle before an entry that was held by the input transform.
    case inputTransform
    /// Idle while weights came from DRAM.
    case dramWeights
    /// Idle while inputs came from DRAM.
    case dramInputs
    /// Idle while outputs waited for DRAM.
    case dramOutputs
    /// Idle before an entry that was held by accumulators that drained, and everything after a PE's last entry.
    case drain
    /// Idle while the vector unit ran an operation that does not multiply.
    case vectorUnit

    /// The column's name in reports.
    public var name: String { texts.name }

    /// What the class counts, in one line.
    public var explanation: String { texts.explanation }

    /// Which keys govern the class, and why it is large; nil for classes that what holds the cycles governs (`CycleHolder`).
    public var advice: String? { texts.advice }

    private var texts: (name: String, explanation: String, advice: String?) {
        switch self {
        case .useful: ("useful", "slots of products of two non-zero operands", nil)
        case .ineffectual: ("ineffectual", "slots of products executed with a zero operand", nil)
        case .underfill:
            (
                "underfill", "other slots of PEs that dispatched or popped something",
                "pe_array.lookahead and broadcast_steps, or fewer multipliers a PE: steps hold too few products"
            )
        case .unmapped:
            (
                "unmapped", "slots of PEs without a filter or without a tile",
                "pe_array.rows, columns, filters_per_pe and tiles_per_pe: too few filters or tiles for all PEs"
            )
        case .imbalance:
            (
                "imbalance", "idle slots: a slower PE's FIFO was full",
                "pe_array.fifo_depth, balance and filters_per_pe: other PEs had more products"
            )
        case .weightFetch: ("weight_fetch", "idle slots: the weight buffer was read", nil)
        case .inputFetch: ("input_fetch", "idle slots: the input buffer was read", nil)
        case .inputTransform: ("input_transform", "idle slots: the input transform was at work", nil)
        case .dramWeights: ("dram_weights", "idle slots: weights came from DRAM", nil)
        case .dramInputs: ("dram_inputs", "idle slots: inputs came from DRAM", nil)
        case .dramOutputs: ("dram_outputs", "idle slots: outputs waited for DRAM", nil)
        case .drain: ("drain", "idle slots: accumulators drained", nil)
        case .vectorUnit: ("vector_unit", "idle slots: the vector unit was at work", nil)
        }
    }
}

/// Multiplier slots by class.
public typealias SlotCounts = Tally<CycleClass>
