import Hardware

/// Cuts the operands of channel groups into chunks, and chooses the order of their passes (page `BuffersAndTraffic`).
struct GroupPlanner {
    /// Places of the buffers, and the bytes of each, for all channel groups of the layer.
    let places: PerOperand<(count: Int, bytes: Int)>
    private let layout: StepLayout
    private let mapping: Mapping
    private let array: PEArray
    private let bytesPerCycle: Double
    private let slices: [InputSlices]

    init(_ groups: [ChannelGroup], layout: StepLayout, configuration: Configuration) {
        self.layout = layout
        mapping = configuration.mapping
        array = configuration.peArray
        bytesPerCycle = configuration.dram.peakBytesPerCycle(clock: configuration.clock) ?? 1
        slices = groups.map { InputSlices($0.inputSizes, layout: layout) }
        let place = slices.reduce(configuration.inputBuffer.chunkSize.count) { max($0, $1.largest) }
        let bytes = PerOperand(weights: configuration.weightBuffer.chunkSize.count, inputs: place)
        func places(_ operand: Operand) -> (count: Int, bytes: Int) {
            (configuration[operand].capacity.count / bytes[operand], bytes[operand])
        }
        self.places = PerOperand(weights: places(.weights), inputs: places(.inputs))
    }

    /// The chunks of a channel group, its steps in order, and the order of its passes.
    ///
    /// - Throws: `StagingError` where a buffer has too few places.
    func choose(_ group: ChannelGroup) throws(StagingError) -> (plan: GroupPlan, order: PassOrder) {
        let pace = PassPace(group, array: array, bytesPerCycle: bytesPerCycle)
        let inputs = InputChunks(
            slices[group.index], groups: group.grouping.columnGroups, layout: layout, place: places.inputs.bytes)
        // With positions outside a chunk of inputs is used again at each position of a pass.
        let order = layout.order(channelsOutside: mapping.stepOrder != .positions)
        let plan = try GroupPlan(
            group, inputs: inputs, order: order, layout: layout, bundleSize: array.broadcastSteps, places: places)
        return (plan, plan.bestOrder(mapping.loopOrder, pace))
    }
}
