import Hardware
import Traces

/// Counts that timing has no part in.
extension LayerSimulation {
    /// Transforms in and out, and the accumulators that drained.
    func countTransforms(_ activity: inout Activity, onRead: Int, onLoad: Int) {
        guard let matrices = lowered.form.matrices else {
            activity.accumulatorDrains = activity.pairs
            return
        }
        // On ideal memory every tile came through once.
        let once = lowered.grid.tiles * lowered.shape.channels
        let isBehindBuffer = configuration.inputTransform.placement == .read
        activity.inputTransforms = isBehindBuffer ? onRead : onLoad > 0 ? onLoad : once
        activity.inputTransformAdds = activity.inputTransforms * matrices.inputTransformAdds
        activity.outputTransformAdds = activity.pairs * matrices.outputTransformAdds
        activity.growthBits = configuration.datatype.quantize ? 0 : matrices.inputGrowthBits
        activity.accumulatorDrains = activity.pairs * matrices.n * matrices.n
    }

    /// Bytes of the outputs and writes of banks of the output buffer, each pass for itself.
    func countOutputs(_ activity: inout Activity, _ groups: [ChannelGroup]) {
        let port = configuration.outputPort.count
        for group in groups {
            for rowGroup in group.grouping.rowGroups {
                for outputs in group.outputs {
                    let bytes = CompulsoryTraffic.outputBytes(
                        rowGroup.filters * outputs, density: nextDensity, configuration: configuration)
                    activity.outputBytes += bytes
                    activity.outputBufferWrites += (bytes + port - 1) / port
                }
            }
        }
    }

    /// What operands did on their way, and what encoders and decoders did with them.
    func countOperands(_ activity: inout Activity, _ groups: [ChannelGroup], loads: [Load]?) {
        let movement = OperandMovement(
            groups, loads: loads, transforms: transforms, configuration: configuration)
        activity.weightOperands = movement.weights
        activity.inputOperands = movement.inputs
        if configuration.mapping.activationStorage == .bitmask {
            activity.encodedOutputs = ValueCount(
                values: activity.outputs, nonZeros: Int((Double(activity.outputs) * nextDensity).rounded()))
        }
    }

    /// Bytes, commands and bounds of DRAM.
    func countMemory(_ activity: inout Activity, _ plan: MemoryPlan?, _ compulsory: CompulsoryTraffic) {
        activity.dramWeightBytes = plan?.port.bytesRead(.weights) ?? compulsory.weights
        activity.dramInputBytes = plan?.port.bytesRead(.inputs) ?? compulsory.inputs
        activity.dramOutputBytes = plan?.port.bytesWritten ?? compulsory.outputs
        activity.weightOperands.compulsoryBytes = compulsory.weights
        activity.inputOperands.compulsoryBytes = compulsory.inputs
        activity.weightOperands.loadedBytes = plan?.plan.bytes(.weights) ?? compulsory.weights
        activity.inputOperands.loadedBytes = plan?.plan.bytes(.inputs) ?? compulsory.inputs
        activity.weightOperands.wholeGroupsCapacity = plan?.wholeGroupsCapacity.weights ?? 0
        activity.inputOperands.wholeGroupsCapacity = plan?.wholeGroupsCapacity.inputs ?? 0
        activity.dramPayloadBytes =
            activity.weightOperands.loadedBytes + activity.inputOperands.loadedBytes + activity.outputBytes
        if let commands = plan?.port.commands(through: activity.cycles - 1) {
            activity.dramCommands = commands.counters
            activity.dramClocks = commands.clocks
        }
        if let peak = configuration.dram.peakBytesPerCycle(clock: configuration.clock) {
            activity.dramPeakBytes = peak * Double(activity.cycles)
            activity.memoryBoundCycles = Int((Double(activity.dramBytes) / peak).rounded(.up))
        }
    }
}
