/// A law that a replay's figures broke: a bug of this program, never the user's mistake.
public struct BrokenMemoryLaw: Error, Sendable, CustomStringConvertible {
    /// The law, in words, with the figures.
    public let description: String
}

extension DRAMResult {
    /// Checks the laws that every replay keeps.
    ///
    /// - Throws: `BrokenMemoryLaw`.
    func checkLaws() throws {
        func require(_ holds: Bool, _ law: @autoclosure () -> String) throws {
            if !holds { throw BrokenMemoryLaw(description: law()) }
        }
        let organization = configuration.organization
        let commands = counters.reads + counters.writes
        try require(
            commands + mergedRequests == requests,
            "\(commands) bursts and \(mergedRequests) merged requests, of \(requests) requests")
        try require(
            counters.reads <= readRequests && counters.writes <= writeRequests,
            "\(counters.reads) reads and \(counters.writes) writes, for \(readRequests) and \(writeRequests) requests")
        try require(
            busyCycles + counters.idle.total == busCycles,
            "data buses are busy for \(busyCycles) clocks and idle for \(counters.idle.total), of \(busCycles)")
        for cause in DRAMIdleCause.allCases {
            try require(counters.idle[cause] >= 0, "\(cause) holds bursts for \(counters.idle[cause]) clocks")
        }
        try require(
            0...commands ~= counters.rowHits && counters.activates >= commands - counters.rowHits,
            "\(counters.rowHits) hits and \(counters.activates) activates, for \(commands) commands")
        let open = counters.activates - counters.precharges
        try require(
            0...organization.channels * organization.banks ~= open,
            "\(open) rows are open of \(organization.channels * organization.banks) banks")
        let time = cycles * organization.channels * organization.ranks
        try require(
            0...time ~= counters.prechargedCycles,
            "ranks have all rows closed for \(counters.prechargedCycles) clocks, of \(time)")
        try require(
            counters.refreshes == dueRefreshes, "\(counters.refreshes) refreshes, and \(dueRefreshes) are due")
    }

    /// The refreshes that are due by the end: each rank's turn comes once an interval.
    private var dueRefreshes: Int {
        let (ranks, interval) = (configuration.organization.ranks, configuration.timings.tREFI)
        let ofChannel = (1...ranks).reduce(0) { sum, turn in
            let first = turn * (interval / ranks)
            return sum + (cycles < first ? 0 : (cycles - first) / interval + 1)
        }
        return configuration.organization.channels * ofChannel
    }
}
