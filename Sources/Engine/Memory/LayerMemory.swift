import Hardware

/// The traffic of one layer: which load or store begins when, and when the output buffer has space.
///
/// Decisions are taken in the order of time, and only as far as the array waits for their outcome: whatever is not known yet
/// is caused by a bundle that has not been issued, and lies after what the array waits for.
struct LayerMemory {
    /// By operand, its loads in order, and the places of its buffer.
    private let loads: PerOperand<[Load]>
    private let places: PerOperand<Int>
    /// By pass, the bundle that a load must not be for to let its store go first.
    private let deadlines: [Int]
    private let port: any MemoryPort
    private let capacity: Int
    private let pipeline: Int
    private let outputLatency: Int
    private let recorder: TimelineRecorder?

    /// Loads that have begun.
    private var begun = PerOperand(weights: 0, inputs: 0)
    /// The cycles from which places may be taken again, in order.
    private var freed = PerOperand<[Int]>(weights: [], inputs: [])
    /// By load, the cycle from which its place was free; kept for the timeline.
    private var ends = PerOperand<[Int: Int]>(weights: [:], inputs: [:])

    /// By pass: the cycle in which it was finished, the cycles its pairs take in the output units, and its bytes.
    private var finished: [(cycle: Int, units: Int, bytes: Int)] = []
    /// By pass: when it was drained, and whether it waited for space.
    private var drains: [(cycle: Int, waited: Bool)] = []
    /// By pass: the cycle in which its last byte was accepted.
    private var accepted: [Int] = []
    /// Bytes of all passes before each.
    private var bytesBefore = [0]
    /// The first pass whose bytes still take space when the current pass drains.
    private var oldest = 0

    /// - Parameter places: places of the buffers.
    init(
        _ plan: LoadPlan, places: PerOperand<Int>, port: any MemoryPort, configuration: Configuration,
        recorder: TimelineRecorder?
    ) {
        self.recorder = recorder
        loads = plan.loads
        self.places = places
        let sets = configuration.peArray.accumulatorSets
        deadlines = plan.passes.indices.map { $0 + sets < plan.passes.count ? plan.firstBundle[$0 + sets] : .max }
        self.port = port
        capacity = configuration.outputBuffer.capacity.count
        pipeline = configuration.peArray.pipeline
        outputLatency = configuration.outputTransform.latency
    }

    /// The traffic of one operation of the vector unit: part by part a load, and a pass whose results wait for space.
    ///
    /// - Parameter pipeline: cycles from a part's last operand to its last result.
    init(inputs: [Load], places: Int, outputCapacity: Int, pipeline: Int, port: any MemoryPort) {
        recorder = nil
        loads = PerOperand(weights: [], inputs: inputs)
        self.places = PerOperand(weights: 0, inputs: places)
        // The part after the next one waits until the results of a part have space.
        deadlines = inputs.indices.map { $0 + 2 < inputs.count ? $0 + 2 : .max }
        self.port = port
        capacity = outputCapacity
        self.pipeline = pipeline
        outputLatency = 0
    }

    // MARK: What the array tells

    /// The place of a load may be taken from a cycle on, which is no earlier than that of the call before.
    mutating func free(_ operand: Operand, load: Int, from cycle: Int) {
        freed.update(operand) { $0.append(cycle) }
        if recorder != nil { ends.update(operand) { $0[load] = cycle } }
    }

    /// All entries of the next pass are done.
    mutating func finish(at cycle: Int, unitCycles: Int, bytes: Int) {
        finished.append((cycle, unitCycles, bytes))
        bytesBefore.append((bytesBefore.last ?? 0) + bytes)
    }

    // MARK: What the array asks

    /// The cycle in which a byte of a load arrives.
    mutating func arrival(_ operand: Operand, load: Int, byte: Int) -> Int {
        let number = number(operand, load)
        while true {
            let hasBegun = begun[operand] > load
            if hasBegun, let cycle = port.arrival(load: number, byte: byte) { return cycle }
            settleDrains()
            if hasBegun && port.decide(before: nextTransfer()?.cycle) { continue }
            guard beginNext() else { preconditionFailure("load \(load) of \(operand) waits for itself") }
        }
    }

    /// When a pass was drained, and whether it waited for space in the output buffer.
    mutating func drained(pass: Int) -> (cycle: Int, waited: Bool) {
        if pass < 0 { return (-1, false) }
        while true {
            settleDrains()
            if drains.count > pass { return drains[pass] }
            guard beginNext() else { preconditionFailure("pass \(pass) waits for itself") }
        }
    }

    /// Runs all stores, and the loads that nothing waited for.
    ///
    /// - Returns: the cycle in which the last store ended; -1 without stores.
    mutating func close() -> Int {
        repeat { settleDrains() } while beginNext()
        let end = port.finish()
        recordLoads(end: max(end, drains.last?.cycle ?? -1))
        return end
    }

    /// The number of a load of an operand among those of the port: weights come first.
    @inline(__always)
    private func number(_ operand: Operand, _ load: Int) -> Int {
        operand == .weights ? load : loads.weights.count + load
    }

    /// Loads from their beginning to their last byte, the data on its way, and the places that they held.
    private func recordLoads(end: Int) {
        guard let recorder else { return }
        for operand in Operand.allCases {
            let name = operand == .weights ? "weight" : "input"
            // The last cycles of the loads that are drawn side by side.
            var lanes: [Int] = []
            for (index, load) in loads[operand].enumerated() where load.bytes > 0 {
                guard let begin = port.arrival(load: number(operand, index), byte: -1),
                    let last = port.arrival(load: number(operand, index), byte: load.bytes - 1)
                else { continue }
                let text = "\(name) chunk \(load.chunk)"
                let lane = lanes.firstIndex { $0 < begin } ?? lanes.count
                if lane == lanes.count { lanes.append(last) } else { lanes[lane] = last }
                recorder.add("\(name) loads, \(lane)", text, begin, last, bytes: load.bytes)
                record(recorder, "DRAM reads", text, from: begin, to: last, bytes: load.bytes)
                let freed = max(begin, (ends[operand][index] ?? end + 1) - 1)
                recorder.hold("\(name) buffer", unit: "B", begin, freed, value: Double(load.bytes))
            }
        }
    }

    /// Data on its way, and the bandwidth that it takes.
    private func record(
        _ recorder: TimelineRecorder, _ track: String, _ name: String, from start: Int, to end: Int, bytes: Int
    ) {
        recorder.add(track, name, start, end, bytes: bytes)
        recorder.hold(track, unit: "B/cycle", start, end, value: Double(bytes) / Double(end - start + 1))
    }

    // MARK: The order of events

    /// Drains all finished passes whose space is known.
    private mutating func settleDrains() {
        while drains.count < finished.count {
            let pass = drains.count
            while bytesBefore[pass + 1] - bytesBefore[oldest] > capacity {
                guard oldest < accepted.count else { return }
                oldest += 1
            }
            let room = oldest == 0 ? -1 : accepted[oldest - 1]
            let ready = max(finished[pass].cycle + pipeline, drains.last?.cycle ?? -1)
            let start = max(ready, room)
            drains.append((start + finished[pass].units, room > ready))
            recorder?.add("drains", "drain of pass \(pass)", start + 1, start + finished[pass].units)
            recorder?.change("output buffer", unit: "B", at: start + 1, by: Double(finished[pass].bytes))
        }
    }

    /// A transfer that may begin.
    private enum Transfer {
        case load(Operand)
        case store
    }

    /// The next transfer and its first cycle, as far as it is known: of several that wait, the one with the earliest deadline.
    private func nextTransfer() -> (cycle: Int, transfer: Transfer)? {
        let free = port.free
        var best: (cycle: Int, deadline: Int, transfer: Transfer)?
        func consider(from cycle: Int, deadline: Int, _ transfer: Transfer) {
            let cycle = max(cycle, free)
            if let best, (best.cycle, best.deadline) <= (cycle, deadline) { return }
            best = (cycle, deadline, transfer)
        }
        for operand in Operand.allCases where begun[operand] < loads[operand].count {
            let reused = begun[operand] - places[operand]
            if reused < freed[operand].count {
                consider(
                    from: reused < 0 ? 0 : freed[operand][reused],
                    deadline: loads[operand][begun[operand]].deadline, .load(operand))
            }
        }
        let pass = accepted.count
        if pass < drains.count {
            consider(from: drains[pass].cycle + outputLatency + 1, deadline: deadlines[pass], .store)
        }
        return best.map { ($0.cycle, $0.transfer) }
    }

    /// Begins the next transfer.
    ///
    /// - Returns: false where none is known.
    private mutating func beginNext() -> Bool {
        guard let next = nextTransfer() else { return false }
        if case .load(let operand) = next.transfer {
            port.begin(load: number(operand, begun[operand]), at: next.cycle)
            begun[operand] += 1
            return true
        }
        let pass = accepted.count
        let bytes = finished[pass].bytes
        accepted.append(bytes == 0 ? accepted.last ?? -1 : port.store(bytes: bytes, at: next.cycle))
        if let recorder, let end = accepted.last, bytes > 0 {
            record(recorder, "DRAM writes", "outputs of pass \(pass)", from: next.cycle, to: end, bytes: bytes)
            recorder.add("stores", "store of pass \(pass)", next.cycle, end, bytes: bytes)
            recorder.change("output buffer", unit: "B", at: end + 1, by: -Double(bytes))
        }
        return true
    }
}
