import Hardware

/// What a mapping is estimated to come to: a few windows of its passes run exactly without a memory, the traffic as planned, and both
/// joined pass by pass (page `MappingSearch`).
struct MappingEstimate {
    let cycles: Int
    /// The counts from which energies are made; empty where only cycles were asked for.
    let activity: Activity
    /// By channel group, the order of its passes; none on ideal memory.
    let orders: [PassOrder]
    /// Banks of a shared buffer that hold weights.
    let weightBanks: Int
}

extension LayerSimulation {
    /// Estimates the layer.
    ///
    /// - Parameters:
    ///   - counts: whether energies are asked for.
    ///   - reference: another run of the layer, whose rows and refreshes stand for this one's.
    /// - Throws: `InputError` where the layer does not fit the buffers or their encodings.
    func estimate(counts: Bool, reference: Activity?) throws -> MappingEstimate {
        usesNarrowLanes
            ? try estimate(ZeroSkippingArray<NarrowLanes>(arrayLayer), counts, reference)
            : try estimate(ZeroSkippingArray<WideLanes>(arrayLayer), counts, reference)
    }

    /// The orders of passes of the first channel group that are estimated to end first, the best one first; none on ideal memory.
    ///
    /// - Parameter asked: the orders that are open.
    func fastestOrders(_ count: Int, of asked: LoopChoice) throws -> [PassOrder] {
        usesNarrowLanes
            ? try fastestOrders(ZeroSkippingArray<NarrowLanes>(arrayLayer), count, asked)
            : try fastestOrders(ZeroSkippingArray<WideLanes>(arrayLayer), count, asked)
    }

    private func fastestOrders<Array: ArrayKind & ~Copyable>(
        _ array: consuming Array, _ count: Int, _ asked: LoopChoice
    ) throws -> [PassOrder] {
        let laid = try LaidLayer(self, Array.self)
        guard let plan = laid.plan, let group = laid.groups.first else { return [] }
        var timing = timing(array)
        let pace = passPace(group, sampledPace(laid, in: &timing).pace)
        let orders = PassOrder.candidates(
            rowGroups: group.grouping.rowGroups.count, columnGroups: group.grouping.columnGroups, asked)
        let ends = orders.map { pace.end(of: plan.chunks[0], in: $0) }
        return orders.indices.sorted { (ends[$0], $0) < (ends[$1], $1) }.prefix(count).map { orders[$0] }
    }

    /// The array without a memory.
    private func timing<Array: ArrayKind & ~Copyable>(_ array: consuming Array) -> LayerTiming<Array> {
        LayerTiming(
            array, configuration: configuration, transformsOnRead: transforms == .read, traffic: nil, recorder: nil)
    }

    /// Runs the windows of a sample without a memory.
    private func sampledPace<Array: ArrayKind & ~Copyable>(
        _ laid: LaidLayer, in timing: inout LayerTiming<Array>
    ) -> (sample: PassSample, pace: SampledPace) {
        let sample = PassSample(laid, bundleSize: configuration.peArray.broadcastSteps)
        var issues: [ClosedRange<Int>?] = []
        for group in laid.groups {
            let windows = sample.windows.filter { $0.pass.channelGroup == group.index }
            if windows.isEmpty { continue }
            issues += run(group, windows.map { ($0.pass, Optional($0.bundles)) }, in: &timing)
        }
        let end = timing.close()
        return (sample, SampledPace(sample, issues: issues, end: end, sets: configuration.peArray.accumulatorSets))
    }

    private func estimate<Array: ArrayKind & ~Copyable>(
        _ array: consuming Array, _ counts: Bool, _ reference: Activity?
    ) throws -> MappingEstimate {
        let laid = try LaidLayer(self, Array.self)
        var timing = timing(array)
        let (sample, pace) = sampledPace(laid, in: &timing)
        let cycles = max(1, joined(laid, pace)) + pace.tail
        let (orders, banks) = (laid.plan?.orders ?? [], laid.plan?.banks.weights ?? 0)
        guard counts else {
            return MappingEstimate(cycles: cycles, activity: Activity(), orders: orders, weightBanks: banks)
        }
        var activity = Activity()
        activity.array = try timing.report(usefulProducts: 0)
        let windowed = sample.windows.reduce(0) { $0 + $1.bundles.count }
        let factor = Double(sample.bundles) / Double(max(1, windowed))
        activity.array.scale(by: factor)
        activity.array.usefulProducts = laid.usefulProducts
        activity.array.ineffectualProducts = laid.executedProducts - laid.usefulProducts
        if configuration.peArray.gating { activity.array.gatedProducts = activity.array.ineffectualProducts }
        activity.timing.cycles = cycles
        var fetched = (weights: OperandLedger(), inputs: OperandLedger())
        timing.fetch.count(&fetched.weights, &fetched.inputs)
        count(&activity, laid, timing.fetch, tilesTransformedOnLoad: tilesLoaded(laid))
        for (from, to) in [(fetched.weights, \Activity.weights), (fetched.inputs, \Activity.inputs)] {
            activity[keyPath: to].bufferReads = Int(Double(from.bufferReads) * factor)
            activity[keyPath: to].bufferReadBytes = Int(Double(from.bufferReadBytes) * factor)
        }
        if transforms == .read, let matrices = lowered.form.matrices {
            activity.transforms.inputTiles = Int(Double(timing.fetch.tilesTransformed) * factor)
            activity.transforms.inputAdds = activity.transforms.inputTiles * matrices.inputTransformAdds
        }
        activity.memory = memory(activity, reference)
        return MappingEstimate(cycles: cycles, activity: activity, orders: orders, weightBanks: banks)
    }

    /// How fast the passes of a channel group follow one another at a sample's pace.
    private func passPace(_ group: ChannelGroup, _ pace: SampledPace) -> PassPace {
        let array = configuration.peArray
        let drains = OutputDrains(configuration)
        let grouping = group.grouping
        let cycles = grouping.rowGroups.map { rowGroup in
            pace.cycles(
                bundles: (rowGroup.steps.count + array.broadcastSteps - 1) / array.broadcastSteps,
                drain: drains.unitCycles(pairs: rowGroup.filters * min(grouping.tilesPerGroup, grouping.tiles)))
        }
        return PassPace(group, cycles: cycles, accumulatorSets: array.accumulatorSets, bytesPerCycle: memoryRate)
    }

    /// Bytes that the memory usually moves in a cycle.
    private var memoryRate: Double {
        (configuration.dram.peakBytesPerCycle(clock: configuration.clock) ?? 1) * configuration.dram.usualShareOfPeak
    }

    /// Cycles of the passes with their transfers.
    private func joined(_ laid: LaidLayer, _ pace: SampledPace) -> Int {
        let rate = memoryRate
        var (compute, moved, first) = (0, 0, 0)
        for group in laid.groups {
            let grouping = group.grouping
            let passes = passPace(group, pace)
            let mine = passes.passCycles(grouping.columnGroups)
            compute += mine
            guard let plan = laid.plan else { continue }
            let chunks = plan.chunks[group.index]
            let bytes = chunks.bytes(plan.orders[group.index]) + group.outputBytes.joined().reduce(0, +)
            let transfers = Int(Double(bytes) / rate)
            moved += transfers
            // Channel groups follow one another without a gap: what the first one waits for, the others load meanwhile.
            if group.index == 0 {
                first = passes.cycles(of: chunks, in: plan.orders[0]) - max(mine, transfers)
            }
        }
        let input = configuration.inputTransform
        let transformed = tilesLoaded(laid) * input.interval / input.units
        return max(compute, moved, transformed) + max(0, first)
    }

    /// Tiles of one channel that loads bring to the transform before the buffer.
    private func tilesLoaded(_ laid: LaidLayer) -> Int {
        guard transforms == .load, !lowered.hasGivenActivations, let plan = laid.plan else { return 0 }
        return plan.loads.loads.inputs.reduce(0) { sum, load in
            let inputs = plan.chunks[load.channelGroup].inputs
            let tiles = laid.groups[load.channelGroup].grouping.tiles(
                ofColumnGroup: inputs.table.chunks[load.chunk].group)
            return inputs.slicesOfChunk[load.chunk].reduce(sum) {
                $0 + lowered.layout.channels(ofSlice: inputs.slices.live[$1]) * tiles.count
            }
        }
    }

    /// Bytes as planned; rows opened as in another run of the layer by bytes, and refreshes by cycles.
    private func memory(_ activity: Activity, _ reference: Activity?) -> MemoryLedger {
        var ledger = MemoryLedger()
        ledger.weightBytes = activity.weights.loadedBytes
        ledger.inputBytes = activity.inputs.loadedBytes
        ledger.outputBytes = activity.outputs.bytes
        ledger.payloadBytes = ledger.bytes
        guard let burst = configuration.dram.burstBytes, let reference, reference.memory.bytes > 0 else {
            return ledger
        }
        let known = reference.memory
        let byBytes = Double(ledger.bytes) / Double(known.bytes)
        let byCycles = Double(activity.cycles) / Double(max(1, reference.cycles))
        func scaled(_ count: Int, _ factor: Double) -> Int { Int(Double(count) * factor) }
        ledger.commands.reads = ledger.readBytes / burst
        ledger.commands.writes = ledger.outputBytes / burst
        ledger.commands.activates = scaled(known.commands.activates, byBytes)
        ledger.commands.precharges = scaled(known.commands.precharges, byBytes)
        ledger.commands.refreshes = scaled(known.commands.refreshes, byCycles)
        ledger.commands.prechargedCycles = scaled(known.commands.prechargedCycles, byCycles)
        ledger.clocks = scaled(known.clocks, byCycles)
        return ledger
    }
}

extension ArrayLedger {
    /// Multiplies the counts of the PEs, for an estimate from some of the bundles.
    fileprivate mutating func scale(by factor: Double) {
        for path in [
            \Self.busyCycles, \.passes, \.bundles, \.steps, \.fifoEntries, \.entriesExamined, \.accumulatorUpdates,
        ] {
            self[keyPath: path] = Int((Double(self[keyPath: path]) * factor).rounded())
        }
        for kind in CycleClass.allCases { slots[kind] = Int((Double(slots[kind]) * factor).rounded()) }
    }
}

extension Memory {
    /// The share of its peak that streams of loads and stores usually reach.
    fileprivate var usualShareOfPeak: Double {
        if case .standard = self { 0.92 } else { 1 }
    }
}
