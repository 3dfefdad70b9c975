import Files
import Hardware

/// How a layer's operands come through its buffers: blocks, loads, and the order of passes that follows from them.
struct MemoryPlan {
    let plan: LoadPlan
    /// By channel group, its passes in their order.
    let passes: [Int: [PlannedPass]]
    let traffic: LayerTraffic
    let port: any MemoryPort
    /// The least capacities of the buffers at which no group would be streamed.
    let wholeGroupsCapacity: PerOperand<Int>

    /// Plans a layer's traffic; nil with ideal memory, which has none to wait for.
    ///
    /// - Throws: `InputError` where a single step, or one pass's outputs, do not fit their buffer.
    init?(
        _ groups: [ChannelGroup], lowered: LoweredLayer, configuration: Configuration, recorder: TimelineRecorder?,
        cache: SimulationCache?
    ) throws {
        if case .ideal = configuration.dram { return nil }
        var plan = LoadPlan()
        var wholeGroups = PerOperand(weights: 0, inputs: 0)
        let bundleSize = configuration.peArray.broadcastSteps
        for group in groups {
            func planned(_ operand: Operand) throws -> PlannedOperand {
                let sizes = group.sizes[operand]
                let plan = try BlockPlan(
                    sizes, capacity: configuration[operand].capacity, buffer: operand.buffer, layer: lowered.name,
                    mark: lowered.mark)
                wholeGroups[operand] = max(wholeGroups[operand], plan.wholeGroupsCapacity)
                return PlannedOperand(plan: plan, sizes: sizes)
            }
            let operands = PerOperand(weights: try planned(.weights), inputs: try planned(.inputs))
            for (index, rowGroup) in group.grouping.rowGroups.enumerated() {
                let bundles = stride(from: 0, to: rowGroup.steps.count, by: bundleSize).map {
                    rowGroup.steps[$0..<min($0 + bundleSize, rowGroup.steps.count)]
                }
                for operand in Operand.allCases {
                    try operands[operand].plan.check(
                        bundles, of: operand == .weights ? index : nil, buffer: operand.buffer, layer: lowered.name,
                        mark: lowered.mark)
                }
            }
            plan.add(
                channelGroup: group.index, grouping: group.grouping, operands: operands,
                order: configuration.mapping.loopOrder, bundleSize: bundleSize)
        }
        plan.sort()
        try Self.checkOutputs(groups, lowered: lowered, capacity: configuration.outputBuffer.capacity)
        let transforms =
            lowered.form.isWinograd && configuration.inputTransform.placement == .load && !lowered.hasGivenActivations
        self.plan = plan
        wholeGroupsCapacity = wholeGroups
        passes = Dictionary(grouping: plan.passes, by: \.channelGroup)
        port = try configuration.dram.port(loads: plan.loads, clock: configuration.clock, cache: cache)
        traffic = LayerTraffic(
            plan: plan, groups: groups, layout: lowered.layout, port: port, transforms: transforms,
            configuration: configuration, recorder: recorder)
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
