/// Refresh, rank by rank: the ranks' turns are spread over the interval.
extension Channel {
    /// Refreshes the ranks that are due first.
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

    /// Closes a rank's rows, one a cycle, and refreshes it as soon as they are.
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
            nominate(b)
        }
    }

    /// Opens the rows for which banks have been waiting and which could open before a refresh is due: nobody knew then
    /// that the refresh would close them unread.
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
            nominate(choice)
        }
    }

    /// Counts refreshes of a channel without work that change nothing but when the next ones are due.
    mutating func skipRefreshes(to horizon: Int) {
        if (0..<ranks).contains(where: { rank[$0].open > 0 }) { return }
        let spare = (horizon - nextRefresh) / timings.tREFI - 2
        guard spare > 0 else { return }
        for r in 0..<ranks { rank[r].refreshDue += spare * timings.tREFI }
        nextRefresh += spare * timings.tREFI
        counters.refreshes += spare * ranks
    }
}
