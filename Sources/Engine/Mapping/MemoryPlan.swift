import Files
import Hardware

/// How a layer's operands come through its buffers: chunks, loads, and the orders of passes and steps.
struct MemoryPlan {
    let loads: LoadPlan
    /// By channel group, its operands in chunks.
    let chunks: [GroupPlan]
    /// By channel group, the order of its passes.
    let orders: [PassOrder]
    /// The channel groups, their steps in the order that was chosen.
    let groups: [ChannelGroup]
    /// By channel group, its passes in their order.
    let passes: [ArraySlice<PlannedPass>]
    /// The least capacities of the buffers at which a group stays between its passes.
    let wholeGroupsCapacity: PerOperand<Int>
    private let places: PerOperand<Int>
    /// The banks of a buffer that both operands share; none where each has its own.
    let banks: PerOperand<Int>

    /// Plans a layer's traffic; nil with ideal memory, which has none to wait for.
    ///
    /// - Throws: `InputError` where what a bundle needs, or one pass's outputs, do not fit their buffer.
    init?(_ groups: [ChannelGroup], lowered: LoweredLayer, configuration: Configuration) throws {
        if case .ideal = configuration.dram { return nil }
        var planner = GroupPlanner(groups, layout: lowered.layout, configuration: configuration)
        var plan = LoadPlan()
        var ordered: [ChannelGroup] = []
        var plans: [GroupPlan] = []
        var orders: [PassOrder] = []
        var passes: [Range<Int>] = []
        var wholeGroups = PerOperand(weights: 0, inputs: 0)
        let choice = try planner.choose(groups, layer: lowered, configuration: configuration)
        for (group, chosen) in zip(groups, choice) {
            let first = plan.passes.count
            plan.add(chosen.plan, channelGroup: group.index, order: chosen.order)
            passes.append(first..<plan.passes.count)
            ordered.append(group.ordered(chosen.plan.grouping))
            plans.append(chosen.plan)
            orders.append(chosen.order)
            for operand in Operand.allCases {
                wholeGroups[operand] = max(
                    wholeGroups[operand], chosen.plan.placesOfWholeGroup(operand) * planner.places[operand].bytes)
            }
        }
        try Self.checkOutputs(groups, lowered: lowered, capacity: configuration.outputBuffer.capacity)
        loads = plan
        chunks = plans
        self.orders = orders
        self.groups = ordered
        self.passes = passes.map { plan.passes[$0] }
        wholeGroupsCapacity = wholeGroups
        places = planner.places.map(\.count)
        banks = planner.split?.banks ?? PerOperand(weights: 0, inputs: 0)
    }

    /// The traffic of the plan with the machine's memory.
    func traffic(
        _ lowered: LoweredLayer, configuration: Configuration, recorder: TimelineRecorder?, cache: SimulationCache?
    ) throws -> (LayerTraffic, any MemoryPort) {
        let transforms =
            lowered.form.isWinograd && configuration.inputTransform.placement == .load && !lowered.hasGivenActivations
            && configuration.mapping.activationStorage != .transformed
        let port = try configuration.dram.port(
            loads: loads.loads.weights + loads.loads.inputs, clock: configuration.clock, cache: cache)
        let traffic = LayerTraffic(
            plan: loads, groups: groups, chunks: chunks, layout: lowered.layout,
            memory: LayerMemory(
                loads, places: places, port: port, configuration: configuration, recorder: recorder),
            transform: transforms ? InputTransformQueue(configuration.inputTransform) : nil, recorder: recorder)
        return (traffic, port)
    }

    private static func checkOutputs(_ groups: [ChannelGroup], lowered: LoweredLayer, capacity: Bytes) throws {
        let bytes = groups.flatMap { $0.outputBytes.joined() }.max() ?? 0
        if bytes > capacity.count {
            throw InputError(
                "layer '\(lowered.name)': the outputs of one pass take \(bytes) bytes, and the output buffer holds "
                    + "\(capacity.count); raise output_buffer.capacity, or make a pass smaller",
                at: lowered.mark)
        }
    }
}
