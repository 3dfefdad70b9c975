import YAML

/// The unit that runs what does not multiply: pools, element by element functions, and moves (page `VectorUnit`).
public struct VectorUnit: Hashable, Sendable {
    /// Lanes side by side.
    public var lanes = 16
    /// Operations that a lane does in a cycle.
    public var operations = 1
    /// Cycles from an operand's entry to its result.
    public var latency = 4

    /// Makes the default vector unit.
    public init() {}

    /// Operations of all lanes in a cycle.
    public var operationsPerCycle: Int { lanes * operations }
}

extension VectorUnit: ConfigurationSection {
    static var fields: [Field<VectorUnit>] {
        [
            .integer("lanes", \.lanes, in: 1...1 << 16)
                .about("Lanes side by side, a value each", unit: "lanes", page: "VectorUnit"),
            .integer("operations", \.operations, in: 1...64)
                .about("Operations that a lane does in a cycle", unit: "operations", page: "VectorUnit"),
            .integer("latency", \.latency, in: 0...1 << 16)
                .about("Cycles from an operand's entry to its result", unit: "cycles", page: "VectorUnit"),
        ]
    }
}
