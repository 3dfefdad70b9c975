import Hardware
import Traces
import Winograd

/// Runs one layer on the machine: a pure function of the layer and the configuration.
struct LayerSimulation {
    let lowered: LoweredLayer
    let configuration: Configuration
    /// Share of non-zero pixels in the next layer's input, 1 where the trace does not know it.
    let nextDensity: Double
    /// Collects what happens when; nil where nobody wants to know.
    var recorder: TimelineRecorder?
    /// What runs of the same layer share; nil where there are no others.
    var cache: SimulationCache?
    /// Forces the full-width lanes, so that tests can hold both against the naive machine.
    var prefersWideLanes = false

    /// Lays the layer on the array, runs every pass, and checks the result.
    ///
    /// - Throws: `BrokenLaw` where the result contradicts itself.
    func run() throws -> Activity {
        let layout = OperandLayout(
            array: configuration.peArray, width: lowered.layout.width, countsUpdates: !updatesEveryProduct)
        if !prefersWideLanes && NarrowLanes.fits(configuration.peArray, layout: layout) {
            return try run(NarrowLanes.self, layout: layout)
        }
        return try run(WideLanes.self, layout: layout)
    }

    private func run<State: ArrayLanes & ~Copyable>(_: State.Type, layout: OperandLayout) throws -> Activity {
        let array = configuration.peArray
        let shape = lowered.shape
        let store = InputStore(lowered, configuration: configuration)
        let ownership = lowered.hasGivenActivations ? nil : TileOwnership(lowered.grid)
        let distinct = DistinctPixels(lowered.grid)
        let groups = (0..<shape.groups).map {
            ChannelGroup(
                lowered, index: $0, store: store, ownership: ownership, distinct: distinct, configuration: configuration
            )
        }
        let plan = try MemoryPlan(
            groups, lowered: lowered, configuration: configuration, nextDensity: nextDensity, recorder: recorder,
            cache: cache)
        var activity = Activity()
        var timing = LayerTiming<State>(
            configuration: configuration, kinds: kinds(array), layout: layout,
            transformsOnRead: transforms == .read, traffic: plan?.traffic, recorder: recorder)
        let compulsory = CompulsoryTraffic(
            groups, lowered: lowered, ownership: ownership, configuration: configuration, nextDensity: nextDensity)
        var expected = 0
        for group in groups {
            let product = group.product
            let useful = product.usefulProducts
            expected +=
                array.zeroSkipping == .both
                ? useful
                : group.grouping.rowGroups.reduce(0) { $0 + singleSidedProducts($1, of: product) }
            activity.usefulProducts += useful
            activity.algorithmicProducts += product.filters * product.tiles * product.operandsPerColumn
            activity.weights += product.operandsPerColumn * product.filters
            activity.activations += product.operandsPerColumn * product.tiles
            activity.nonZeroWeights += product.nonZeroWeights
            activity.nonZeroActivations += product.nonZeroActivations
            run(group, plan?.passes[group.index] ?? group.passes, layout: layout, in: &timing)
        }
        activity.cycles = timing.close() + 1
        activity.denseMultiplies = shape.denseMultiplies
        activity.maskBits = lowered.layout.width
        activity.passes = timing.passes
        activity.bundles = timing.bundles
        activity.steps = timing.entriesBroadcast
        activity.fifoEntries = timing.entriesQueued
        activity.pairs = timing.pairsDrained
        activity.outputs = groups.reduce(0) { $0 + $1.product.filters * $1.outputs.reduce(0, +) }
        countOutputs(&activity, groups)
        countTransforms(&activity, onRead: timing.tilesTransformed, onLoad: timing.tilesTransformedOnLoad)
        countOperands(&activity, groups, loads: plan?.plan.loads)
        activity.weightOperands.bufferReadBytes = timing.weightBytesFetched
        activity.weightOperands.bufferReads = timing.weightBufferReads
        activity.inputOperands.bufferReadBytes = timing.inputBytesFetched
        activity.inputOperands.bufferReads = timing.inputBufferReads
        countMemory(&activity, plan, compulsory)

        let counts = timing.takeCounts()
        activity.computeBoundCycles =
            (counts.products + configuration.multipliers - 1) / configuration.multipliers
        activity.busyCycles = counts.busy
        activity.entriesExamined = activity.fifoEntries + counts.continuations
        activity.accumulatorUpdates = updatesEveryProduct ? counts.products : counts.updates
        activity.ineffectualProducts = counts.products - activity.usefulProducts
        if array.gating { activity.gatedProducts = activity.ineffectualProducts }
        for kind in CycleClass.allCases { activity.slots[kind] = timing.idle[kind] * array.multipliers }
        activity.ledger = timing.ledger
        activity.slots[.useful] = activity.usefulProducts
        activity.slots[.ineffectual] = activity.ineffectualProducts
        activity.slots[.underfill] = activity.busyCycles * array.multipliers - counts.products
        if timing.idleAtIssueLimit != 0 {
            throw BrokenLaw(
                description:
                    "layer '\(lowered.name)': PEs were idle for \(timing.idleAtIssueLimit) cycles before an entry that "
                    + "nothing held")
        }
        try Laws.check(
            activity, layer: lowered.name, configuration: configuration, executed: counts.products,
            expectedProducts: expected, compulsory: compulsory,
            burstBytes: configuration.dram.burstBytes)
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
                shared = group.fetch.shared(rowGroup.steps, bundleSize: array.broadcastSteps)?.map {
                    group.fetch.stored.bits(of: $0)
                }
                sharedFor = rowGroup.steps
            }
            let bundles = (rowGroup.steps.count + array.broadcastSteps - 1) / array.broadcastSteps
            let columnGroup = pass.columnGroup
            let tiles = grouping.tiles(ofColumnGroup: columnGroup)
            let steps = group.product.steps
            timing.run(
                PassWork(
                    plan: pass, rows: rowGroup.rows.count,
                    columns: grouping.columns(ofColumnGroup: columnGroup, array), filters: rowGroup.filters,
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

    /// Where the layer's input transform stands; nil where it has none.
    var transforms: Placement? {
        lowered.form.isWinograd ? configuration.inputTransform.placement : nil
    }

    /// Whether each product of a pair goes to an accumulator of its own: the positions of a step do under Winograd.
    private var updatesEveryProduct: Bool {
        lowered.form.isWinograd && lowered.layout.form == .positions
    }

    /// The kinds of PEs, which are the same for all groups of channels.
    private func kinds(_ array: PEArray) -> PEKinds {
        let rows = (lowered.shape.groupFilters + array.filtersPerPE - 1) / array.filtersPerPE
        let columns = (lowered.grid.tiles + array.tilesPerPE - 1) / array.tilesPerPE
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
        case .none: return product.operands(in: rowGroup.steps) * rowGroup.filters * product.tiles
        }
    }

}
