/// Acceptance of requests, and their move to the banks.
extension Channel {
    /// Buffered writes above which a drain starts when all banks are idle.
    static var drainWhenIdle: Int { 8 }

    @inline(__always)
    static func hash(_ burst: Int, isWrite: Bool) -> Int {
        (burst ^ burst &>> 12 ^ burst &>> 24) & (filterSize - 1) | (isWrite ? filterSize : 0)
    }

    /// Accepts a request at `cycle`, to which the channel has been advanced; false if its queue is full.
    @inline(__always)
    mutating func accept(
        _ location: DRAMLocation, isWrite: Bool, tag: Int, at cycle: Int, into completions: inout CompletionQueue
    ) -> Bool {
        if isWrite ? waitingCount.writes >= capacity.writes : waitingCount.reads >= capacity.reads { return false }
        isMerged = false
        if pendingFilter[Self.hash(location.burst, isWrite: true)] > 0,
            pending(location.burst, of: location.bank, isWrite: true) >= 0
        {
            // The buffered write answers the read, or is overwritten.
            isMerged = true
            if !isWrite {
                completions.append(DRAMCompletion(tag: tag, cycle: cycle + 1))
                lastData = max(lastData, cycle + 1)
            }
            return true
        }
        var twin = -1
        if !isWrite, pendingFilter[Self.hash(location.burst, isWrite: false)] > 0 {
            twin = pending(location.burst, of: location.bank, isWrite: false)
            if freeCount <= capacity.reads + capacity.writes { twin = -1 }
        }
        freeCount -= 1
        let index = Int(free[freeCount])
        pool[index] = WaitingRequest(
            burst: location.burst, tag: tag, sequence: sequence, accepted: cycle, row: location.row,
            bank: location.bank, isWrite: isWrite)
        sequence += 1
        if twin >= 0 {
            isMerged = true
            pool[index].twin = pool[twin].twin
            pool[twin].twin = index
            return true
        }
        pendingFilter[Self.hash(location.burst, isWrite: isWrite)] += 1
        let list = (isWrite ? banks : 0) + location.bank
        if first[list] < 0 {
            first[list] = Int32(index)
        } else {
            pool[Int(last[list])].next = index
        }
        last[list] = Int32(index)
        let bit: UInt64 = 1 << UInt64(location.bank)
        if isWrite {
            waiting.writes |= bit
            waitingCount.writes += 1
            lastWriteAccepted = cycle
        } else {
            waiting.reads |= bit
            waitingCount.reads += 1
        }
        return true
    }

    /// The index of a pending request of a bank for the same burst; -1 if there is none.
    private func pending(_ burst: Int, of b: Int, isWrite: Bool) -> Int {
        let entries = queue + b * bankCapacity
        for i in 0..<bank[b].count {
            let index = Int(entries[i])
            if pool[index].burst == burst && pool[index].isWrite == isWrite { return index }
        }
        var next = Int(first[(isWrite ? banks : 0) + b])
        while next >= 0 {
            if pool[next].burst == burst { return next }
            next = pool[next].next
        }
        return -1
    }

    /// Whether writes move now, not reads: a drain lasts until the writes present at its start have moved.
    @inline(__always)
    private var writesMove: Bool {
        if draining > 0 || waitingCount.writes >= capacity.writes { return true }
        return work == 0 && waitingCount.writes > (closing ? 0 : Self.drainWhenIdle)
    }

    /// The cycle and the list of the request that moves next: the oldest with space at its bank, one per cycle, after the cycle
    /// of its acceptance, and not before the last booking, which may have freed the space.
    @inline(__always)
    func nextMove() -> (cycle: Int, list: Int) {
        if writesMove {
            let list = oldest(waiting.writes & notFull, base: banks)
            guard list >= 0 else { return (Int.max, -1) }
            if !waitsForRead(list) {
                // A drain does not start before the write that triggers it.
                let cycle = earliestMove(list)
                return (draining > 0 ? cycle : max(cycle, lastWriteAccepted + 1), list)
            }
        }
        let list = oldest(waiting.reads & notFull, base: 0)
        return list < 0 ? (Int.max, -1) : (earliestMove(list), list)
    }

    /// The list in `movable` whose first request is the oldest; -1 if `movable` is empty.
    @inline(__always)
    private func oldest(_ movable: UInt64, base: Int) -> Int {
        guard movable != 0 else { return -1 }
        var list = base + movable.trailingZeroBitCount
        var rest = movable & (movable - 1)
        while rest != 0 {
            let other = base + rest.trailingZeroBitCount
            rest &= rest - 1
            if pool[Int(first[other])].sequence < pool[Int(first[list])].sequence { list = other }
        }
        return list
    }

    @inline(__always)
    private func earliestMove(_ list: Int) -> Int {
        max(max(lastMove, pool[Int(first[list])].accepted) + 1, lastColumn)
    }

    /// Whether a list's first write must not move yet: no write overtakes an older pending read of its burst.
    @inline(__always)
    private func waitsForRead(_ list: Int) -> Bool {
        let request = pool + Int(first[list])
        guard pendingFilter[Self.hash(request.pointee.burst, isWrite: false)] > 0 else { return false }
        return pending(request.pointee.burst, of: request.pointee.bank, isWrite: false) >= 0
    }

    /// Moves the first request of a list to its bank.
    @inline(__always)
    mutating func move(_ list: Int, at cycle: Int) {
        let index = Int(first[list])
        let isWrite = list >= banks
        let b = isWrite ? list - banks : list
        let bit: UInt64 = 1 << UInt64(b)
        first[list] = Int32(pool[index].next)
        pool[index].next = -1
        if isWrite {
            if draining == 0 { draining = waitingCount.writes }
            draining -= 1
            waitingCount.writes -= 1
            if first[list] < 0 { waiting.writes &= ~bit }
        } else {
            waitingCount.reads -= 1
            if first[list] < 0 { waiting.reads &= ~bit }
        }
        lastMove = cycle
        pool[index].entered = cycle + 1
        queue[b * bankCapacity + bank[b].count] = Int32(index)
        bank[b].count += 1
        if bank[b].count == bankCapacity { notFull &= ~bit }
        updateCandidate(b)
        if bestKnown {
            if bestBank == b || columnTime(b) <= best { bestKnown = false }
        }
    }
}
