/// The choice of the next request and of its cycle.
extension Channel {
    /// Hits on an open row that are served before a waiting conflict may close the row.
    static var hitsBeforeConflict: Int { 4 }

    /// Updates a bank's candidate: the oldest hit on the open row, else the head.
    @inline(__always)
    mutating func updateCandidate(_ b: Int) {
        let state = bank + b
        let bit: UInt64 = 1 << UInt64(b)
        contended &= ~bit
        guard state.pointee.count > 0 else {
            work &= ~bit
            return
        }
        work |= bit
        let entries = queue + b * bankCapacity
        let row = state.pointee.row
        var place = 0
        if row >= 0 {
            while place < state.pointee.count, pool[Int(entries[place])].row != row { place += 1 }
        }
        let head = pool + Int(entries[0])
        let rankGroup = b / banksPerGroup
        if row >= 0 && place < state.pointee.count {
            let hit = pool + Int(entries[place])
            if place > 0 {
                // A conflict is ahead of the hit. It is served first if its precharge was possible before the hit entered.
                let precharge = max(state.pointee.precharge, head.pointee.entered)
                if precharge < hit.pointee.entered {
                    place = 0
                } else if state.pointee.hits >= Self.hitsBeforeConflict {
                    contended |= bit
                    state.pointee.headPrecharge = precharge
                    state.pointee.headLocal =
                        max(precharge + timings.tRP, state.pointee.activate) + timings.tRCD
                    state.pointee.headGate =
                        ((head.pointee.isWrite ? Self.write : 0) | Self.miss) * rankGroups + rankGroup
                }
            }
            if place > 0 || head.pointee.row == row {
                state.pointee.candidate = place
                local[b] = max(state.pointee.column, hit.pointee.entered)
                gateOf[b] = (hit.pointee.isWrite ? Self.write : 0) * rankGroups + rankGroup
                return
            }
        }
        state.pointee.candidate = 0
        let entered = head.pointee.entered
        let ready = row < 0 ? entered : max(state.pointee.precharge, entered) + timings.tRP
        local[b] = max(ready, state.pointee.activate) + timings.tRCD
        gateOf[b] = ((head.pointee.isWrite ? Self.write : 0) | Self.miss) * rankGroups + rankGroup
    }

    /// The cycle of a bank's column command, or of the conflict's if that overtakes the hits.
    @inline(__always)
    func columnTime(_ b: Int) -> Int {
        let time = max(local[b], gate[gateOf[b]])
        guard contended & (1 << UInt64(b)) != 0, bank[b].headPrecharge <= time else { return time }
        return max(bank[b].headLocal, gate[bank[b].headGate])
    }

    /// Finds the bank with the earliest column command; ties go round robin.
    @inline(__always)
    mutating func decide() {
        guard !bestKnown else { return }
        bestKnown = true
        var time = Int.max
        var tied: UInt64 = 0
        var part = work
        while part != 0 {
            let bit = part & (0 &- part)
            let t = columnTime(part.trailingZeroBitCount)
            part &= part - 1
            if t < time {
                time = t
                tied = bit
            } else if t == time {
                tied |= bit
            }
        }
        best = time
        if tied & (tied &- 1) == 0 {
            bestBank = tied == 0 ? -1 : tied.trailingZeroBitCount
        } else {
            let turn = turn(at: time, isMiss: gateOf[tied.trailingZeroBitCount] >= Self.miss * rankGroups)
            let later = turn >= 64 ? 0 : tied & ~(1 << UInt64(turn) - 1)
            bestBank = (later != 0 ? later : tied).trailingZeroBitCount
        }
    }

    /// The bank whose turn it is among banks whose column commands are all possible at `time`: the one after the bank that was
    /// served last when the tie arose, which for closed rows is the cycle of their activates.
    @inline(__always)
    private func turn(at time: Int, isMiss: Bool) -> Int {
        let command = isMiss ? time - timings.tRCD : time
        for back in 0..<7 {
            let booking = recent[(served - back) & 7]
            if booking.time < command { return booking.bank + 1 }
        }
        return recent[(served + 1) & 7].bank + 1
    }
}
