import Hardware

/// What one pass asks of the array.
struct PassWork {
    /// Which groups the pass joins, and the loads that hold them.
    let plan: PlannedPass
    /// Rows, columns, filters and tiles that the pass maps.
    let rows: Int
    let columns: Int
    let filters: Int
    let tiles: Int
    /// Bytes of the outputs.
    let outputBytes: Int
    /// The steps that are broadcast.
    let steps: [Int]
    /// By kept step, bits of weights.
    let weightBits: [Int]
    /// By step, bits of inputs.
    let inputBits: ArraySlice<Int>
    /// By bundle, bits of inputs that two steps of it share; empty where none do.
    let sharedBits: ArraySlice<Int>
    let rowWords: UnsafePointer<UInt16>
    let columnWords: UnsafePointer<LaneWords>
    /// Vectors from one step to the next.
    let columnStride: Int
}

/// The recurrences of the pages `ArrayTiming` and `Fetch`, bundle by bundle, and the classes of page `CyclesAndSlots`.
///
/// Generic over the lanes so that the compiler makes a version for each; nothing in here is dispatched at run time.
struct LayerTiming<State: ArrayLanes & ~Copyable>: ~Copyable {
    private let array: PEArray
    private let kinds: PEKinds
    private let layout: OperandLayout
    private let outputs: OutputTransform
    private var lanes: State

    private var weights: FetchStream
    private var inputs: FetchStream
    private var transform: FetchStream?
    private let transformInterval: Int
    /// The traffic with DRAM; nil where all operands are on chip.
    private var traffic: LayerTraffic?
    private let recorder: TimelineRecorder?
    private let weightPrefetch: Int
    private let inputPrefetch: Int

    private var bundle = 0
    private var pass = 0
    private var lastIssue = -1
    /// What held the bundle that was issued last, and the stride that its dispatch is to take.
    private var heldBy = CycleHolder.issue
    private var strideToDispatch = 0
    private var issues: [Int]
    private var finish = -1
    private var drained = -1
    private var drainedRing: [Int]
    /// Whether the set of accumulators that a pass takes over was held back by the output buffer.
    private var freedByRoom = false

    /// By kind: the issue its times are kept from, entries so far, the last cycles of its last D entries, and the last cycle
    /// in which it was unmapped since its last entry (-1 where it was not).
    private var origin = [Int](repeating: -1, count: PEKinds.count)
    private var entries = [Int](repeating: 0, count: PEKinds.count)
    private var done: [Int]
    private var unmappedUntil = [Int](repeating: -1, count: PEKinds.count)

    /// Idle PE-cycles of PEs without a pair, and by what held the entry that they waited for.
    private var unmapped = 0
    private var idleByHolder = CycleLedger()
    /// The last cycle in which an entry of the layer was done.
    private var lastDone = -1
    /// Cycles by what held the next broadcast.
    private(set) var ledger = CycleLedger()
    private(set) var entriesBroadcast = 0
    private(set) var entriesQueued = 0
    private(set) var pairsDrained = 0

    init(
        configuration: Configuration, kinds: PEKinds, layout: OperandLayout, transformsOnRead: Bool,
        traffic: LayerTraffic?, recorder: TimelineRecorder?
    ) {
        self.traffic = traffic
        self.recorder = recorder
        array = configuration.peArray
        self.kinds = kinds
        self.layout = layout
        outputs = configuration.outputTransform
        lanes = State(array: array, kinds: kinds, layout: layout)
        weights = FetchStream(
            rate: configuration.weightBuffer.bandwidth.count, port: configuration.weightBuffer.port.count)
        inputs = FetchStream(
            rate: configuration.inputBuffer.bandwidth.count, port: configuration.inputBuffer.port.count)
        weightPrefetch = configuration.weightBuffer.prefetch
        inputPrefetch = configuration.inputBuffer.prefetch
        let input = configuration.inputTransform
        transform = transformsOnRead ? FetchStream(rate: input.units, startLatency: input.latency) : nil
        transformInterval = input.interval
        issues = [Int](repeating: -1, count: max(weightPrefetch, inputPrefetch))
        drainedRing = [Int](repeating: -1, count: array.accumulatorSets)
        done = [Int](repeating: -1, count: PEKinds.count * array.fifoDepth)
    }

    /// Bytes that the weight buffer delivered.
    var weightBytesFetched: Int { weights.work }
    /// Bytes that the input buffer delivered.
    var inputBytesFetched: Int { inputs.work }
    /// Accesses to banks of the weight buffer.
    var weightBufferReads: Int { weights.accesses }
    /// Accesses to banks of the input buffer.
    var inputBufferReads: Int { inputs.accesses }
    /// Patches that were transformed behind the input buffer.
    var tilesTransformed: Int { (transform?.work ?? 0) / transformInterval }
    /// Tiles of one channel that were transformed on their way from DRAM.
    var tilesTransformedOnLoad: Int { traffic?.jobs ?? 0 }
    /// Idle PE-cycles by class.
    var idle: SlotCounts {
        var idle = SlotCounts()
        idle[.unmapped] = unmapped
        for holder in CycleHolder.allCases {
            if let kind = holder.idleClass { idle[kind] += idleByHolder[holder] }
        }
        return idle
    }

    /// Idle PE-cycles before entries that nothing held but the one-bundle limit; there are none.
    var idleAtIssueLimit: Int { idleByHolder[.issue] }

    /// Passes so far.
    var passes: Int { pass }
    /// Bundles so far.
    var bundles: Int { bundle }

    /// Runs one pass.
    mutating func run(_ work: PassWork) {
        let mapped = (0..<PEKinds.count).filter { kinds.isMapped($0, rows: work.rows, columns: work.columns) }
        let freed = freedCycle()
        let steps = work.steps.count
        for kind in 0..<PEKinds.count where kinds.size(kind) > 0 && !mapped.contains(kind) { lanes.park(kind: kind) }
        if steps == 0 {
            finish = max(finish, freed)
        } else {
            var passFinish = -1
            var passStart = 0
            var first = 0
            var index = 0
            while first < steps {
                let count = min(array.broadcastSteps, steps - first)
                issue(work, first: first, count: count, index: index, freed: freed, mapped: mapped)
                if first == 0 { passStart = lastIssue }
                passFinish = dispatch(work, first: first, count: count, mapped: mapped)
                first += count
                index += 1
            }
            finish = passFinish
            lastDone = passFinish
            recorder?.add(
                "passes, accumulators \(pass % array.accumulatorSets)",
                "pass \(pass): rows \(work.plan.rowGroup), columns \(work.plan.columnGroup)", passStart, finish)
        }
        let pairs = work.filters * work.tiles
        pairsDrained += pairs
        let unitCycles = (pairs + outputs.units - 1) / outputs.units * outputs.interval
        if traffic == nil {
            let ready = max(finish + array.pipeline, drained)
            drained = ready + unitCycles
            recorder?.add("drains", "drain of pass \(pass)", ready + 1, drained)
            drainedRing[pass % array.accumulatorSets] = drained
        } else {
            traffic?.finished(work.plan, index: pass, at: finish, unitCycles: unitCycles, bytes: work.outputBytes)
        }
        for kind in 0..<PEKinds.count where !mapped.contains(kind) {
            unmappedUntil[kind] = max(unmappedUntil[kind], finish)
        }
        pass += 1
    }

    /// The cycle in which the set of accumulators that the coming pass takes over was drained.
    ///
    /// With a memory it is only looked for here: by now every bundle that may send a load ahead of the pass's store is out.
    private mutating func freedCycle() -> Int {
        guard let drain = traffic?.drained(pass: pass - array.accumulatorSets) else {
            return drainedRing[pass % array.accumulatorSets]
        }
        freedByRoom = drain.waited
        return drain.cycle
    }

    /// Finds the cycle in which a bundle goes out, and counts the idle cycles of kinds that do not come straight from the bundle before.
    @inline(__always)
    private mutating func issue(_ work: PassWork, first: Int, count: Int, index: Int, freed: Int, mapped: [Int]) {
        var cycle = Int.min
        var holder = CycleHolder.issue
        // In the order in which a tie is settled: FIFO, drain, weights, inputs, transform, one-bundle limit.
        for kind in mapped {
            let entry = entries[kind] + count - 1 - array.fifoDepth
            guard entry >= 0 else { continue }
            let free = 1 + array.stallLatency + done[kind * array.fifoDepth + entry % array.fifoDepth]
            if free > cycle {
                cycle = free
                holder = .array
            }
        }
        if first == 0 && pass >= array.accumulatorSets && 1 + freed > cycle {
            cycle = 1 + freed
            holder = freedByRoom ? .dramOutputs : .drain
        }
        var weightBits = 0
        var inputBits = work.sharedBits.isEmpty ? 0 : -work.sharedBits[work.sharedBits.startIndex + index]
        for i in first..<first + count {
            weightBits += work.weightBits[i]
            inputBits += work.inputBits[work.inputBits.startIndex + work.steps[i]]
        }
        let slots = issues.count
        let bundleSteps = work.steps[first..<first + count]
        let weightIssue = bundle < weightPrefetch ? -1 : issues[(bundle - weightPrefetch) % slots]
        let fetchedWeights = weights.fetch(
            (weightBits + 7) / 8, after: weightIssue,
            ready: traffic?.weightsReady(work.plan, steps: bundleSteps) ?? -1)
        if fetchedWeights > cycle {
            cycle = fetchedWeights
            holder = weights.waitedForMemory ? .dramWeights : .weightFetch
        }
        let inputIssue = bundle < inputPrefetch ? -1 : issues[(bundle - inputPrefetch) % slots]
        let inputsReady = traffic?.inputsReady(work.plan, steps: bundleSteps) ?? (cycle: -1, transformHeld: false)
        let fetchedInputs = inputs.fetch((inputBits + 7) / 8, after: inputIssue, ready: inputsReady.cycle)
        if fetchedInputs > cycle {
            cycle = fetchedInputs
            holder = inputs.waitedForMemory ? (inputsReady.transformHeld ? .inputTransform : .dramInputs) : .inputFetch
        }
        // The transform behind the buffer works on the same inputs as their fetch.
        if let transformed = transform?.fetch(
            count * work.tiles * transformInterval, after: inputIssue, ready: inputsReady.cycle), transformed > cycle
        {
            cycle = transformed
            holder = transform?.waitedForMemory == true ? .dramInputs : .inputTransform
        }
        if lastIssue + 1 > cycle {
            cycle = lastIssue + 1
            holder = .issue
        }
        issues[bundle % slots] = cycle
        bundle += 1
        traffic?.issued(work.plan, index: pass, bundle: index, at: cycle)
        heldBy = holder
        let stride = cycle - lastIssue
        ledger[holder] += stride
        lastIssue = cycle
        strideToDispatch = stride
        // The lanes take a stride for all mapped kinds at once where they all stand at the issue before.
        var together = stride <= lanes.longestStride
        for kind in mapped where origin[kind] != cycle - stride || unmappedUntil[kind] >= 0 || entries[kind] == 0 {
            together = false
        }
        if !together {
            for kind in mapped {
                settle(kind: kind, at: cycle, holder: holder)
                unmappedUntil[kind] = -1
            }
            strideToDispatch = 0
        }
        for kind in mapped { origin[kind] = cycle }
    }

    /// Counts the idle cycles of a kind up to `cycle`.
    private mutating func settle(kind: Int, at cycle: Int, holder: CycleHolder) {
        let until = unmappedUntil[kind] < 0 ? Int.min / 2 : unmappedUntil[kind] - origin[kind]
        let counted = lanes.settle(kind: kind, stride: cycle - origin[kind], unmappedUntil: until)
        unmapped += counted.unmapped
        idleByHolder[holder] += counted.held
    }

    /// Dispatches the entries of the bundle that was just issued.
    ///
    /// - Returns: the last cycle in which something happened to its last entry.
    @inline(__always)
    private mutating func dispatch(_ work: PassWork, first: Int, count: Int, mapped: [Int]) -> Int {
        let perStep = array.rows * layout.rowWords
        var last = -1
        for i in first..<first + count {
            let entry = Entry(
                row: work.rowWords + i * perStep, column: work.columnWords + work.steps[i] * work.columnStride,
                rows: work.rows, columns: work.columns)
            let outcome = lanes.dispatch(entry, stride: i == first ? strideToDispatch : 0)
            idleByHolder[heldBy] += outcome.idle
            last = -1
            for kind in mapped {
                let cycle = lastIssue + outcome.done(kind)
                done[kind * array.fifoDepth + entries[kind] % array.fifoDepth] = cycle
                entries[kind] += 1
                entriesQueued += kinds.size(kind)
                last = max(last, cycle)
            }
        }
        entriesBroadcast += count
        return last
    }

    /// Ends the layer: counts the cycles after the PEs' last entries.
    ///
    /// - Returns: the last cycle of the layer.
    mutating func close() -> Int {
        let lastStore = traffic?.close() ?? -1
        let lastDrained = traffic?.drained(pass: pass - 1).cycle ?? drained
        let lastOutput = lastDrained + outputs.latency
        for kind in 0..<PEKinds.count where kinds.size(kind) > 0 { settle(kind: kind, at: lastOutput, holder: .drain) }
        let last = max(lastOutput, lastStore)
        idleByHolder[.dramOutputs] += (last - lastOutput) * array.rows * array.columns
        ledger[.array] += max(0, lastDone - lastIssue)
        ledger[.drain] += lastOutput - max(lastDone, lastIssue)
        ledger[.dramOutputs] += last - lastOutput
        return last
    }

    /// What the PEs dispatched.
    mutating func takeCounts() -> DispatchCounts { lanes.takeCounts() }
}
