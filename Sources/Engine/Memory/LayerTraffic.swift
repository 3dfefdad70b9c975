import Hardware

/// What of a layer comes from DRAM, and when each bundle's share of it is on chip.
struct LayerTraffic {
    private let plan: LoadPlan
    /// By channel group, its operands in chunks.
    private let chunks: [GroupPlan]
    private let layout: StepLayout
    private var memory: LayerMemory
    /// The transform between DRAM and the buffer; nil where pixels or masks are stored as they come.
    private var jobs: InputTransformJobs?
    /// The uses of the current pass among those of each operand: from the first that may still be in use to the first that is not yet.
    private var inUse = PerOperand(weights: 0..<0, inputs: 0..<0)

    init(
        plan: LoadPlan, groups: [ChannelGroup], chunks: [GroupPlan], layout: StepLayout, memory: LayerMemory,
        transform: InputTransformQueue?, recorder: TimelineRecorder?
    ) {
        self.plan = plan
        self.chunks = chunks
        self.layout = layout
        self.memory = memory
        jobs = transform.map {
            InputTransformJobs(
                $0, loads: plan.loads.inputs, groups: groups, chunks: chunks.map(\.inputs), layout: layout,
                recorder: recorder)
        }
    }

    /// Tiles of one channel that went through the transform.
    var tilesTransformed: Int { jobs?.count ?? 0 }

    /// Begins a pass.
    mutating func begin(_ pass: PlannedPass) {
        inUse = pass.uses.map { $0.lowerBound..<$0.lowerBound }
    }

    /// The cycle in which the weights of a bundle of the current pass are on chip.
    mutating func weightsReady(_ pass: PlannedPass, bundle: Int) -> Int {
        moveOn(.weights, pass, to: bundle)
        let weights = chunks[pass.channelGroup].weights
        var latest = -1
        for index in inUse.weights where Int(plan.uses.weights[index].last) >= bundle {
            let use = plan.uses.weights[index]
            let chunk = weights.table.chunks[Int(use.chunk)]
            let needed = min(weights.ends[pass.rowGroup][bundle] - chunk.start, chunk.bytes)
            latest = max(latest, memory.arrival(.weights, load: Int(use.load), byte: needed - 1))
        }
        return latest
    }

    /// When the inputs of a bundle's steps are in the buffer, and whether they waited for the transform.
    mutating func inputsReady(
        _ pass: PlannedPass, bundle: Int, steps: ArraySlice<Int>
    ) -> InputTransformQueue.Ready {
        moveOn(.inputs, pass, to: bundle)
        let inputs = chunks[pass.channelGroup].inputs
        var latest = InputTransformQueue.Ready()
        for step in steps {
            let slice = layout.slice(ofStep: step)
            let chunk = inputs.chunk(group: pass.columnGroup, slice: slice)
            guard let load = load(of: chunk, bundle: bundle) else { preconditionFailure("chunk \(chunk) has no load") }
            let place = inputs.place(of: slice, in: chunk)
            if let done = jobs?.ready(load, place: place, memory: &memory) {
                if done.cycle >= latest.cycle { latest = done }
            } else {
                let byte = inputs.bytes(of: chunk, through: step) - 1
                latest.cycle = max(latest.cycle, memory.arrival(.inputs, load: load, byte: byte))
            }
        }
        return latest
    }

    /// A bundle of the current pass has been issued: the places of loads that no later bundle uses are free.
    mutating func issued(bundle: Int, at cycle: Int) {
        for operand in Operand.allCases {
            for index in inUse[operand] {
                let use = plan.uses[operand][index]
                if use.isLast && Int(use.last) == bundle { memory.free(operand, load: Int(use.load), from: cycle + 1) }
            }
        }
    }

    /// All entries of a pass are done.
    mutating func finished(at cycle: Int, unitCycles: Int, bytes: Int) {
        memory.finish(at: cycle, unitCycles: unitCycles, bytes: bytes)
    }

    /// When a pass was drained, and whether it waited for space in the output buffer.
    mutating func drained(pass: Int) -> (cycle: Int, waited: Bool) { memory.drained(pass: pass) }

    /// Ends the layer's traffic.
    ///
    /// - Returns: the cycle in which the last store was accepted.
    mutating func close() -> Int { memory.close() }

    /// Moves the uses of an operand on to a bundle.
    private mutating func moveOn(_ operand: Operand, _ pass: PlannedPass, to bundle: Int) {
        var (first, next) = (inUse[operand].lowerBound, inUse[operand].upperBound)
        let end = pass.uses[operand].upperBound
        plan.uses[operand].withUnsafeBufferPointer { uses in
            while next < end, Int(uses[next].first) <= bundle { next += 1 }
            while first < next, Int(uses[first].last) < bundle { first += 1 }
        }
        inUse[operand] = first..<next
    }

    /// The load that brought a chunk of inputs which the bundle uses.
    private func load(of chunk: Int, bundle: Int) -> Int? {
        for index in inUse.inputs {
            let use = plan.uses.inputs[index]
            if Int(use.chunk) == chunk && Int(use.last) >= bundle { return Int(use.load) }
        }
        return nil
    }
}
