/// What the vector unit did.
public struct VectorLedger: Ledger {
    /// Additions, comparisons and their like.
    public var operations = 0
    /// Values that went in.
    public var valuesRead = 0
    /// Values that came out.
    public var valuesWritten = 0
    /// Turns of a lane: an operation takes one, and so does a value that only passes through.
    public var turns = 0

    /// Makes counts of zero.
    public init() {}

    /// The entries of all properties.
    public static let counters: [Counter<Self>] = [
        .sum(\.operations, "operations", "operations of the vector unit"),
        .sum(\.valuesRead, "values", "values that the vector unit read"),
        .sum(\.valuesWritten, "values", "values that the vector unit wrote"),
        .sum(\.turns, "turns", "turns of the vector unit's lanes: one an operation, or a value that passes through"),
    ]
}
