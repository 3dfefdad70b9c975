import Hardware
import Traces
import Winograd

/// Runs one layer on the machine: a pure function of the layer and the configuration.
struct LayerSimulation {
    let lowered: LoweredLayer
    let configuration: Configuration
    /// Share of non-zero pixels in the next layer's input, 1 where the trace does not know it.
    let nextDensity: Double
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
        var activity = Activity()
        var traffic = CompulsoryTraffic()
        var expected = 0
        var timing = LayerTiming<State>(
            configuration: configuration, kinds: kinds(array), layout: layout, transformsOnRead: transformsOnRead)
        let store = InputStore(lowered, configuration: configuration)
        let ownership =
            lowered.hasGivenActivations
            ? nil : PixelOwnership(lowered.windows, tilesPerGroup: array.columns * array.tilesPerPE)
        for group in 0..<shape.groups {
            let product = lowered.product(group: group)
            let grouping = Grouping(product, array: array)
            let fetch = InputFetch(
                product, lowered: lowered, group: group, grouping: grouping, store: store,
                valueBits: configuration.datatype.activations)
            let columns = ColumnOperands(product, grouping: grouping, layout: layout)
            let outputs = (0..<grouping.columnGroups).map { columnGroup in
                lowered.windows.outputs[grouping.tiles(ofColumnGroup: columnGroup)].reduce(0, +)
            }
            var sharedFor: [Int]?
            var shared: [Int]?
            for rowGroup in grouping.rowGroups {
                let rows = RowOperands(
                    rowGroup, of: product, layout: layout, buffer: configuration.weightBuffer,
                    valueBits: configuration.datatype.weights)
                if sharedFor != rowGroup.steps {
                    shared = fetch.sharedBits(rowGroup.steps, bundleSize: array.broadcastSteps)
                    sharedFor = rowGroup.steps
                }
                let bundles = (rowGroup.steps.count + array.broadcastSteps - 1) / array.broadcastSteps
                for columnGroup in 0..<grouping.columnGroups {
                    let tiles = grouping.tiles(ofColumnGroup: columnGroup)
                    timing.run(
                        PassWork(
                            rows: rowGroup.rows.count, columns: (tiles.count + array.tilesPerPE - 1) / array.tilesPerPE,
                            filters: rowGroup.filters, tiles: tiles.count, steps: rowGroup.steps, weightBits: rows.bits,
                            inputBits: fetch.bits[columnGroup * product.steps..<(columnGroup + 1) * product.steps],
                            sharedBits: shared?[columnGroup * bundles..<(columnGroup + 1) * bundles] ?? [],
                            rowWords: UnsafePointer(rows.words.start),
                            columnWords: UnsafePointer(columns.words.start + columnGroup * columns.groupStride),
                            columnStride: columns.stepStride))
                    traffic.addOutputs(
                        rowGroup.filters * outputs[columnGroup], density: nextDensity, configuration: configuration)
                }
                traffic.add(rowGroup, of: product, configuration: configuration)
                expected += singleSidedProducts(rowGroup, of: product)
            }
            let useful = product.usefulProducts()
            if array.zeroSkipping == .both { expected += useful }
            activity.usefulProducts += useful
            activity.weights += product.operandsPerColumn * product.filters
            activity.activations += product.operandsPerColumn * product.tiles
            activity.nonZeroWeights += product.nonZeroWeights
            activity.nonZeroActivations += product.nonZeroActivations
            traffic.inputs += inputBytes(group: group, product: product, grouping: grouping, ownership: ownership)
        }
        let last = timing.lastDrained + configuration.outputTransform.latency
        timing.close(last: last)
        activity.cycles = last + 1
        activity.denseMultiplies = shape.denseMultiplies
        activity.passes = timing.passes
        activity.bundles = timing.bundles
        activity.steps = timing.entriesBroadcast
        activity.fifoEntries = timing.entriesQueued
        activity.weightBufferReadBytes = timing.weightBytesFetched
        activity.inputBufferReadBytes = timing.inputBytesFetched
        activity.pairs = timing.pairsDrained
        activity.dramWeightBytes = traffic.weights
        activity.dramInputBytes = traffic.inputs
        activity.dramOutputBytes = traffic.outputs
        countTransforms(&activity, onRead: timing.tilesTransformed)

        let executed = timing.takeProducts()
        activity.busyCycles = timing.takeBusy()
        activity.ineffectualProducts = executed - activity.usefulProducts
        if array.gating { activity.gatedProducts = activity.ineffectualProducts }
        for kind in CycleClass.allCases { activity.slots[kind] = timing.idle[kind.rawValue] * array.multipliers }
        activity.slots[.useful] = activity.usefulProducts
        activity.slots[.ineffectual] = activity.ineffectualProducts
        activity.slots[.underfill] = activity.busyCycles * array.multipliers - executed
        try Laws.check(
            activity, layer: lowered.name, configuration: configuration, executed: executed, expectedProducts: expected)
        return activity
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

    private func inputBytes(
        group: Int, product: MaskedProduct, grouping: Grouping, ownership: PixelOwnership?
    ) -> Int {
        let valueBits = configuration.datatype.activations
        guard let ownership else {
            return (0..<grouping.columnGroups).reduce(0) { sum, columnGroup in
                let tiles = grouping.tiles(ofColumnGroup: columnGroup).count
                return sum + Bytes.holding(bits: tiles * product.steps * product.width * valueBits).count
            }
        }
        let channels = lowered.shape.groupChannels
        return ownership.bytes(
            columnGroups: grouping.columnGroups, channels: group * channels..<(group + 1) * channels,
            pixels: lowered.pixels, storage: configuration.mapping.activationStorage, valueBits: valueBits
        ).reduce(0, +)
    }

    private func countTransforms(_ activity: inout Activity, onRead: Int) {
        guard case .winograd(let matrices) = lowered.plan.form else { return }
        activity.inputTransforms = transformsOnRead ? onRead : lowered.windows.tiles * lowered.shape.channels
        activity.inputTransformAdds = activity.inputTransforms * matrices.inputTransformAdds
        activity.outputTransformAdds = activity.pairs * matrices.outputTransformAdds
        activity.growthBits = configuration.datatype.quantize ? 0 : matrices.inputGrowthBits
    }
}
