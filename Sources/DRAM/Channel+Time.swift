/// How a channel gets from one thing that happens to the next.
extension Channel {
    /// Does everything that happens up to `cycle`: moves, refreshes, bookings.
    @inline(__always)
    mutating func advance(to cycle: Int, into completions: inout CompletionQueue) {
        while step(to: cycle, into: &completions) {}
    }

    /// Does the next thing, if it happens up to `horizon`.
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

    /// The cycle of the next thing; nil where nothing waits.
    var nextEvent: Int? {
        mutating get {
            decide()
            let next = min(best, nextMove().cycle)
            return next == Int.max ? nil : next
        }
    }

    /// Goes on until a full queue has a place; the cycle of it.
    @inline(__always)
    mutating func advanceUntilRoom(forWrites: Bool, into completions: inout CompletionQueue) -> Int {
        let count = forWrites ? waitingCount.writes : waitingCount.reads
        while (forWrites ? waitingCount.writes : waitingCount.reads) == count {
            _ = step(to: Int.max - 1, into: &completions)
        }
        return lastMove
    }

    /// Serves everything; the cycle in which the last data has been read or written.
    mutating func drain(into completions: inout CompletionQueue) -> Int {
        closing = true
        while work != 0 || waitingCount.reads > 0 || waitingCount.writes > 0 {
            _ = step(to: Int.max - 1, into: &completions)
        }
        closing = false
        return lastData
    }

    /// The counters, with the time in which rows are closed and the data bus is idle up to `cycle`.
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
