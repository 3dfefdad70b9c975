import Hardware

/// What one pass asks of the machine.
struct PassWork {
    /// Which groups the pass joins, and the loads that bring them.
    let plan: PlannedPass
    /// The steps that are broadcast.
    let steps: [Int]
    /// Rows and columns of the array that the pass maps.
    let rows: Int
    let columns: Int
    /// Tiles of the pass, and pairs of a filter and a tile.
    let tiles: Int
    let pairs: Int
    /// Bytes of the outputs.
    let outputBytes: Int
    /// What it reads of the buffers.
    let demand: PerOperand<FetchDemand>
}

/// The passes of a layer, bundle by bundle: the recurrences of the pages `ArrayTiming` and `Fetch`.
///
/// It puts together what the units say: the streams when operands have been fetched, the drains (or the memory) when accumulators
/// are free, and the array when its FIFOs have space and when it is done.
struct LayerTiming<Array: ArrayKind & ~Copyable>: ~Copyable {
    private(set) var array: Array
    private(set) var fetch: OperandFetch
    private var drains: OutputDrains
    /// The traffic with DRAM; nil where all operands are on chip.
    private var traffic: LayerTraffic?
    private let recorder: TimelineRecorder?
    private let bundleSize: Int
    private let outputLatency: Int

    private(set) var passes = 0
    private(set) var stepsBroadcast = 0
    private var lastIssue = -1
    /// The last cycle in which something happened to an entry of the last pass, and of the layer.
    private var finish = -1
    private var lastDone = -1
    /// Whether the set of accumulators that a pass takes over was held back by the output buffer.
    private var freedByRoom = false
    /// Cycles by what held the next broadcast.
    private(set) var held = CycleLedger()

    init(
        _ array: consuming Array, configuration: Configuration, transformsOnRead: Bool, traffic: LayerTraffic?,
        recorder: TimelineRecorder?
    ) {
        self.array = array
        fetch = OperandFetch(configuration, transformsOnRead: transformsOnRead)
        drains = OutputDrains(configuration)
        self.traffic = traffic
        self.recorder = recorder
        bundleSize = configuration.peArray.broadcastSteps
        outputLatency = configuration.outputTransform.latency
    }

    /// Tiles of one channel that were transformed on their way from DRAM.
    var tilesTransformedOnLoad: Int { traffic?.tilesTransformed ?? 0 }

    /// Runs one pass.
    ///
    /// - Parameter bundles: those that go out; all where nil.
    /// - Returns: the cycles in which the first and the last of them go out; nil where there is none.
    @discardableResult
    mutating func run(
        _ work: PassWork, _ operands: Array.Operands.Pass, bundles: Range<Int>? = nil
    ) -> ClosedRange<Int>? {
        let freed = freedCycle()
        traffic?.begin(work.plan)
        array.begin(rows: work.rows, columns: work.columns)
        let bundles = bundles ?? 0..<(work.steps.count + bundleSize - 1) / bundleSize
        var start = 0
        if bundles.isEmpty {
            finish = max(finish, freed)
        } else {
            for index in bundles {
                let first = index * bundleSize
                let entries = first..<min(first + bundleSize, work.steps.count)
                let time = issue(work, entries, bundle: index, isFirst: index == bundles.lowerBound, freed: freed)
                if index == bundles.lowerBound { start = time.cycle }
                finish = array.dispatch(entries, of: operands, at: time.cycle, heldBy: time.holder)
                stepsBroadcast += entries.count
            }
            lastDone = finish
            recorder?.add(
                "passes, accumulators \(passes % drains.sets)",
                "pass \(passes): rows \(work.plan.rowGroup), columns \(work.plan.columnGroup)", start, finish)
        }
        if traffic == nil {
            drains.drain(pass: passes, pairs: work.pairs, finish: finish, recorder: recorder)
        } else {
            traffic?.finished(
                at: finish, unitCycles: drains.unitCycles(pairs: work.pairs), bytes: work.outputBytes)
        }
        array.end(finish: finish)
        passes += 1
        return bundles.isEmpty ? nil : start...lastIssue
    }

    /// The cycle in which the set of accumulators that the coming pass takes over was drained.
    ///
    /// With a memory it is asked for only here: by now every bundle that may send a load ahead of the pass's store is out.
    private mutating func freedCycle() -> Int {
        guard let drain = traffic?.drained(pass: passes - drains.sets) else { return drains.freed(pass: passes) }
        freedByRoom = drain.waited
        return drain.cycle
    }

    /// Finds the cycle in which a bundle goes out, and what held it.
    @inline(__always)
    private mutating func issue(
        _ work: PassWork, _ entries: Range<Int>, bundle: Int, isFirst: Bool, freed: Int
    ) -> IssueTime {
        let steps = work.steps[entries]
        var time = IssueTime()
        // In the order in which a tie is settled: FIFO, drain, weights, inputs, transform, one-bundle limit.
        time.wait(until: array.earliestIssue(entries: entries.count), for: .array)
        if isFirst && passes >= drains.sets {
            time.wait(until: 1 + freed, for: freedByRoom ? .dramOutputs : .drain)
        }
        let bytes = PerOperand(
            weights: work.demand.weights.bytes(steps, bundle: bundle),
            inputs: work.demand.inputs.bytes(steps, bundle: bundle))
        let weightsReady = traffic?.weightsReady(work.plan, bundle: bundle) ?? -1
        let inputsReady =
            traffic?.inputsReady(work.plan, bundle: bundle, steps: steps) ?? InputTransformQueue.Ready()
        fetch.fetch(
            bytes, tiles: entries.count * work.tiles, ready: (weights: weightsReady, inputs: inputsReady), for: &time)
        time.wait(until: lastIssue + 1, for: .issue)
        fetch.issued(at: time.cycle)
        traffic?.issued(bundle: bundle, at: time.cycle)
        held[time.holder] += time.cycle - lastIssue
        lastIssue = time.cycle
        return time
    }

    /// Ends the layer.
    ///
    /// - Returns: its cycles.
    mutating func close() -> Int {
        let lastStore = traffic?.close() ?? -1
        let lastDrained = traffic?.drained(pass: passes - 1).cycle ?? drains.last
        let lastOutput = lastDrained + outputLatency
        let last = max(lastOutput, lastStore)
        array.close(lastOutput: lastOutput, last: last)
        held[.array] += max(0, lastDone - lastIssue)
        held[.drain] += lastOutput - max(lastDone, lastIssue)
        held[.dramOutputs] += last - lastOutput
        return last + 1
    }

    /// What the array did; once, when the layer has ended.
    mutating func report(usefulProducts: Int) throws -> ArrayLedger {
        var ledger = try array.report(usefulProducts: usefulProducts)
        ledger.passes = passes
        ledger.bundles = fetch.bundles
        ledger.steps = stepsBroadcast
        return ledger
    }
}
