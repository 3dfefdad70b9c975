/// A request that waits in a channel.
struct WaitingRequest {
    /// The address in requests.
    var burst = 0
    /// The caller's identification.
    var tag = 0
    /// The order of acceptance.
    var sequence = 0
    /// The cycle of acceptance.
    var accepted = 0
    /// The first cycle in which its bank can issue a command for it.
    var entered = 0
    var row = 0
    var bank = 0
    var isWrite = false
    /// The next request in its bank's waiting list; -1 ends the list.
    var next = -1
    /// The next read of the same burst, which is answered with it; -1 ends the list.
    var twin = -1
}

/// A bank's row and the earliest cycles of its commands.
struct Bank {
    /// The open row; -1 for none.
    var row = -1
    var activate = 0
    var precharge = 0
    var column = 0
    /// Reads and writes since the activate.
    var hits = 0
    /// Requests in the queue.
    var count = 0
    /// The position of the candidate in the queue.
    var candidate = 0
    /// For a conflict that may overtake hits: when it could precharge, its `local` time, and its gate.
    var headPrecharge = 0
    var headLocal = 0
    var headGate = 0
}

/// The recent commands of a rank.
struct Rank {
    /// The last four activates, the oldest first.
    var window = (Int.min / 2, Int.min / 2, Int.min / 2, Int.min / 2)
    var lastActivate = Int.min / 2
    var refreshDue = 0
    /// Open rows.
    var open = 0
    /// The cycle since which no row is open, if none is.
    var closedSince = 0
}

/// One channel's queues and bookings. One decision per request books its precharge, activate and column command along the
/// timeline of its bank, so that the time between decisions costs no work.
///
/// All state is in flat buffers that the channel owns from `init` to `deallocate()`.
struct Channel {
    /// The most banks of a channel: sets of banks are the bits of a word.
    static let maxBanks = 64
    static let write = 1
    static let miss = 2

    let timings: DRAMTimings
    let burst: Int
    let banks: Int
    let groups: Int
    let banksPerGroup: Int
    let rankGroups: Int
    let ranks: Int
    let bankCapacity: Int
    let capacity: (reads: Int, writes: Int)

    /// Per bank.
    let bank: UnsafeMutablePointer<Bank>
    /// Per bank: the earliest cycle of the candidate's column command by the bank's own constraints.
    let local: UnsafeMutablePointer<Int>
    /// Per bank: the index of the candidate's gate.
    let gateOf: UnsafeMutablePointer<Int>
    /// Per bank, `bankCapacity` each: the queue, as indices into `pool`, the oldest first.
    let queue: UnsafeMutablePointer<Int32>
    /// Per (miss, write), rank and group: the earliest column command by constraints between banks.
    let gate: UnsafeMutablePointer<Int>
    /// Per rank and group: the earliest activate.
    let activateGate: UnsafeMutablePointer<Int>
    /// Per rank and group.
    let lastActivateOfGroup: UnsafeMutablePointer<Int>
    /// Per rank and group: the end of the rank's last refresh.
    let refreshEnd: UnsafeMutablePointer<Int>
    /// Per write, rank and group: the last column command.
    let lastColumnOf: UnsafeMutablePointer<Int>
    let rank: UnsafeMutablePointer<Rank>
    /// Per cause: clocks in which the data bus was idle.
    let idle: UnsafeMutablePointer<Int>
    let pool: UnsafeMutablePointer<WaitingRequest>
    let free: UnsafeMutablePointer<Int32>
    var freeCount: Int
    /// Per (write, bank): the waiting list.
    let first: UnsafeMutablePointer<Int32>
    let last: UnsafeMutablePointer<Int32>
    /// Per hash of a burst: pending requests with it, reads then writes.
    let pendingFilter: UnsafeMutablePointer<UInt16>
    static let filterSize = 4096

    /// Banks with work, with space in their queue, with a conflict that may overtake hits.
    var work: UInt64 = 0
    var notFull: UInt64
    var contended: UInt64 = 0
    /// Banks with waiting reads, and writes.
    var waiting: (reads: UInt64, writes: UInt64) = (0, 0)
    var waitingCount: (reads: Int, writes: Int) = (0, 0)

    /// Writes of a drain that have not moved yet; 0 outside drains.
    var draining = 0
    /// Whether no more requests arrive, so that all buffered writes are written.
    var closing = false
    var lastMove = -1
    var lastWriteAccepted = -1
    var lastColumn = 0
    var sequence = 0
    /// The last eight bookings, the last at `served`: cycles of column commands, and banks.
    let recent: UnsafeMutablePointer<(time: Int, bank: Int)>
    var served = 0
    var lastWasWrite = -1
    var nextRefresh: Int

    /// The next decision, while nothing changes: `bestBank` is -1 if there is none.
    var best = Int.max
    var bestBank = -1
    var bestKnown = true

    /// Whether the last accepted request has no command: a pending request serves it too.
    var isMerged = false
    /// The cycle of the last data that was read or written, answers from buffered writes included.
    var lastData = 0
    /// The end of the last burst on the data bus.
    var busFree = 0
    var counters = DRAMCounters()

    init(_ configuration: DRAMConfiguration) {
        let organization = configuration.organization
        burst = organization.burstCycles
        timings = Self.bookable(configuration.timings, burst: burst)
        banks = organization.banks
        groups = organization.bankGroups
        banksPerGroup = organization.banksPerGroup
        ranks = organization.ranks
        rankGroups = ranks * groups
        bankCapacity = configuration.bankQueue
        capacity = (configuration.readQueue, configuration.writeQueue)
        let poolSize = banks * bankCapacity + 2 * capacity.reads + capacity.writes
        bank = Self.make(Bank(), banks)
        local = Self.make(Int.max, banks)
        gateOf = Self.make(0, banks)
        queue = Self.make(0, banks * bankCapacity)
        gate = Self.make(0, 4 * rankGroups)
        activateGate = Self.make(0, rankGroups)
        lastActivateOfGroup = Self.make(Int.min / 2, rankGroups)
        refreshEnd = Self.make(Int.min / 2, rankGroups)
        lastColumnOf = Self.make(Int.min / 2, 2 * rankGroups)
        recent = Self.make((0, -1), 8)
        rank = Self.make(Rank(), ranks)
        idle = Self.make(0, DRAMIdleCause.allCases.count)
        pool = Self.make(WaitingRequest(), poolSize)
        free = Self.make(0, poolSize)
        freeCount = poolSize
        for i in 0..<poolSize { free[i] = Int32(poolSize - 1 - i) }
        first = Self.make(-1, 2 * banks)
        last = Self.make(-1, 2 * banks)
        pendingFilter = Self.make(0, 2 * Self.filterSize)
        notFull = banks == 64 ? ~0 : 1 << UInt64(banks) - 1
        let interval = timings.tREFI / ranks
        for r in 0..<ranks { rank[r].refreshDue = (r + 1) * interval }
        nextRefresh = interval
        for i in 0..<rankGroups {
            for miss in 0..<2 { for op in 0..<2 { gate[(miss * 2 + op) * rankGroups + i] = miss * timings.tRCD } }
        }
    }

    func deallocate() {
        recent.deallocate()
        bank.deallocate()
        local.deallocate()
        gateOf.deallocate()
        queue.deallocate()
        gate.deallocate()
        activateGate.deallocate()
        lastActivateOfGroup.deallocate()
        refreshEnd.deallocate()
        lastColumnOf.deallocate()
        rank.deallocate()
        idle.deallocate()
        pool.deallocate()
        free.deallocate()
        first.deallocate()
        last.deallocate()
        pendingFilter.deallocate()
    }

    /// Timings for bookings: the row cycle for tRC, and no column command within a burst.
    private static func bookable(_ timings: DRAMTimings, burst: Int) -> DRAMTimings {
        var timings = timings
        timings.tRC = timings.rowCycle
        timings.tCCDShort = max(burst, timings.tCCDShort)
        timings.tCCDLong = max(burst, timings.tCCDLong)
        return timings
    }

    private static func make<T>(_ value: T, _ count: Int) -> UnsafeMutablePointer<T> {
        let pointer = UnsafeMutablePointer<T>.allocate(capacity: count)
        pointer.initialize(repeating: value, count: count)
        return pointer
    }
}

/// The progress of time: from one event to the next.
extension Channel {
    /// Performs all events up to `cycle`: moves, refreshes, bookings.
    @inline(__always)
    mutating func advance(to cycle: Int, into completions: inout CompletionQueue) {
        while step(to: cycle, into: &completions) {}
    }

    /// Performs the next event, if it is at or before `horizon`.
    @inline(__always)
    mutating func step(to horizon: Int, into completions: inout CompletionQueue) -> Bool {
        decide()
        let (cycle, list) = nextMove()
        if cycle < best {
            guard cycle <= horizon else { return false }
            move(list, at: cycle)
            return true
        }
        if nextRefresh <= min(best, horizon) {
            if best == Int.max { skipRefreshes(to: horizon) }
            refresh()
            return true
        }
        guard best <= horizon else { return false }
        book(into: &completions)
        return true
    }

    /// The cycle of the next event; nil if nothing waits.
    var nextEvent: Int? {
        mutating get {
            decide()
            let next = min(best, nextMove().cycle)
            return next == Int.max ? nil : next
        }
    }

    /// Advances until a full queue has space; returns that cycle.
    @inline(__always)
    mutating func advanceUntilSpace(forWrites: Bool, into completions: inout CompletionQueue) -> Int {
        let count = forWrites ? waitingCount.writes : waitingCount.reads
        while (forWrites ? waitingCount.writes : waitingCount.reads) == count {
            _ = step(to: Int.max - 1, into: &completions)
        }
        return lastMove
    }

    /// Serves all requests; returns the cycle of the last data.
    mutating func drain(into completions: inout CompletionQueue) -> Int {
        closing = true
        while work != 0 || waitingCount.reads > 0 || waitingCount.writes > 0 {
            _ = step(to: Int.max - 1, into: &completions)
        }
        closing = false
        return lastData
    }

    /// The counters, with closed rows and an idle data bus counted up to `cycle`.
    func counters(at cycle: Int) -> DRAMCounters {
        var counters = counters
        for r in 0..<ranks where rank[r].open == 0 {
            counters.prechargedCycles += max(0, cycle - rank[r].closedSince)
        }
        for cause in DRAMIdleCause.allCases { counters.idle[cause] = idle[cause.rawValue] }
        counters.idle[.noRequest] += max(0, cycle - busFree)
        return counters
    }
}
