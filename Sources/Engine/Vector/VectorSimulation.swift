import Files
import Hardware

/// Runs one operation on the vector unit: operands from DRAM through the input buffer, results through the output buffer (page
/// `VectorUnit`). The array waits.
struct VectorSimulation {
    /// The operation's name.
    let name: String
    let work: VectorWork
    let configuration: Configuration
    /// What runs of the same operation share; nil where there are no others.
    var cache: SimulationCache?

    /// One part of an operation: what is loaded into one place of the input buffer.
    struct Part: Equatable {
        /// Bytes of the operands and of the results.
        let readBytes: Int
        let writtenBytes: Int
        /// Cycles of the lanes.
        let cycles: Int
    }

    /// The parts, each of which fits a place of the input buffer and half of the output buffer.
    var parts: [Part] {
        let rate = configuration.vectorUnit.operationsPerCycle
        let count = count
        return (0..<count).map { index in
            let turns = share(index, work.turns, of: count)
            return Part(
                readBytes: share(index, work.readBytes, of: count),
                writtenBytes: share(index, work.writtenBytes, of: count), cycles: max(1, pieces(turns, rate)))
        }
    }

    /// More parts, and longer operations, than can be kept in memory and counted.
    private static let mostParts = 1 << 24
    private static let mostTurns = 1 << 50

    /// Checks that the operation is not too large to be simulated.
    private func checkSize() throws {
        guard work.turns <= Self.mostTurns else {
            throw InputError("operation \(quoted(name)) takes more than 2^50 operations", at: nil)
        }
        guard count <= Self.mostParts else {
            throw InputError(
                "operation \(quoted(name)) comes in \(count) parts, more than 2^24: a part fits a chunk of the input buffer (\(place) "
                    + "bytes) and half of the output buffer (\(half) bytes); make them larger", at: nil)
        }
    }

    /// Runs the operation.
    ///
    /// - Throws: `InputError` where it is too large; `BrokenLaw` where the result contradicts itself.
    func run() throws -> Activity {
        try checkSize()
        let parts = parts
        var activity = Activity()
        let port = try time(parts, &activity.timing)
        for holder in CycleHolder.allCases {
            guard let kind = holder.idleClass else { continue }
            activity.array.slots[kind] += configuration.multipliers * activity.timing.held[holder]
        }
        count(parts, &activity)
        let compulsory = CompulsoryTraffic(weights: 0, inputs: work.readBytes, outputs: work.writtenBytes)
        activity.memory = MemoryLedger(
            port, compulsory: compulsory, payload: work.readBytes + work.writtenBytes, cycles: activity.cycles,
            configuration: configuration)
        try Laws.check(
            activity, layer: name, configuration: configuration, expectedProducts: 0, compulsory: compulsory,
            burstBytes: configuration.dram.burstBytes)
        return activity
    }

    private var count: Int {
        configuration.dram == .ideal ? 1 : max(1, pieces(work.readBytes, place), pieces(work.writtenBytes, half))
    }

    /// Runs the parts one after the other.
    ///
    /// - Returns: the way to memory; nil where memory is ideal.
    private func time(_ parts: [Part], _ timing: inout TimingLedger) throws -> (any MemoryPort)? {
        let latency = configuration.vectorUnit.latency
        if configuration.dram == .ideal {
            timing.cycles = parts.reduce(latency) { $0 + $1.cycles }
            timing.held[.vectorUnit] = timing.cycles
            return nil
        }
        let loads = parts.indices.map {
            Load(operand: .inputs, channelGroup: 0, chunk: $0, bytes: parts[$0].readBytes, deadline: $0)
        }
        let port = try configuration.dram.port(loads: loads, clock: configuration.clock, cache: cache)
        var memory = LayerMemory(
            inputs: loads, places: places, outputCapacity: configuration.outputBuffer.capacity.count, pipeline: latency,
            port: port)
        // The first cycle in which the lanes are free.
        var free = 0
        for (index, part) in parts.enumerated() {
            let arrived = memory.arrival(.inputs, load: index, byte: part.readBytes - 1) + 1
            // The results of one part may wait in the unit for space.
            let room = index < 2 ? 0 : memory.drained(pass: index - 2).cycle + 1
            let start = max(free, arrived, room)
            timing.held[arrived >= room ? .dramInputs : .dramOutputs] += start - free
            free = start + part.cycles
            timing.held[.vectorUnit] += part.cycles
            memory.free(.inputs, load: index, from: free)
            memory.finish(at: free - 1, unitCycles: 0, bytes: part.writtenBytes)
        }
        let drained = memory.drained(pass: parts.count - 1).cycle
        timing.cycles = max(drained, memory.close()) + 1
        timing.held[.vectorUnit] += min(latency, timing.cycles - free)
        timing.held[.dramOutputs] += max(0, timing.cycles - free - latency)
        return port
    }

    /// Counts what timing has no part in.
    private func count(_ parts: [Part], _ activity: inout Activity) {
        activity.vector.operations = work.operations
        (activity.vector.valuesRead, activity.vector.valuesWritten) = (work.read, work.written)
        activity.vector.turns = work.turns
        let port = configuration.port(configuration.inputBuffer).count
        activity.inputs.moved = work.readCount
        activity.inputs.movedIndexBits = work.readIndexBits
        activity.inputs.readIndexBits = work.readIndexBits
        activity.inputs.loadedBytes = work.readBytes
        activity.inputs.compulsoryBytes = work.readBytes
        activity.inputs.bufferReadBytes = work.readBytes
        activity.outputs.values = work.written
        activity.outputs.bytes = work.writtenBytes
        activity.outputs.indexBits = work.writtenIndexBits
        if !configuration.mapping.activationStorage.keepsZeros { activity.outputs.encoded = work.writtenCount }
        for part in parts {
            activity.inputs.bufferWrites += pieces(part.readBytes, port)
            activity.outputs.bufferWrites += pieces(part.writtenBytes, configuration.outputPort.count)
        }
        activity.inputs.bufferReads = activity.inputs.bufferWrites
    }

    /// Bytes of a place of the buffer through which operands come.
    private var place: Int { configuration.chunkSize(configuration.inputBuffer).count }

    /// Places of this buffer: of a shared one all are the inputs'.
    private var places: Int {
        let capacity =
            configuration.sharedBanks.map { $0.count * $0.bank.count } ?? configuration.inputBuffer.capacity.count
        return max(1, capacity / place)
    }

    private var half: Int { max(1, configuration.outputBuffer.capacity.count / 2) }

    private func pieces(_ amount: Int, _ size: Int) -> Int { (amount + size - 1) / size }

    /// What part `index` of `count` has of an amount: all parts differ by one at most, the first ones have more.
    private func share(_ index: Int, _ amount: Int, of count: Int) -> Int {
        amount / count + (index < amount % count ? 1 : 0)
    }
}
