import Hardware

/// A law (page `Laws`) that a result broke: a bug of this program, never the user's mistake.
public struct BrokenLaw: Error, Sendable, CustomStringConvertible {
    /// The law, in words, with the figures.
    public let description: String
}

/// The laws that every result keeps (page `Laws`), checked in every run.
enum Laws {
    /// Checks one layer's result.
    ///
    /// - Parameters:
    ///   - expectedProducts: products executed as the lowering counts them from the masks, without forming a pair.
    ///   - compulsory: the bytes that every run has to move.
    ///   - burstBytes: bytes of one DRAM command; nil for a memory without commands.
    /// - Throws: `BrokenLaw`.
    static func check(
        _ activity: Activity, layer: String, configuration: Configuration, executed: Int, expectedProducts: Int,
        compulsory: CompulsoryTraffic, burstBytes: Int? = nil
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
            activity.ledger.total == activity.cycles,
            "the ledger adds up to \(activity.ledger.total) cycles, and the layer takes \(activity.cycles)")
        for holder in CycleHolder.allCases {
            try require(
                activity.ledger[holder] >= 0, "the ledger has \(activity.ledger[holder]) cycles of \(holder.name)")
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
            activity.cycles >= activity.memoryBoundCycles,
            "\(activity.cycles) cycles, and DRAM takes \(activity.memoryBoundCycles) for \(activity.dramBytes) bytes")
        let commands = activity.dramCommands.reads + activity.dramCommands.writes
        try require(
            0...commands ~= activity.dramCommands.rowHits, "\(activity.dramCommands.rowHits) row hits of \(commands)")
        try require(
            burstBytes.map { activity.dramBytes == commands * $0 } ?? true,
            "\(activity.dramBytes) bytes moved by \(commands) bursts of \(burstBytes ?? 0)")
        try require(
            activity.dramPeakBytes == 0 || Double(activity.dramBytes) <= activity.dramPeakBytes,
            "\(activity.dramBytes) bytes where DRAM can move \(activity.dramPeakBytes)")
        try require(
            activity.dramWeightBytes >= compulsory.weights && activity.dramInputBytes >= compulsory.inputs,
            "DRAM reads \(activity.dramWeightBytes) and \(activity.dramInputBytes) bytes, and the operands have "
                + "\(compulsory.weights) and \(compulsory.inputs)")
        try require(
            activity.nonZeroWeights <= activity.weights && activity.nonZeroActivations <= activity.activations,
            "a density is above 1")
    }
}
