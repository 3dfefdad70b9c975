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

    /// The column's name in reports.
    public var name: String {
        switch self {
        case .useful: "useful"
        case .ineffectual: "ineffectual"
        case .underfill: "underfill"
        case .unmapped: "unmapped"
        case .imbalance: "imbalance"
        case .weightFetch: "weight_fetch"
        case .inputFetch: "input_fetch"
        case .inputTransform: "input_transform"
        case .dramWeights: "dram_weights"
        case .dramInputs: "dram_inputs"
        case .dramOutputs: "dram_outputs"
        case .drain: "drain"
        }
    }
}

/// Multiplier slots by class.
public struct SlotCounts: Hashable, Sendable {
    private var counts = [Int](repeating: 0, count: CycleClass.allCases.count)

    /// Makes counts of zero.
    public init() {}

    /// The slots of one class.
    public subscript(_ kind: CycleClass) -> Int {
        get { counts[kind.rawValue] }
        set { counts[kind.rawValue] = newValue }
    }

    /// The slots of all classes.
    public var total: Int { counts.reduce(0, +) }

    /// Adds another layer's slots.
    public static func += (a: inout SlotCounts, b: SlotCounts) {
        for i in a.counts.indices { a.counts[i] += b.counts[i] }
    }
}
