/// What the PE array did.
public struct ArrayLedger: Ledger {
    /// Multiplier slots by class; they add up to `rows * columns * multipliers * cycles`.
    public var slots = SlotCounts()
    /// PE-cycles in which a PE dispatched or popped something.
    public var busyCycles = 0
    /// Products of two non-zero operands.
    public var usefulProducts = 0
    /// Products executed although an operand is zero.
    public var ineffectualProducts = 0
    /// Of the ineffectual products, those whose multiplier is gated: they take a slot and no multiply energy.
    public var gatedProducts = 0
    /// Passes over the array.
    public var passes = 0
    /// Bundles of steps that were broadcast.
    public var bundles = 0
    /// Steps that were broadcast.
    public var steps = 0
    /// Entries written to the PEs' FIFOs.
    public var fifoEntries = 0
    /// Times that a PE examined an entry in its window: in each cycle in which it took products from it, popped it, or found the
    /// multipliers used up.
    public var entriesExamined = 0
    /// Updates of accumulators: under `positions` and Winograd one a product, else one a pair, entry and cycle.
    public var accumulatorUpdates = 0

    /// Makes counts of zero.
    public init() {}

    /// The entries of all properties.
    public static let counters: [Counter<Self>] = [
        .sum(\.slots, "slots", "multiplier slots by class"),
        .sum(\.busyCycles, "PE cycles", "cycles in which a PE dispatched or popped, over all PEs"),
        .sum(\.usefulProducts, "products", "products of two non-zero operands"),
        .sum(\.ineffectualProducts, "products", "products executed although an operand is zero"),
        .sum(\.gatedProducts, "products", "ineffectual products whose multiplier is gated"),
        .sum(\.passes, "passes", "passes over the array"),
        .sum(\.bundles, "bundles", "bundles of steps that were broadcast"),
        .sum(\.steps, "steps", "steps that were broadcast"),
        .sum(\.fifoEntries, "entries", "entries written to FIFOs"),
        .sum(\.entriesExamined, "entries", "entries examined, once for each PE and cycle"),
        .sum(\.accumulatorUpdates, "updates", "updates of accumulators"),
    ]

    /// Products executed, gated ones included.
    public var executedProducts: Int { usefulProducts + ineffectualProducts }

    /// Products executed and not gated.
    public var multiplications: Int { executedProducts - gatedProducts }

    /// Additions of products to one another before they reach an accumulator.
    public var treeAdds: Int { executedProducts - accumulatorUpdates }

    /// Useful products over slots; nil without slots.
    public var utilization: Double? { ratio(slots[.useful], slots.total) }
}
