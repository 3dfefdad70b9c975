/// The cycles of a layer.
public struct TimingLedger: Ledger {
    /// Cycles of the accelerator's clock.
    public var cycles = 0
    /// Cycles by what held the next broadcast; they add up to `cycles`.
    public var held = CycleLedger()
    /// The fewest cycles in which the multipliers can execute the products.
    public var computeBoundCycles = 0

    /// Makes counts of zero.
    public init() {}

    /// The entries of all properties.
    public static let counters: [Counter<Self>] = [
        .sum(\.cycles, "cycles", "cycles of the accelerator's clock"),
        .sum(\.held, "cycles", "cycles by what held the next broadcast"),
        .sum(\.computeBoundCycles, "cycles", "fewest cycles for the products: products over multipliers"),
    ]
}
