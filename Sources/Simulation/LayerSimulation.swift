import Hardware
import Traces
import Winograd

/// Runs one layer on the machine: a pure function of the layer and the configuration.
struct LayerSimulation {
    let lowered: LoweredLayer
    let configuration: Configuration
    /// The memory behind the buffers.
    var memory = MachineMemory.ideal
    /// Share of non-zero pixels in the next layer's input, 1 where the trace does not know it.
    let nextDensity: Double
    /// Collects what happens when; nil where nobody wants to know.
    var recorder: TimelineRecorder?
    /// Forces the full-width lanes, so that tests can hold both against the naive machine.
    var prefersWideLanes = false

    /// Lays the layer on the array, runs every pass, and checks the result.
    ///
    /// - Throws: `BrokenLaw` where the result contradicts itself.
    func run() throws -> Activity {
        let layout = OperandLayout(array: configuration.peArray, width: lowered.layout.width)
        if !prefersWideLanes && NarrowLanes.fits(configuration.peArray, layout: layout) {
            return try run(NarrowLanes.self, layout: layout)
        }
        return try run(WideLanes.self, layout: layout)
    }

    private func run<State: ArrayLanes & ~Copyable>(_: State.Type, layout: OperandLayout) throws -> Activity {
        let array = configuration.peArray
        let shape = lowered.shape
        let store = InputStore(lowered, configuration: configuration)
        let groups = (0..<shape.groups).map {
            ChannelGroup(lowered, index: $0, store: store, configuration: configuration)
        }
        let plan = try MemoryPlan(
            groups, lowered: lowered, store: store, configuration: configuration, memory: memory,
            nextDensity: nextDensity, recorder: recorder)
        var activity = Activity()
        var timing = LayerTiming<State>(
            configuration: configuration, kinds: kinds(array), layout: layout, transformsOnRead: transformsOnRead,
            traffic: plan?.traffic, recorder: recorder)
        let compulsory = CompulsoryTraffic(
            groups, lowered: lowered, configuration: configuration, nextDensity: nextDensity)
        var expected = 0
        for group in groups {
            let product = group.product
            let useful = product.usefulProducts()
            expected +=
                array.zeroSkipping == .both
                ? useful
                : group.grouping.rowGroups.reduce(0) { $0 + singleSidedProducts($1, of: product) }
            activity.usefulProducts += useful
            activity.weights += product.operandsPerColumn * product.filters
            activity.activations += product.operandsPerColumn * product.tiles
            activity.nonZeroWeights += product.nonZeroWeights
            activity.nonZeroActivations += product.nonZeroActivations
            run(group, plan?.passes[group.index] ?? group.passes, layout: layout, in: &timing)
        }
        activity.cycles = timing.close() + 1
        activity.denseMultiplies = shape.denseMultiplies
        activity.passes = timing.passes
        activity.bundles = timing.bundles
        activity.steps = timing.entriesBroadcast
        activity.fifoEntries = timing.entriesQueued
        activity.weightBufferReadBytes = timing.weightBytesFetched
        activity.inputBufferReadBytes = timing.inputBytesFetched
        activity.pairs = timing.pairsDrained
        activity.dramWeightBytes = plan?.port.bytesRead(.weights) ?? compulsory.weights
        activity.dramInputBytes = plan?.port.bytesRead(.inputs) ?? compulsory.inputs
        activity.dramOutputBytes = plan?.port.bytesWritten ?? compulsory.outputs
        activity.dramPayloadBytes =
            (plan?.plan.loads.reduce(0) { $0 + $1.bytes } ?? compulsory.weights + compulsory.inputs)
            + compulsory.outputs
        activity.dramRowHits = plan?.port.rowHits?.hits ?? 0
        activity.dramAccesses = plan?.port.rowHits?.accesses ?? 0
        countTransforms(&activity, onRead: timing.tilesTransformed, onLoad: timing.tilesTransformedOnLoad)

        let executed = timing.takeProducts()
        activity.computeBoundCycles = (executed + configuration.multipliers - 1) / configuration.multipliers
        if let peak = memory.peakBytesPerCycle(clock: configuration.clock) {
            activity.dramPeakBytes = peak * Double(activity.cycles)
            activity.memoryBoundCycles = Int((Double(activity.dramBytes) / peak).rounded(.up))
        }
        activity.busyCycles = timing.takeBusy()
        activity.ineffectualProducts = executed - activity.usefulProducts
        if array.gating { activity.gatedProducts = activity.ineffectualProducts }
        for kind in CycleClass.allCases { activity.slots[kind] = timing.idle[kind.rawValue] * array.multipliers }
        activity.slots[.useful] = activity.usefulProducts
        activity.slots[.ineffectual] = activity.ineffectualProducts
        activity.slots[.underfill] = activity.busyCycles * array.multipliers - executed
        try Laws.check(
            activity, layer: lowered.name, configuration: configuration, executed: executed, expectedProducts: expected,
            compulsory: compulsory)
        return activity
    }

    /// Runs the passes of one group of channels.
    private func run<State: ArrayLanes & ~Copyable>(
        _ group: ChannelGroup, _ passes: [PlannedPass], layout: OperandLayout, in timing: inout LayerTiming<State>
    ) {
        let array = configuration.peArray
        let grouping = group.grouping
        let columns = ColumnOperands(group.product, grouping: grouping, layout: layout)
        // Row groups come back where tile blocks stand outside, so what was laid out stays.
        var rowOperands = [RowOperands?](repeating: nil, count: grouping.rowGroups.count)
        var sharedFor: [Int]?
        var shared: [Int]?
        for pass in passes {
            let rowGroup = grouping.rowGroups[pass.rowGroup]
            let rows =
                rowOperands[pass.rowGroup]
                ?? RowOperands(
                    rowGroup, of: group.product, layout: layout, buffer: configuration.weightBuffer,
                    valueBits: configuration.datatype.weights)
            rowOperands[pass.rowGroup] = rows
            if sharedFor != rowGroup.steps {
                shared = group.fetch.sharedBits(rowGroup.steps, bundleSize: array.broadcastSteps)
                sharedFor = rowGroup.steps
            }
            let bundles = (rowGroup.steps.count + array.broadcastSteps - 1) / array.broadcastSteps
            let columnGroup = pass.columnGroup
            let tiles = grouping.tiles(ofColumnGroup: columnGroup)
            let steps = group.product.steps
            timing.run(
                PassWork(
                    plan: pass, rows: rowGroup.rows.count,
                    columns: (tiles.count + array.tilesPerPE - 1) / array.tilesPerPE, filters: rowGroup.filters,
                    tiles: tiles.count,
                    outputBytes: CompulsoryTraffic.outputBytes(
                        rowGroup.filters * group.outputs[columnGroup], density: nextDensity,
                        configuration: configuration),
                    steps: rowGroup.steps, weightBits: rows.bits,
                    inputBits: group.fetch.bits[columnGroup * steps..<(columnGroup + 1) * steps],
                    sharedBits: shared?[columnGroup * bundles..<(columnGroup + 1) * bundles] ?? [],
                    rowWords: UnsafePointer(rows.words.start),
                    columnWords: UnsafePointer(columns.words.start + columnGroup * columns.groupStride),
                    columnStride: columns.stepStride))
        }
        withExtendedLifetime((columns, rowOperands)) {}
    }

    private var transformsOnRead: Bool {
        if case .winograd = lowered.plan.form { return configuration.inputTransform.placement == .read }
        return false
    }

    /// The kinds of PEs, which are the same for all groups of channels.
    private func kinds(_ array: PEArray) -> PEKinds {
        let rows = (lowered.shape.groupFilters + array.filtersPerPE - 1) / array.filtersPerPE
        let columns = (lowered.windows.tiles + array.tilesPerPE - 1) / array.tilesPerPE
        return PEKinds(
            rows: array.rows, columns: array.columns, rowSplit: (rows - 1) % array.rows + 1,
            columnSplit: (columns - 1) % array.columns + 1)
    }

    /// Products that the passes of one row group execute on a machine that skips by one operand or by none, from the masks
    /// of that operand alone; 0 where both are skipped by, and useful products are all that is executed.
    private func singleSidedProducts(_ rowGroup: RowGroup, of product: MaskedProduct) -> Int {
        switch configuration.peArray.zeroSkipping {
        case .both: return 0
        case .weights:
            return product.tiles
                * rowGroup.rows.joined().reduce(0) { sum, filter in
                    rowGroup.steps.reduce(sum) { $0 + product.weights[filter * product.steps + $1].nonzeroBitCount }
                }
        case .activations:
            return rowGroup.filters
                * rowGroup.steps.reduce(0) { sum, step in
                    product.activations[step * product.tiles..<(step + 1) * product.tiles].reduce(sum) {
                        $0 + $1.nonzeroBitCount
                    }
                }
        case .none: return product.width * rowGroup.steps.count * rowGroup.filters * product.tiles
        }
    }

    private func countTransforms(_ activity: inout Activity, onRead: Int, onLoad: Int) {
        guard case .winograd(let matrices) = lowered.plan.form else { return }
        // On ideal memory every tile came through once.
        let once = lowered.windows.tiles * lowered.shape.channels
        activity.inputTransforms = transformsOnRead ? onRead : onLoad > 0 ? onLoad : once
        activity.inputTransformAdds = activity.inputTransforms * matrices.inputTransformAdds
        activity.outputTransformAdds = activity.pairs * matrices.outputTransformAdds
        activity.growthBits = configuration.datatype.quantize ? 0 : matrices.inputGrowthBits
    }
}
