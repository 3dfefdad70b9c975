import DRAM
import Hardware

/// A DRAM whose answers are taken from other runs, as long as one of them began the same transfers at the same times.
///
/// What a memory decides in a clock depends on what was offered before it. So an answer of a log holds where all transfers
/// that the log began before its decision have begun here too, and no other may. Where the transfers differ from all logs, a memory
/// is set up with those that have begun, and continues. Either way the answers are those of a separate memory.
final class SharedDRAMPort: MemoryPort {
    private let key: TransferKey
    private let operands: [Operand]
    private let cache: SimulationCache
    private let transfers: KnownTransfers
    private let known: [FinishedTransfers]
    private let ratio: ClockRatio
    private let channels: Int
    /// Memory clocks from the decision on a read to its data. Loads and stores lie in different rows, so that no read is
    /// answered by a buffered write.
    private let latency: Int

    /// The log that is followed, and how many of its transfers have begun.
    private var followed: FinishedTransfers?
    private var begun = 0
    /// The memory that answers where no log does.
    private var live: DRAMPort?
    private var begins: [Int]
    /// The memory clock in which the burst that was asked for last was decided on.
    private var decision = 0
    private var place = TransferLog.Place()
    private var written = 0
    private var bytesOfLoads = [0, 0]

    init(_ key: TransferKey, operands: [Operand], cache: SimulationCache) throws {
        self.key = key
        self.operands = operands
        self.cache = cache
        transfers = try cache.transfers(key)
        known = transfers.all
        ratio = ClockRatio(memoryPeriod: key.memory.clockPeriod, clock: key.clock)
        channels = key.memory.organization.channels
        latency = key.memory.readLatency
        begins = [Int](repeating: 0, count: operands.count)
        followed = known.first
    }

    var free: Int { live?.free ?? ratio.acceleratorFloor(place.offered < channels ? place.clock : place.clock + 1) }

    func begin(load: Int, at cycle: Int) {
        begins[load] = cycle
        if let live { return live.begin(load: load, at: cycle) }
        begin(load: load, bytes: key.layout.bytes[load], at: cycle)
    }

    func store(bytes: Int, at cycle: Int) -> Int {
        if let live { return live.store(bytes: bytes, at: cycle) }
        begin(load: nil, bytes: bytes, at: cycle)
        return ratio.accelerator(place.clock)
    }

    func arrival(load: Int, byte: Int) -> Int? {
        if byte < 0 { return begins[load] }
        if let live { return live.arrival(load: load, byte: byte) }
        guard let followed else { return nil }
        let arrival = followed.arrival(burst: key.layout.burst(ofLoad: load, byte: byte))
        decision = arrival - latency
        // What has been decided by now, on what has begun by now.
        guard decision <= place.clock, isBeforeNext(decision) else { return nil }
        return ratio.accelerator(arrival)
    }

    func decide(before cycle: Int?) -> Bool {
        if let live { return live.decide(before: cycle) }
        guard let log = followed?.log else { return goOnAlone().decide(before: cycle) }
        let own = cycle.map(ratio.memory) ?? .max
        if isBeforeNext(decision) {
            guard decision < own else { return false }
            place.move(to: decision)
            return true
        }
        // The log knows it after further transfers: one that begins here by then is compared with the log's.
        if own <= log.transfers[begun].begin.clock { return false }
        return goOnAlone().decide(before: cycle)
    }

    func finish() -> Int {
        if let live { return live.finish() }
        guard let followed, begun == followed.log.transfers.count else { return goOnAlone().finish() }
        place.move(to: followed.end)
        return followed.log.transfers.contains { $0.load == nil } ? ratio.accelerator(followed.end) : -1
    }

    func commands(through cycle: Int) -> (counters: DRAMCounters, clocks: Int)? {
        if live == nil, let followed {
            let clocks = max(followed.end, ratio.memory(cycle + 1))
            if clocks == followed.clocks {
                cache.countReplay()
                return (followed.counters, clocks)
            }
            _ = goOnAlone().finish()
        }
        guard let live, let commands = live.commands(through: cycle) else { return nil }
        if let finished = live.finished(clocks: commands.clocks, counters: commands.counters) {
            cache.keep(finished, in: transfers, of: key)
        }
        return commands
    }

    func bytesRead(_ operand: Operand) -> Int {
        live?.bytesRead(operand) ?? bytesOfLoads[operand.rawValue]
    }

    var bytesWritten: Int { live?.bytesWritten ?? written }

    /// Whether the followed log decides in a clock before the next of its transfers begins.
    @inline(__always)
    private func isBeforeNext(_ decision: Int) -> Bool {
        guard let log = followed?.log, begun < log.transfers.count else { return true }
        return decision < log.transfers[begun].begin.clock
    }

    /// Begins a transfer: in the log that is followed, in another one that is the same up to here, or in a memory.
    private func begin(load: Int?, bytes: Int, at cycle: Int) {
        var begin = place
        begin.move(to: ratio.memory(cycle))
        let transfer = TransferLog.Transfer(load: load, bytes: bytes, begin: begin)
        guard let log = log(goingOnWith: transfer) else {
            let alone = goOnAlone()
            alone.begin(transfer)
            place = alone.place
            return
        }
        let outcome = log.outcomes[begun]
        begun += 1
        place = outcome.end
        if let load { bytesOfLoads[operands[load].rawValue] += outcome.moved } else { written += outcome.moved }
    }

    private func log(goingOnWith transfer: TransferLog.Transfer) -> TransferLog? {
        func goesOn(_ log: TransferLog) -> Bool { begun < log.transfers.count && log.transfers[begun] == transfer }
        guard let log = followed?.log else { return nil }
        if goesOn(log) { return log }
        guard let other = known.first(where: { goesOn($0.log) && $0.log.begins(log, first: begun) }) else { return nil }
        followed = other
        return other.log
    }

    /// Sets up a memory with all that has begun.
    private func goOnAlone() -> DRAMPort {
        let port = DRAMPort(key.memory, layout: key.layout, operands: operands, clock: key.clock)
        for transfer in (followed?.log.transfers ?? [])[..<begun] { port.begin(transfer) }
        port.place.move(to: place.clock)
        live = port
        followed = nil
        return port
    }
}
