/// The booked commands of a request.
struct Booking {
    var bank = 0
    var isWrite = false
    /// The cycles of the commands; -1 for none.
    var precharge = -1
    var activate = -1
    var column = 0
}

/// Booking of the commands of a decision.
extension Channel {
    /// Books the commands of the next request, which `decide()` has found.
    @discardableResult
    @inline(__always)
    mutating func book(into completions: inout CompletionQueue) -> Booking {
        let b = bestBank
        let time = best
        let state = bank + b
        let rankGroup = b / banksPerGroup
        let r = rankGroup / groups
        let overtakes =
            contended & (1 << UInt64(b)) != 0 && state.pointee.headPrecharge <= max(local[b], gate[gateOf[b]])
        let place = overtakes ? 0 : state.pointee.candidate
        let isMiss = overtakes || gateOf[b] >= Self.miss * rankGroups
        let index = remove(place, from: b)
        let request = pool[index]
        let data = time + (request.isWrite ? timings.writeLatency : timings.readLatency)
        if data > busFree { chargeIdle(data - busFree, before: time, of: index, rankGroup, isMiss: isMiss) }
        busFree = data + burst
        var booking = Booking(bank: b, isWrite: request.isWrite, column: time)
        if isMiss {
            booking.precharge = open(request.row, of: b, entered: request.entered)
            booking.activate = state.pointee.activate - timings.tRC
        } else {
            counters.rowHits += 1
        }
        state.pointee.hits += 1
        state.pointee.precharge = max(
            state.pointee.precharge,
            time + (request.isWrite ? timings.writeLatency + burst + timings.tWR : timings.tRTP))
        occupyBus(at: time, isWrite: request.isWrite, rank: r, rankGroup: rankGroup)
        finish(index, at: busFree, into: &completions)
        lastColumn = time
        served = (served + 1) & 7
        recent[served] = (time, b)
        updateCandidate(b)
        bestKnown = false
        return booking
    }

    /// Opens a row, as early as possible; returns the cycle of the precharge before it, or -1.
    @inline(__always)
    mutating func open(_ row: Int, of b: Int, entered: Int) -> Int {
        let state = bank + b
        let rankGroup = b / banksPerGroup
        let r = rankGroup / groups
        let isConflict = state.pointee.row >= 0
        let precharge = isConflict ? max(state.pointee.precharge, entered) : -1
        let ready = isConflict ? precharge + timings.tRP : entered
        let time = max(ready, state.pointee.activate, activateGate[rankGroup])
        counters.activates += 1
        if isConflict {
            counters.precharges += 1
            if rank[r].open == 1 { counters.prechargedCycles += time - precharge }
        } else {
            if rank[r].open == 0 { counters.prechargedCycles += max(0, time - rank[r].closedSince) }
            rank[r].open += 1
        }
        state.pointee.row = row
        state.pointee.hits = 0
        state.pointee.activate = time + timings.tRC
        state.pointee.precharge = time + timings.tRAS
        state.pointee.column = time + timings.tRCD
        noteActivate(at: time, rank: r, rankGroup: rankGroup)
        return precharge
    }

    /// Delays the earliest activates of a rank's groups after one at `time`.
    @inline(__always)
    private mutating func noteActivate(at time: Int, rank r: Int, rankGroup: Int) {
        let window = rank[r].window
        rank[r].window = (window.1, window.2, window.3, time)
        rank[r].lastActivate = time
        lastActivateOfGroup[rankGroup] = time
        let all = max(time + timings.tRRDShort, window.1 + timings.tFAW)
        for g in r * groups..<(r + 1) * groups {
            let earliest = max(all, lastActivateOfGroup[g] + timings.tRRDLong)
            activateGate[g] = earliest
            for op in 0..<2 {
                let miss = (Self.miss + op) * rankGroups + g
                gate[miss] = max(gate[op * rankGroups + g], earliest + timings.tRCD)
            }
        }
    }

    /// Delays the earliest column commands of all ranks and groups after one at `time`.
    @inline(__always)
    private mutating func occupyBus(at time: Int, isWrite: Bool, rank r: Int, rankGroup: Int) {
        let long = timings.tCCDLong
        let short = timings.tCCDShort
        let turn = timings.readToWrite(burst: burst)
        let data = timings.writeLatency + burst
        let otherRead = isWrite ? timings.writeToReadOfOtherRank(burst: burst) : burst + timings.tRTRS
        let otherWrite = isWrite ? burst : turn
        for g in 0..<rankGroups {
            let read: Int
            let write: Int
            if g / groups != r {
                read = otherRead
                write = otherWrite
            } else if isWrite {
                read = data + (g == rankGroup ? timings.tWTRLong : timings.tWTRShort)
                write = g == rankGroup ? long : short
            } else {
                read = g == rankGroup ? long : short
                write = turn
            }
            let activate = activateGate[g] + timings.tRCD
            let reads = max(gate[g], time + read)
            let writes = max(gate[rankGroups + g], time + write)
            gate[g] = reads
            gate[rankGroups + g] = writes
            gate[2 * rankGroups + g] = max(reads, activate)
            gate[3 * rankGroups + g] = max(writes, activate)
        }
        let kind = isWrite ? 1 : 0
        lastColumnOf[kind * rankGroups + rankGroup] = time
        if lastWasWrite >= 0 && lastWasWrite != kind { counters.readWriteSwitches += 1 }
        lastWasWrite = kind
    }

    /// Removes a request from its bank's queue; returns its index in `pool`.
    @inline(__always)
    private mutating func remove(_ place: Int, from b: Int) -> Int {
        let entries = queue + b * bankCapacity
        let index = Int(entries[place])
        let count = bank[b].count - 1
        bank[b].count = count
        for i in place..<max(place, count) { entries[i] = entries[i + 1] }
        if count == bankCapacity - 1 {
            notFull |= 1 << UInt64(b)
        }
        return index
    }

    /// Ends a request whose data ends at `end`, and the reads that share its burst.
    @inline(__always)
    private mutating func finish(_ index: Int, at end: Int, into completions: inout CompletionQueue) {
        let isWrite = pool[index].isWrite
        pendingFilter[Self.hash(pool[index].burst, isWrite: isWrite)] -= 1
        lastData = max(lastData, end)
        if isWrite {
            counters.writes += 1
            free[freeCount] = Int32(index)
            freeCount += 1
            return
        }
        counters.reads += 1
        var next = index
        while next >= 0 {
            completions.append(DRAMCompletion(tag: pool[next].tag, cycle: end))
            free[freeCount] = Int32(next)
            freeCount += 1
            next = pool[next].twin
        }
    }
}

/// Refresh per rank: the ranks' refreshes are spread over the interval.
extension Channel {
    /// Refreshes the ranks whose refresh is due next.
    mutating func refresh() {
        let due = nextRefresh
        var next = Int.max
        for r in 0..<ranks {
            if rank[r].refreshDue == due { refresh(rank: r) }
            next = min(next, rank[r].refreshDue)
        }
        nextRefresh = next
        bestKnown = false
    }

    /// Closes a rank's rows, one per cycle, and refreshes it once all are closed.
    private mutating func refresh(rank r: Int) {
        let due = rank[r].refreshDue
        let members = r * groups * banksPerGroup..<(r + 1) * groups * banksPerGroup
        openWaitingRows(of: members, before: due)
        var time = due
        for b in members {
            if bank[b].row >= 0 {
                time = max(time, bank[b].precharge + timings.tRP)
            }
        }
        let open = rank[r].open
        if open > 0 { time = max(time, due + open - 1 + timings.tRP) }
        if rank[r].open > 0 { rank[r].closedSince = time - timings.tRP }
        counters.precharges += rank[r].open
        counters.refreshes += 1
        rank[r].open = 0
        rank[r].refreshDue = due + timings.tREFI
        for g in r * groups..<(r + 1) * groups { refreshEnd[g] = time + timings.tRFC }
        for b in members {
            bank[b].row = -1
            bank[b].activate = time + timings.tRFC
            updateCandidate(b)
        }
    }

    /// Opens the rows that banks are waiting for and that could open before the refresh is due: the controller does not know
    /// then that the refresh closes them unread.
    private mutating func openWaitingRows(of members: Range<Int>, before due: Int) {
        while true {
            var time = due
            var choice = -1
            for b in members where work & (1 << UInt64(b)) != 0 && gateOf[b] >= Self.miss * rankGroups {
                let t = max(local[b] - timings.tRCD, activateGate[b / banksPerGroup])
                if t < time {
                    time = t
                    choice = b
                }
            }
            guard choice >= 0 else { return }
            let request = pool[Int(queue[choice * bankCapacity + bank[choice].candidate])]
            _ = open(request.row, of: choice, entered: request.entered)
            updateCandidate(choice)
        }
    }

    /// Counts refreshes of an idle channel, which change only when the next ones are due.
    mutating func skipRefreshes(to horizon: Int) {
        if (0..<ranks).contains(where: { rank[$0].open > 0 }) { return }
        let spare = (horizon - nextRefresh) / timings.tREFI - 2
        guard spare > 0 else { return }
        for r in 0..<ranks { rank[r].refreshDue += spare * timings.tREFI }
        nextRefresh += spare * timings.tREFI
        counters.refreshes += spare * ranks
    }
}
