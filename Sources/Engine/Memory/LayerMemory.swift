import Hardware

/// The traffic of one layer: which load or store begins when, and when the output buffer has space.
///
/// Decisions are taken in the order of time, and only as far as the array waits for their outcome: whatever is not known yet
/// is caused by a bundle that has not been issued, and lies after what the array waits for.
struct LayerMemory {
    private let loads: [Load]
    private let port: any MemoryPort
    private let capacity: Int
    private let pipeline: Int
    private let outputLatency: Int
    private let recorder: TimelineRecorder?

    private var begun = 0
    /// By load, the cycle from which its place may be taken; nil while it is not known.
    private var freed: [Int?]

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

    init(loads: [Load], port: any MemoryPort, configuration: Configuration, recorder: TimelineRecorder?) {
        self.recorder = recorder
        self.loads = loads
        self.port = port
        capacity = configuration.outputBuffer.capacity.count
        pipeline = configuration.peArray.pipeline
        outputLatency = configuration.outputTransform.latency
        freed = loads.map { $0.lastBundle == nil && !$0.waitsForPass ? 0 : nil }
    }

    // MARK: What the array tells

    /// A load's place may be taken from a cycle on.
    mutating func free(load: Int, from cycle: Int) { freed[load] = cycle }

    /// All entries of the next pass are done.
    mutating func finish(at cycle: Int, unitCycles: Int, bytes: Int) {
        finished.append((cycle, unitCycles, bytes))
        bytesBefore.append((bytesBefore.last ?? 0) + bytes)
    }

    // MARK: What the array asks

    /// The cycle in which a byte of a load arrives.
    mutating func arrival(load: Int, byte: Int) -> Int {
        while true {
            if begun > load, let cycle = port.arrival(load: load, byte: byte) { return cycle }
            settleDrains()
            if begun > load && port.decide(before: nextTransfer()?.cycle) { continue }
            guard beginNext() else { preconditionFailure("load \(load) waits for itself") }
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

    /// Loads from their beginning to their last byte, the data on its way, and the places that they held.
    private func recordLoads(end: Int) {
        guard let recorder else { return }
        var numbers = [0, 0]
        for (index, load) in loads.enumerated() where load.bytes > 0 {
            let operand = load.operand == .weights ? "weight" : "input"
            let number = numbers[load.operand.rawValue]
            numbers[load.operand.rawValue] += 1
            guard let begin = port.arrival(load: index, byte: -1),
                let last = port.arrival(load: index, byte: load.bytes - 1)
            else { continue }
            let name = "\(operand) groups \(load.groups.lowerBound) to \(load.groups.upperBound - 1)"
            recorder.add("\(operand) loads, place \(number % 2)", name, begin, last, bytes: load.bytes)
            record(recorder, "DRAM reads", name, from: begin, to: last, bytes: load.bytes)
            let freed = max(begin, (freed[index] ?? end + 1) - 1)
            recorder.hold("\(operand) buffer", unit: "B", begin, freed, value: Double(load.bytes))
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

    /// The next transfer and its first cycle, as far as it is known: a load that waits goes before a store.
    private func nextTransfer() -> (cycle: Int, isLoad: Bool)? {
        var load: Int?
        if begun < loads.count {
            let from = loads[begun].replaces.map { freed[$0] } ?? 0
            load = from.map { max($0, port.free) }
        }
        let pass = accepted.count
        let store = pass < drains.count ? max(drains[pass].cycle + outputLatency + 1, port.free) : nil
        if let load, load <= store ?? .max { return (load, true) }
        return store.map { ($0, false) }
    }

    /// Begins the next transfer.
    ///
    /// - Returns: false where none is known.
    private mutating func beginNext() -> Bool {
        guard let next = nextTransfer() else { return false }
        if next.isLoad {
            port.begin(load: begun, at: next.cycle)
            begun += 1
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
