/// What held the next broadcast (page `CyclesAndSlots`). Each cycle of a layer belongs to exactly one holder.
///
/// The cycles from one bundle's issue to the next belong to the term of the issue's recurrence that gave its maximum; those
/// behind the last issue to the array while it works, then to the drain of its outputs, then to the stores.
public enum CycleHolder: Int, CaseIterable, Hashable, Sendable {
    /// The array itself: a full FIFO, and the work behind the last issue.
    case array
    /// One bundle goes out a cycle.
    case issue
    /// The weight buffer was read.
    case weightFetch
    /// The input buffer was read.
    case inputFetch
    /// The input transform was at work.
    case inputTransform
    /// Weights came from DRAM.
    case dramWeights
    /// Inputs came from DRAM.
    case dramInputs
    /// Outputs waited for DRAM.
    case dramOutputs
    /// Accumulators drained.
    case drain
    /// The vector unit ran an operation that does not multiply.
    case vectorUnit

    /// The name in reports: `bound_by`, and behind `cycles_` the column's. What has a class of idle slots is called like it, but
    /// for the array, whose class is one of its reasons.
    public var name: String {
        guard self != .array, let idleClass else { return self == .array ? "array" : "issue" }
        return idleClass.name
    }

    /// What the cycles belong to, in one line.
    public var explanation: String { texts.explanation }

    /// What happened in the cycles, in the middle of a sentence: `waiting for the weight buffer`.
    public var phrase: String { texts.phrase }

    /// Which keys govern the cycles.
    public var advice: String { texts.advice }

    private var texts: (explanation: String, phrase: String, advice: String) {
        switch self {
        case .array:
            (
                "cycles in which a full FIFO held the next bundle, or all have gone out and the array still works",
                "in the array", "more multipliers, or fewer products for each"
            )
        case .issue:
            (
                "cycles in which nothing held the next bundle: one goes out a cycle",
                "sending one bundle of steps a cycle", "pe_array.broadcast_steps, or steps with more products"
            )
        case .weightFetch:
            (
                "cycles in which a read of the weight buffer held the next bundle", "waiting for the weight buffer",
                "weight_buffer.bandwidth, prefetch and encoding"
            )
        case .inputFetch:
            (
                "cycles in which a read of the input buffer held the next bundle", "waiting for the input buffer",
                "input_buffer.bandwidth, prefetch and encoding"
            )
        case .inputTransform:
            (
                "cycles in which the input transform held the next bundle", "waiting for the input transform",
                "input_transform.units and interval"
            )
        case .dramWeights:
            (
                "cycles in which weights from DRAM held the next bundle", "waiting for weights from DRAM",
                "dram; weight_buffer.capacity, operand_buffer.capacity and mapping.loop_order where weights are read more than once"
            )
        case .dramInputs:
            (
                "cycles in which inputs from DRAM held the next bundle", "waiting for inputs from DRAM",
                "dram; input_buffer.capacity, operand_buffer.capacity and mapping.loop_order where inputs are read more than once"
            )
        case .dramOutputs:
            (
                "cycles in which outputs on their way to DRAM held the next bundle, or the layer's end",
                "waiting for outputs to reach DRAM", "dram, output_buffer.capacity"
            )
        case .drain:
            (
                "cycles in which accumulators that drain held the next bundle, or the layer's end",
                "draining accumulators", "output_transform.units and interval, pe_array.accumulator_sets"
            )
        case .vectorUnit:
            (
                "cycles in which the vector unit ran an operation that does not multiply",
                "running operations that do not multiply", "vector_unit.lanes and operations"
            )
        }
    }

    /// The class of the idle slots of PEs that wait for a bundle which this holds; nil for the one-bundle limit, at which no
    /// PE is idle: whatever held the bundle before it still keeps every PE that gets this one busy.
    var idleClass: CycleClass? {
        switch self {
        case .array: .imbalance
        case .issue: nil
        case .weightFetch: .weightFetch
        case .inputFetch: .inputFetch
        case .inputTransform: .inputTransform
        case .dramWeights: .dramWeights
        case .dramInputs: .dramInputs
        case .dramOutputs: .dramOutputs
        case .drain: .drain
        case .vectorUnit: .vectorUnit
        }
    }
}

/// Cycles by holder.
public typealias CycleLedger = Tally<CycleHolder>
