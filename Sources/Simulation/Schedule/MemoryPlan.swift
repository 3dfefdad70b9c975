import Files
import Hardware

/// How a layer's operands come through its buffers: blocks, loads, and the order of passes that follows from them.
struct MemoryPlan {
    let plan: LoadPlan
    /// By group of channels, its passes in their order.
    let passes: [Int: [PlannedPass]]
    let traffic: LayerTraffic
    let port: any MemoryPort
    /// The least capacities of the buffers at which no group would be streamed.
    let wholeGroupsCapacity: (weights: Int, inputs: Int)

    /// Plans a layer's traffic; nil with ideal memory, which has none to wait for.
    ///
    /// - Throws: `InputError` where a single step, or one pass's outputs, do not fit their buffer.
    init?(
        _ groups: [ChannelGroup], lowered: LoweredLayer, configuration: Configuration, nextDensity: Double,
        recorder: TimelineRecorder?, cache: SimulationCache?
    ) throws {
        if case .ideal = configuration.dram { return nil }
        var plan = LoadPlan()
        var wholeGroups = (weights: 0, inputs: 0)
        for group in groups {
            let weightPlan = try BlockPlan(
                group.weightSizes, capacity: configuration.weightBuffer.capacity, buffer: "weight_buffer",
                layer: lowered.name, mark: lowered.mark)
            let inputPlan = try BlockPlan(
                group.inputSizes, capacity: configuration.inputBuffer.capacity, buffer: "input_buffer",
                layer: lowered.name, mark: lowered.mark)
            wholeGroups.weights = max(wholeGroups.weights, weightPlan.wholeGroupsCapacity)
            wholeGroups.inputs = max(wholeGroups.inputs, inputPlan.wholeGroupsCapacity)
            for (index, rowGroup) in group.grouping.rowGroups.enumerated() {
                let size = configuration.peArray.broadcastSteps
                let bundles = stride(from: 0, to: rowGroup.steps.count, by: size).map {
                    rowGroup.steps[$0..<min($0 + size, rowGroup.steps.count)]
                }
                try weightPlan.check(
                    bundles, of: index, buffer: "weight_buffer", layer: lowered.name, mark: lowered.mark)
                try inputPlan.check(
                    bundles, of: nil, buffer: "input_buffer", layer: lowered.name, mark: lowered.mark)
            }
            plan.add(
                channelGroup: group.index, grouping: group.grouping, weights: (weightPlan, group.weightSizes),
                inputs: (inputPlan, group.inputSizes), order: configuration.mapping.loopOrder,
                bundleSize: configuration.peArray.broadcastSteps)
        }
        plan.sort()
        try Self.checkOutputs(groups, lowered: lowered, configuration: configuration, nextDensity: nextDensity)
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

    private static func checkOutputs(
        _ groups: [ChannelGroup], lowered: LoweredLayer, configuration: Configuration, nextDensity: Double
    ) throws {
        let capacity = configuration.outputBuffer.capacity.count
        for group in groups {
            let filters = group.grouping.rowGroups.map(\.filters).max() ?? 0
            let bytes = CompulsoryTraffic.outputBytes(
                filters * (group.outputs.max() ?? 0), density: nextDensity, configuration: configuration)
            if bytes > capacity {
                throw InputError(
                    "layer '\(lowered.name)': the outputs of one pass take \(bytes) bytes, and the output buffer holds "
                        + "\(capacity); raise output_buffer.capacity, or make a pass smaller",
                    at: lowered.mark)
            }
        }
    }
}
