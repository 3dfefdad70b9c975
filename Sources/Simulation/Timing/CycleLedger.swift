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

    /// The name in reports: `bound_by`, and behind `cycles_` the column's. What has a class of idle slots is called like it, but
    /// for the array, whose class is one of its reasons.
    public var name: String {
        guard self != .array, let idleClass else { return self == .array ? "array" : "issue" }
        return idleClass.name
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
        }
    }
}

/// Cycles by holder.
public struct CycleLedger: Hashable, Sendable {
    private var cycles = [Int](repeating: 0, count: CycleHolder.allCases.count)

    /// Makes a ledger without cycles.
    public init() {}

    /// The cycles of one holder.
    public subscript(_ holder: CycleHolder) -> Int {
        get { cycles[holder.rawValue] }
        set { cycles[holder.rawValue] = newValue }
    }

    /// The cycles of all holders.
    public var total: Int { cycles.reduce(0, +) }

    /// The holder of most cycles, on a tie the first; nil without cycles.
    public var largest: CycleHolder? {
        total == 0 ? nil : CycleHolder.allCases.max { (self[$0], $1.rawValue) < (self[$1], $0.rawValue) }
    }

    /// Adds another layer's cycles.
    public static func += (a: inout CycleLedger, b: CycleLedger) {
        for i in a.cycles.indices { a.cycles[i] += b.cycles[i] }
    }
}
