import Files
import Hardware

/// How a layer's operands come through its buffers: chunks, loads, and the orders of passes and steps.
struct MemoryPlan {
    let loads: LoadPlan
    /// By channel group, its operands in chunks.
    let chunks: [GroupPlan]
    /// The channel groups, their steps in the order that was chosen.
    let groups: [ChannelGroup]
    /// By channel group, its passes in their order.
    let passes: [ArraySlice<PlannedPass>]
    let traffic: LayerTraffic
    let port: any MemoryPort
    /// The least capacities of the buffers at which a group stays between its passes.
    let wholeGroupsCapacity: PerOperand<Int>

    /// Plans a layer's traffic; nil with ideal memory, which has none to wait for.
    ///
    /// - Throws: `InputError` where what a bundle needs, or one pass's outputs, do not fit their buffer.
    init?(
        _ groups: [ChannelGroup], lowered: LoweredLayer, configuration: Configuration, recorder: TimelineRecorder?,
        cache: SimulationCache?
    ) throws {
        if case .ideal = configuration.dram { return nil }
        let planner = GroupPlanner(groups, layout: lowered.layout, configuration: configuration)
        var plan = LoadPlan()
        var ordered: [ChannelGroup] = []
        var plans: [GroupPlan] = []
        var passes: [Range<Int>] = []
        var wholeGroups = PerOperand(weights: 0, inputs: 0)
        for group in groups {
            let chosen: (plan: GroupPlan, order: PassOrder)
            do throws(StagingError) { chosen = try planner.choose(group) } catch {
                throw error.error(
                    layer: lowered.name, buffer: configuration[error.operand], mark: lowered.mark)
            }
            let first = plan.passes.count
            plan.add(chosen.plan, channelGroup: group.index, order: chosen.order)
            passes.append(first..<plan.passes.count)
            ordered.append(group.ordered(chosen.plan.grouping))
            plans.append(chosen.plan)
            for operand in Operand.allCases {
                wholeGroups[operand] = max(
                    wholeGroups[operand], chosen.plan.placesOfWholeGroup(operand) * planner.places[operand].bytes)
            }
        }
        try Self.checkOutputs(groups, lowered: lowered, capacity: configuration.outputBuffer.capacity)
        let transforms =
            lowered.form.isWinograd && configuration.inputTransform.placement == .load && !lowered.hasGivenActivations
            && configuration.mapping.activationStorage != .transformed
        loads = plan
        chunks = plans
        self.groups = ordered
        self.passes = passes.map { plan.passes[$0] }
        wholeGroupsCapacity = wholeGroups
        port = try configuration.dram.port(
            loads: plan.loads.weights + plan.loads.inputs, clock: configuration.clock, cache: cache)
        traffic = LayerTraffic(
            plan: plan, groups: ordered, chunks: plans, layout: lowered.layout,
            memory: LayerMemory(
                plan, places: planner.places.map(\.count), port: port, configuration: configuration,
                recorder: recorder),
            transform: transforms ? InputTransformQueue(configuration.inputTransform) : nil, recorder: recorder)
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
