import Files
import Hardware
import Traces
import Winograd

/// Runs one layer on the machine: a pure function of the layer and the configuration.
struct LayerSimulation {
    let lowered: LoweredLayer
    let configuration: Configuration
    /// How much of the outputs is stored.
    let nextDensity: OutputDensity
    /// Collects what happens when; nil where no timeline is asked for.
    var recorder: TimelineRecorder?
    /// What runs of the same layer share; nil where there are no others.
    var cache: SimulationCache?
    /// Forces the full-width lanes, so that tests can compare both with the naive machine.
    var prefersWideLanes = false

    /// Lays the layer on the array, runs every pass, and checks the result.
    ///
    /// - Throws: `InputError` where the layer does not fit the buffers or their encodings; `BrokenLaw` where the result contradicts
    ///   itself.
    func run() throws -> LayerRun {
        usesNarrowLanes
            ? try run(ZeroSkippingArray<NarrowLanes>(arrayLayer)) : try run(ZeroSkippingArray<WideLanes>(arrayLayer))
    }

    /// What of the layer fixes the array's state.
    var arrayLayer: ArrayLayer {
        ArrayLayer(
            array: configuration.peArray, width: lowered.layout.width, updatesEveryProduct: updatesEveryProduct,
            filters: lowered.shape.groupFilters, tiles: lowered.grid.tiles)
    }

    /// Whether the state of the PEs fits the narrow lanes.
    var usesNarrowLanes: Bool { !prefersWideLanes && NarrowLanes.fits(arrayLayer) }

    private func run<Array: ArrayKind & ~Copyable>(_ array: consuming Array) throws -> LayerRun {
        let laid = try LaidLayer(self, Array.self)
        let (groups, plan) = (laid.groups, laid.plan)
        let memory = try plan?.traffic(lowered, configuration: configuration, recorder: recorder, cache: cache)
        var timing = LayerTiming(
            array, configuration: configuration, transformsOnRead: transforms == .read, traffic: memory?.0,
            recorder: recorder)
        for group in groups { run(group, laid.passes(of: group).lazy.map { ($0, nil) }, in: &timing) }
        var activity = Activity()
        activity.timing.cycles = timing.close()
        activity.timing.held = timing.held
        activity.array = try timing.report(usefulProducts: laid.usefulProducts)
        count(&activity, laid, timing.fetch, tilesTransformedOnLoad: timing.tilesTransformedOnLoad)
        activity.memory = MemoryLedger(
            memory?.1, compulsory: laid.compulsory,
            payload: activity.weights.loadedBytes + activity.inputs.loadedBytes + activity.outputs.bytes,
            cycles: activity.cycles, configuration: configuration)
        try Laws.check(
            activity, layer: lowered.name, configuration: configuration, expectedProducts: laid.executedProducts,
            compulsory: laid.compulsory, burstBytes: configuration.dram.burstBytes)
        return LayerRun(activity: activity, orders: plan?.orders ?? [])
    }

    /// Counts what follows from how the layer is laid and what was fetched.
    func count(_ activity: inout Activity, _ laid: LaidLayer, _ fetch: OperandFetch, tilesTransformedOnLoad: Int) {
        activity.workload = workload(laid.groups)
        activity.timing.computeBoundCycles =
            (activity.array.executedProducts + configuration.multipliers - 1) / configuration.multipliers
        let movement = OperandMovement(
            laid.groups, plan: laid.plan, transforms: transforms, configuration: configuration)
        (activity.weights, activity.inputs) = (movement.weights, movement.inputs)
        fetch.count(&activity.weights, &activity.inputs)
        countLoads(&activity, laid.plan, laid.compulsory)
        activity.outputs = outputs(laid.groups)
        activity.transforms = transformed(
            onRead: fetch.tilesTransformed, onLoad: tilesTransformedOnLoad, pairs: activity.outputs.pairs)
    }

    /// Runs passes of one channel group.
    ///
    /// - Parameter passes: in their order, with the bundles that go out; all where nil.
    /// - Returns: by pass, when its first and its last bundle went out; nil where it has none.
    @discardableResult
    func run<Array: ArrayKind & ~Copyable>(
        _ group: ChannelGroup, _ passes: some Sequence<(pass: PlannedPass, bundles: Range<Int>?)>,
        in timing: inout LayerTiming<Array>
    ) -> [ClosedRange<Int>?] {
        let array = configuration.peArray
        var operands = timing.array.operands(of: group.product, grouping: group.grouping)
        var sharedFor: [Int]?
        var shared: [Int]?
        var issues: [ClosedRange<Int>?] = []
        for (pass, bundles) in passes {
            let steps = group.grouping.rowGroups[pass.rowGroup].steps
            if sharedFor != steps {
                shared = group.fetch.shared(steps, bundleSize: array.broadcastSteps)?.map {
                    group.fetch.stored.bits(of: $0)
                }
                sharedFor = steps
            }
            issues.append(
                timing.run(
                    group.work(pass, shared: shared, array: array),
                    operands.pass(rowGroup: pass.rowGroup, columnGroup: pass.columnGroup), bundles: bundles))
        }
        withExtendedLifetime(operands) {}
        return issues
    }

    /// Where the input transform stands on the way from DRAM; nil where there is none.
    var transforms: Placement? {
        lowered.form.isWinograd && !loadsTiles ? configuration.inputTransform.placement : nil
    }

    /// Whether DRAM holds the inputs as transformed tiles.
    var loadsTiles: Bool {
        lowered.form.isWinograd && configuration.mapping.activationStorage == .transformed
    }

    /// Whether each product of a pair goes to its own accumulator: under Winograd the positions of a step do.
    private var updatesEveryProduct: Bool {
        lowered.form.isWinograd && lowered.layout.form == .positions
    }

    /// Checks that the encodings of the buffers can code the layer's vectors.
    ///
    /// - Throws: `InputError` at the layer.
    func checkEncodings(_ store: InputStore) throws {
        let mask = lowered.layout.lanes.max() ?? 0
        let vectors = PerOperand(
            weights: mask, inputs: store.longestVector(mask: mask, pixel: lowered.layout.channels(ofSlice: 0)))
        for operand in Operand.allCases {
            let encoding = configuration[operand].encoding
            guard let longest = encoding.longestVector, vectors[operand] > longest else { continue }
            throw InputError(
                "layer '\(lowered.name)': \(operand.buffer).encoding \(encoding.yaml) codes vectors of at most \(longest) "
                    + "values, and the layer's have \(vectors[operand]); give it more bits, or make a step smaller",
                at: lowered.mark)
        }
    }
}

/// What one run of a layer came to.
struct LayerRun: Sendable {
    let activity: Activity
    /// By channel group, the order of its passes; none on ideal memory.
    let orders: [PassOrder]
}

/// Counts that timing has no part in.
extension LayerSimulation {
    private func workload(_ groups: [ChannelGroup]) -> WorkloadLedger {
        var ledger = WorkloadLedger()
        for group in groups { ledger += WorkloadLedger(group.product) }
        ledger.denseMultiplies = lowered.shape.denseMultiplies
        if let matrices = lowered.form.matrices, !configuration.datatype.quantize {
            ledger.growthBits = matrices.inputGrowthBits
        }
        return ledger
    }

    /// Outputs of all passes, and the accumulators that drained for them.
    private func outputs(_ groups: [ChannelGroup]) -> OutputLedger {
        var ledger = OutputLedger()
        let port = configuration.outputPort.count
        for group in groups {
            ledger.pairs += group.product.filters * group.product.tiles
            ledger.values += group.product.filters * group.outputs.reduce(0, +)
            for bytes in group.outputBytes.joined() {
                ledger.bytes += bytes
                ledger.bufferWrites += (bytes + port - 1) / port
            }
        }
        ledger.accumulatorDrains = ledger.pairs
        if let matrices = lowered.form.matrices {
            ledger.accumulatorDrains *= matrices.n * matrices.n
        }
        let storage = configuration.mapping.activationStorage.encoding
        if !storage.keepsZeros {
            ledger.encoded = nextDensity.values(of: ledger.values)
            ledger.indexBits = storage.indexBits(of: ledger.encoded)
        }
        return ledger
    }

    /// Tiles through the transforms; on ideal memory, and where tiles come from DRAM, each came through once.
    private func transformed(onRead: Int, onLoad: Int, pairs: Int) -> TransformLedger {
        var ledger = TransformLedger()
        guard let matrices = lowered.form.matrices else { return ledger }
        let once = lowered.grid.tiles * lowered.shape.channels
        ledger.inputTiles = transforms == .read ? onRead : onLoad > 0 ? onLoad : once
        ledger.inputAdds = ledger.inputTiles * matrices.inputTransformAdds
        ledger.outputAdds = pairs * matrices.outputTransformAdds
        return ledger
    }

    private func countLoads(_ activity: inout Activity, _ plan: MemoryPlan?, _ compulsory: CompulsoryTraffic) {
        activity.weights.compulsoryBytes = compulsory.weights
        activity.inputs.compulsoryBytes = compulsory.inputs
        activity.weights.loadedBytes = plan?.loads.bytes(.weights) ?? compulsory.weights
        activity.inputs.loadedBytes = plan?.loads.bytes(.inputs) ?? compulsory.inputs
        activity.weights.wholeGroupsCapacity = plan?.wholeGroupsCapacity.weights ?? 0
        activity.inputs.wholeGroupsCapacity = plan?.wholeGroupsCapacity.inputs ?? 0
        activity.weights.banks = plan?.banks.weights ?? 0
        activity.inputs.banks = plan?.banks.inputs ?? 0
    }
}
