import Hardware
import Traces

/// How a layer is laid on the machine: what `mapping.search` chooses among.
public struct LayerMapping: Hashable, Sendable {
    /// How it is computed.
    public var algorithm: Algorithm
    /// What one reduction step holds.
    public var step: StepForm
    /// Channels of a step under `channels`.
    public var stepWidth: Int
    /// Filters that a row holds in a pass (Q).
    public var filtersPerPE: Int
    /// Tiles that a column holds in a pass (T).
    public var tilesPerPE: Int
    /// The order in which filters fill the rows.
    public var balance: Balance
    /// The order of passes that was asked for.
    public var loopOrder: LoopOrder
    /// The groups of a block of passes that were asked for; nil for a choice with the order.
    public var loopBlock: Int?
    /// The groups of a strip that were asked for; nil for a choice with the order.
    public var loopStrip: Int?
    /// The order of steps that was asked for.
    public var stepOrder: StepOrder

    init(_ algorithm: Algorithm, _ shape: LayerShape, _ machine: Configuration) {
        self.algorithm = algorithm
        // Where the kernel has one tap, steps hold channels whatever the key says.
        step = shape.taps == 1 ? .channels : machine.mapping.step
        stepWidth = machine.mapping.stepWidth
        filtersPerPE = machine.peArray.filtersPerPE
        tilesPerPE = machine.peArray.tilesPerPE
        balance = machine.peArray.balance
        loopOrder = machine.mapping.loopOrder
        loopBlock = machine.mapping.loopBlock
        loopStrip = machine.mapping.loopStrip
        stepOrder = machine.mapping.stepOrder
    }

    /// In short: `direct channels-16 Q2 T1 pairs`, and the orders of passes and steps where they were asked for.
    public var short: String {
        let steps = step == .channels ? "channels-\(stepWidth)" : "positions"
        let loop = loopOrder == .auto ? "" : " loop_order-\(loopOrder.rawValue)"
        let block = loopBlock.map { " loop_block-\($0)" } ?? ""
        let strip = loopStrip.map { " loop_strip-\($0)" } ?? ""
        let order = stepOrder == .auto ? "" : " step_order-\(stepOrder.rawValue)"
        let passes = "\(loop)\(block)\(strip)\(order)"
        return "\(algorithm) \(steps) Q\(filtersPerPE) T\(tilesPerPE) \(balance.rawValue)\(passes)"
    }
}

/// What became of one candidate of a search.
public struct MappingRecord: Sendable {
    /// The candidate.
    public let mapping: LayerMapping
    /// What it is in closed form, in cycles.
    public internal(set) var rough: Double
    /// The estimate of what is sought (cycles, pJ, or pJ x cycles); nil where the candidate fell out before.
    public internal(set) var estimate: Double?
    /// The estimated cycles.
    public internal(set) var estimatedCycles: Int?
    /// What is sought, simulated exactly; nil where that was not done.
    public internal(set) var exact: Double?
    /// The simulated cycles.
    public internal(set) var exactCycles: Int?
    /// Why the machine cannot run it, in words.
    public internal(set) var obstacle: String?
    /// Whether it is the mapping as written.
    public internal(set) var isWritten = false
    /// Whether it runs.
    public internal(set) var isChosen = false
}

/// What a search came to for one layer.
public struct MappingDecision: Sendable {
    /// The mapping that runs.
    public let mapping: LayerMapping
    /// The mapping as written.
    public let written: LayerMapping
    /// Cycles of the mapping as written; nil where the machine cannot run it.
    public let writtenCycles: Int?
    /// How many candidates there were.
    public let candidates: Int
    /// How many of them were estimated.
    public let estimated: Int
    /// How many of them were simulated.
    public let simulated: Int
}
