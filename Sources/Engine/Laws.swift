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
        _ activity: Activity, layer: String, configuration: Configuration, expectedProducts: Int,
        compulsory: CompulsoryTraffic, burstBytes: Int? = nil
    ) throws {
        func require(_ holds: Bool, _ law: @autoclosure () -> String) throws {
            if !holds { throw BrokenLaw(description: "layer '\(layer)': \(law())") }
        }
        let slots = configuration.multipliers * activity.cycles
        let executed = activity.array.executedProducts
        try require(
            activity.array.slots.total == slots,
            "the cycle classes add up to \(activity.array.slots.total) slots, and the array has \(slots)")
        for kind in CycleClass.allCases {
            try require(activity.array.slots[kind] >= 0, "class \(kind.name) has \(activity.array.slots[kind]) slots")
        }
        try require(
            activity.timing.held.total == activity.cycles,
            "the ledger adds up to \(activity.timing.held.total) cycles, and the layer takes \(activity.cycles)")
        for holder in CycleHolder.allCases {
            try require(
                activity.timing.held[holder] >= 0,
                "the ledger has \(activity.timing.held[holder]) cycles of \(holder.name)")
        }
        try require(
            executed == expectedProducts,
            "the array executed \(executed) products, and the masks hold \(expectedProducts)")
        try require(
            executed <= slots, "\(executed) products in \(slots) slots")
        try require(
            activity.array.usefulProducts <= executed,
            "\(activity.array.usefulProducts) useful products of \(executed) executed")
        try require(
            activity.cycles >= activity.memory.boundCycles,
            "\(activity.cycles) cycles, and DRAM takes \(activity.memory.boundCycles) for \(activity.memory.bytes) bytes"
        )
        let commands = activity.memory.commands.reads + activity.memory.commands.writes
        try require(
            0...commands ~= activity.memory.commands.rowHits,
            "\(activity.memory.commands.rowHits) row hits of \(commands)")
        try require(
            burstBytes.map { activity.memory.bytes == commands * $0 } ?? true,
            "\(activity.memory.bytes) bytes moved by \(commands) bursts of \(burstBytes ?? 0)")
        try require(
            activity.memory.peakBytes == 0 || Double(activity.memory.bytes) <= activity.memory.peakBytes,
            "\(activity.memory.bytes) bytes where DRAM can move \(activity.memory.peakBytes)")
        try require(
            activity.memory.weightBytes >= compulsory.weights && activity.memory.inputBytes >= compulsory.inputs,
            "DRAM reads \(activity.memory.weightBytes) and \(activity.memory.inputBytes) bytes, and the operands have "
                + "\(compulsory.weights) and \(compulsory.inputs)")
        try require(
            activity.weights.skippedReads >= 0 && activity.inputs.skippedReads >= 0,
            "the buffers read \(activity.weights.read.values) weights and \(activity.inputs.read.values) inputs of "
                + "\(activity.weights.algorithmicReads) and \(activity.inputs.algorithmicReads)")
        try require(
            activity.workload.nonZeroWeights <= activity.workload.weights
                && activity.workload.nonZeroActivations <= activity.workload.activations,
            "a density is above 1")
    }
}
