import Hardware

/// A law of the contract that a result broke: a bug of this program, never the user's mistake.
public struct BrokenLaw: Error, Sendable, CustomStringConvertible {
    /// The law, in words, with the figures.
    public let description: String
}

/// The laws that every result keeps (section 8 of the contract), checked in every run.
enum Laws {
    /// Checks one layer's result.
    ///
    /// - Parameter expectedProducts: products executed as the lowering counts them from the masks, without forming a pair.
    /// - Throws: `BrokenLaw`.
    static func check(
        _ activity: Activity, layer: String, configuration: Configuration, executed: Int, expectedProducts: Int
    ) throws {
        func require(_ holds: Bool, _ law: @autoclosure () -> String) throws {
            if !holds { throw BrokenLaw(description: "layer '\(layer)': \(law())") }
        }
        let slots = configuration.multipliers * activity.cycles
        try require(
            activity.slots.total == slots,
            "the cycle classes add up to \(activity.slots.total) slots, and the array has \(slots)")
        for kind in CycleClass.allCases {
            try require(activity.slots[kind] >= 0, "class \(kind.name) has \(activity.slots[kind]) slots")
        }
        try require(
            executed == expectedProducts,
            "the array executed \(executed) products, and the masks hold \(expectedProducts)")
        try require(
            executed <= slots, "\(executed) products in \(slots) slots")
        try require(
            activity.usefulProducts <= executed,
            "\(activity.usefulProducts) useful products of \(executed) executed")
        try require(
            activity.nonZeroWeights <= activity.weights && activity.nonZeroActivations <= activity.activations,
            "a density is above 1")
    }
}
