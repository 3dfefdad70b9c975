/// Why the data bus was idle.
extension Channel {
    /// Charges the clocks before a burst in which the bus was idle. Comes before the booking changes any bank.
    ///
    /// It is `mutating` because calling a method that is not would copy the channel.
    ///
    /// - Parameters:
    ///   - gap: the idle clocks.
    ///   - time: the cycle of the burst's column command.
    ///   - index: the request's place in the pool.
    ///   - rankGroup: the rank and group of its bank.
    @inline(never)
    mutating func chargeIdle(_ gap: Int, before time: Int, of index: Int, _ rankGroup: Int, isMiss: Bool) {
        let request = pool + index
        let entered = request.pointee.entered
        let isWrite = request.pointee.isWrite
        var held = time - gap
        if entered > held {
            charge(.noRequest, &held, until: request.pointee.accepted + Self.wayToBank, time)
            charge(.queue, &held, until: entered, time)
        }
        if isMiss {
            let state = bank + request.pointee.bank
            let refreshed = refreshEnd[rankGroup]
            charge(.refresh, &held, until: refreshed + timings.tRCD, time)
            let isConflict = state.pointee.row >= 0
            var row = isConflict ? max(state.pointee.precharge, entered) + timings.tRP : entered
            if state.pointee.activate > refreshed { row = max(row, state.pointee.activate) }
            charge(.row, &held, until: row + timings.tRCD, time)
            charge(.activateRate, &held, until: activateGate[rankGroup] + timings.tRCD, time)
            guard held < time else { return }
        }
        let columns = lastColumnOf + (isWrite ? rankGroups : 0)
        charge(.columnRate, &held, until: columns[rankGroup] + timings.tCCDLong, time)
        guard held < time else { return }
        let r = rankGroup / groups
        for g in r * groups..<(r + 1) * groups {
            charge(.columnRate, &held, until: columns[g] + timings.tCCDShort, time)
        }
        let last = recent[served]
        if lastWasWrite == 0 && !isWrite && last.bank / banksPerGroup / groups != r {
            charge(.rankSwitch, &held, until: last.time + burst + timings.tRTRS, time)
        }
        // All other gates are those of a bus that turns.
        charge(.turnaround, &held, until: time, time)
    }

    /// Clocks from a request's acceptance to the first command for it, where nothing is in its way.
    private static var wayToBank: Int { 2 }

    /// Charges what a cause holds a burst longer than those before it, which held it until `held`.
    @inline(__always)
    private func charge(_ cause: DRAMIdleCause, _ held: inout Int, until bound: Int, _ time: Int) {
        let end = min(bound, time)
        guard end > held else { return }
        idle[cause.rawValue] += end - held
        held = end
    }
}
