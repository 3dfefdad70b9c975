import Hardware

/// A layer laid on the machine: its channel groups with their passes, and what they load.
struct LaidLayer {
    /// The channel groups, their steps in the order of broadcast.
    let groups: [ChannelGroup]
    /// What is loaded; nil with ideal memory.
    let plan: MemoryPlan?
    let compulsory: CompulsoryTraffic
    private let skipping: ZeroSkipping

    /// - Throws: `InputError` where the layer does not fit the buffers or their encodings.
    init<Array: ArrayKind & ~Copyable>(_ simulation: LayerSimulation, _: Array.Type) throws {
        let (lowered, configuration) = (simulation.lowered, simulation.configuration)
        let store = InputStore(lowered, configuration: configuration)
        try simulation.checkEncodings(store)
        let ownership = lowered.hasGivenActivations || simulation.loadsTiles ? nil : TileOwnership(lowered.grid)
        let distinct = DistinctPixels(lowered.grid)
        let laid = lowered.products.enumerated().map { index, product in
            ChannelGroup(
                lowered, index: index, grouping: Array.grouping(product, array: configuration.peArray), store: store,
                ownership: ownership, distinct: distinct, configuration: configuration,
                nextDensity: simulation.nextDensity)
        }
        plan = try MemoryPlan(laid, lowered: lowered, configuration: configuration)
        groups = plan?.groups ?? Self.withoutMemory(laid, lowered, configuration)
        compulsory = CompulsoryTraffic(groups, lowered: lowered, ownership: ownership)
        skipping = configuration.peArray.zeroSkipping
    }

    /// The passes of a channel group in their order.
    func passes(of group: ChannelGroup) -> ArraySlice<PlannedPass> { plan?.passes[group.index] ?? group.passes[...] }

    /// Products of two non-zero operands.
    var usefulProducts: Int { groups.reduce(0) { $0 + $1.product.usefulProducts } }

    /// Products that the passes execute.
    var executedProducts: Int {
        groups.reduce(0) { $0 + $1.grouping.executedProducts($1.product, skipping) }
    }

    /// The channel groups where no order moves more bytes than another: positions outside, unless the mapping says otherwise.
    private static func withoutMemory(
        _ groups: [ChannelGroup], _ lowered: LoweredLayer, _ configuration: Configuration
    ) -> [ChannelGroup] {
        guard configuration.mapping.stepOrder == .channels else { return groups }
        let order = lowered.layout.order(channelsOutside: true)
        return groups.map { $0.ordered($0.grouping.ordered(by: order)) }
    }
}
