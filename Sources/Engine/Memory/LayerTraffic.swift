import Hardware

/// What of a layer comes from DRAM, and when each bundle's share of it is on chip.
struct LayerTraffic {
    private let loads: [Load]
    private let inputs: [InputSizes]
    private let groupings: [Grouping]
    private let layout: StepLayout
    private let recorder: TimelineRecorder?
    private(set) var memory: LayerMemory
    /// The transform between DRAM and the buffer; nil where pixels or masks are stored as they come.
    private var transform: InputTransformQueue?
    /// Loads of inputs whose jobs have not all entered the transform, in order.
    private var waiting: [Int]
    private var nextWaiting = 0
    /// The slices of channels of the current load, in the order of their first steps, and the index of each.
    private var slices: [Int] = []
    private var places: [Int] = []
    /// Its groups and slices whose jobs have entered.
    private var entered = 0
    /// By load, group and slice: when its jobs are in the buffer.
    private var ready: [Int: [InputTransformQueue.Ready]] = [:]

    init(
        plan: LoadPlan, groups: [ChannelGroup], layout: StepLayout, port: any MemoryPort, transforms: Bool,
        configuration: Configuration, recorder: TimelineRecorder?
    ) {
        self.recorder = recorder
        loads = plan.loads
        inputs = groups.map(\.inputSizes)
        groupings = groups.map(\.grouping)
        self.layout = layout
        memory = LayerMemory(loads: plan.loads, port: port, configuration: configuration, recorder: recorder)
        transform = transforms ? InputTransformQueue(configuration.inputTransform) : nil
        waiting = plan.loads.indices.filter { plan.loads[$0].operand == .inputs }
    }

    /// Tiles of one channel that went through the transform.
    var jobs: Int { transform?.jobs ?? 0 }

    /// The cycle in which the weights of a bundle's steps are on chip.
    mutating func weightsReady(_ pass: PlannedPass, steps: ArraySlice<Int>) -> Int {
        arrival(pass.loads.weights, group: pass.rowGroup, steps: steps)
    }

    /// When the inputs of a bundle's steps are in the buffer, and whether they waited for the transform.
    mutating func inputsReady(_ pass: PlannedPass, steps: ArraySlice<Int>) -> InputTransformQueue.Ready {
        let used = pass.loads.inputs
        guard transform != nil else {
            return InputTransformQueue.Ready(cycle: arrival(used, group: pass.columnGroup, steps: steps))
        }
        var latest = InputTransformQueue.Ready()
        for load in used {
            for step in steps where loads[load].steps.contains(step) {
                let done = jobs(of: load, group: pass.columnGroup, slice: layout.slice(ofStep: step))
                if done.cycle >= latest.cycle { latest = done }
            }
        }
        return latest
    }

    /// A bundle of a pass has been issued: the halves of buffers whose loads are not read any more are free.
    mutating func issued(_ pass: PlannedPass, index: Int, bundle: Int, at cycle: Int) {
        for operand in Operand.allCases {
            for load in pass.loads[operand] where loads[load].lastPass == index && loads[load].lastBundle == bundle {
                memory.free(load: load, from: cycle + 1)
            }
        }
    }

    /// All entries of a pass are done.
    mutating func finished(_ pass: PlannedPass, index: Int, at cycle: Int, unitCycles: Int, bytes: Int) {
        for operand in Operand.allCases {
            for load in pass.loads[operand] where loads[load].lastPass == index && loads[load].waitsForPass {
                memory.free(load: load, from: cycle + 1)
            }
        }
        memory.finish(at: cycle, unitCycles: unitCycles, bytes: bytes)
    }

    /// When a pass was drained, and whether it waited for space in the output buffer.
    mutating func drained(pass: Int) -> (cycle: Int, waited: Bool) { memory.drained(pass: pass) }

    /// Ends the layer's traffic.
    ///
    /// - Returns: the cycle in which the last store was accepted.
    mutating func close() -> Int { memory.close() }

    private mutating func arrival(_ used: [Int], group: Int, steps: ArraySlice<Int>) -> Int {
        var latest = -1
        for load in used {
            guard let last = steps.last(where: { loads[load].steps.contains($0) }) else { continue }
            let byte = loads[load].bytes(through: last, group: group) - 1
            latest = max(latest, memory.arrival(load: load, byte: byte))
        }
        return latest
    }

    /// When the jobs of one slice of channels of a column group are in the buffer.
    private mutating func jobs(of load: Int, group: Int, slice: Int) -> InputTransformQueue.Ready {
        while nextWaiting < waiting.count, waiting[nextWaiting] < load { enterJobs(of: waiting[nextWaiting]) }
        let index = group - loads[load].groups.lowerBound
        while nextWaiting < waiting.count, waiting[nextWaiting] == load {
            if ready[load] != nil && entered > index * slices.count + places[slice] { break }
            enterJobs(of: load)
        }
        return ready[load]?[index * layout.slices + slice] ?? InputTransformQueue.Ready()
    }

    /// Enters the jobs of the next slice of channels of the current load, and advances.
    private mutating func enterJobs(of index: Int) {
        let load = loads[index]
        if ready[index] == nil { begin(load, index: index) }
        let groupIndex = entered / slices.count
        let slice = slices[entered % slices.count]
        let first = load.steps.first { layout.slice(ofStep: $0) == slice } ?? load.steps.lowerBound
        var bits = load.movedBits[groupIndex][first - load.steps.lowerBound]
        var done = InputTransformQueue.Ready()
        let tiles = groupings[load.channelGroup].tiles(ofColumnGroup: load.groups.lowerBound + groupIndex)
        let sizes = inputs[load.channelGroup]
        for tile in tiles {
            for channel in 0..<layout.channels(ofSlice: slice) {
                bits += sizes.ownedBits(tile: tile, slice: slice, channel: channel)
                let byte = load.offsets[groupIndex] + Bytes.holding(bits: bits).count - 1
                transform?.enter(arrived: memory.arrival(load: index, byte: byte), into: &done)
            }
        }
        ready[index]?[groupIndex * layout.slices + slice] = done
        if let busy = transform?.takeBusy() {
            recorder?.add(
                "input transform", "tiles \(tiles.lowerBound) to \(tiles.upperBound - 1), channels of slice \(slice)",
                busy.start,
                busy.end)
        }
        entered += 1
        if entered == slices.count * load.groups.count {
            entered = 0
            nextWaiting += 1
        }
    }

    /// Prepares for the jobs of a load; loads older than the one before it are not read any more.
    private mutating func begin(_ load: Load, index: Int) {
        slices = []
        places = Array(repeating: -1, count: layout.slices)
        for step in load.steps where places[layout.slice(ofStep: step)] < 0 {
            places[layout.slice(ofStep: step)] = slices.count
            slices.append(layout.slice(ofStep: step))
        }
        let recent = waiting[max(0, nextWaiting - 2)...nextWaiting]
        ready = ready.filter { recent.contains($0.key) }
        ready[index] = Array(repeating: InputTransformQueue.Ready(), count: load.groups.count * layout.slices)
    }
}
