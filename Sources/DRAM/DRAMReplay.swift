/// Replays request traces.
public enum DRAMReplay {
    /// Offers a trace to an idle memory as fast as it accepts it, and serves all of it.
    ///
    /// In each memory clock up to one request per channel is offered from the head of the trace, in order and not before its
    /// cycle; a refused request blocks those after it.
    ///
    /// - Throws: `BrokenMemoryLaw` for a bug in winosim.
    public static func run(_ requests: [DRAMRequest], _ configuration: DRAMConfiguration) throws -> DRAMResult {
        let memory = DRAMController(configuration)
        var result = DRAMResult(configuration: configuration)
        var latencies = LatencyCounter()
        var writes = 0
        requests.withUnsafeBufferPointer { requests in
            var cycle = 0
            var accepted = 0
            for request in requests {
                if request.cycle > cycle {
                    cycle = request.cycle
                    accepted = 0
                } else if accepted == configuration.organization.channels {
                    cycle += 1
                    accepted = 0
                }
                while let later = memory.offer(request.address, isWrite: request.isWrite, at: cycle, tag: cycle) {
                    cycle = later
                    accepted = 0
                }
                accepted += 1
                writes += request.isWrite ? 1 : 0
                while let read = memory.takeCompletion() { latencies.add(read.cycle - read.tag) }
            }
            result.lastAccepted = cycle
        }
        result.cycles = memory.drain()
        while let read = memory.takeCompletion() { latencies.add(read.cycle - read.tag) }
        result.readRequests = requests.count - writes
        result.writeRequests = writes
        result.readLatency = latencies.latency()
        result.mergedRequests = memory.mergedRequests
        result.counters = memory.counters(at: result.cycles)
        try result.checkLaws()
        return result
    }
}

/// The result of a replayed trace.
public struct DRAMResult: Hashable, Sendable {
    /// The memory.
    public var configuration: DRAMConfiguration
    /// Requests of the trace that read.
    public var readRequests = 0
    /// Requests of the trace that write.
    public var writeRequests = 0
    /// Memory clocks until the last read is answered and the last write written.
    public var cycles = 0
    /// The memory clock in which the last request was accepted.
    public var lastAccepted = 0
    /// Memory clocks from acceptance to data, of all reads.
    public var readLatency = DRAMLatency()
    /// Requests without a burst: reads of a burst that was pending or buffered, writes of a buffered burst.
    public var mergedRequests = 0
    /// Commands.
    public var counters = DRAMCounters()

    /// The time in us.
    public var microseconds: Double { Double(cycles) * configuration.clockNanoseconds / 1000 }

    /// Requests of the trace.
    public var requests: Int { readRequests + writeRequests }

    /// Requested bytes: one burst per request.
    public var requestedBytes: Int { requests * configuration.organization.requestBytes }

    /// Bytes on the data buses: one burst per column command. Merged requests move none.
    public var busBytes: Int { (counters.reads + counters.writes) * configuration.organization.requestBytes }

    /// Clocks of all channels' data buses.
    public var busCycles: Int { cycles * configuration.organization.channels }

    /// Clocks in which a burst was on a data bus; the sum over channels.
    public var busyCycles: Int { (counters.reads + counters.writes) * configuration.organization.burstCycles }

    /// Bytes on the data buses divided by the time, in GB/s (1e9 bytes per second); 0 for no time.
    public var bandwidth: Double {
        cycles == 0 ? 0 : Double(busBytes) / (Double(cycles) * configuration.clockNanoseconds)
    }

    /// The bandwidth divided by the peak, which is the share of clocks in which data buses are busy; at most 1.
    public var fractionOfPeak: Double { cycles == 0 ? 0 : Double(busyCycles) / Double(busCycles) }

    /// The share of reads and writes that found their row open; nil without any.
    public var rowHitRate: Double? {
        let all = counters.reads + counters.writes
        return all == 0 ? nil : Double(counters.rowHits) / Double(all)
    }

    /// Energy by component, in pJ.
    public var energy: DRAMEnergy { DRAMEnergy(counters, cycles: cycles, configuration: configuration) }
}

/// The distribution of latencies, in memory clocks.
public struct DRAMLatency: Hashable, Sendable {
    /// The mean; 0 without reads.
    public var mean = 0.0
    /// The median.
    public var median = 0
    /// The 99th percentile.
    public var percentile99 = 0
    /// The longest.
    public var maximum = 0
}

/// Counts latencies: short ones in bins, long ones in a list.
struct LatencyCounter {
    private var bins: [Int]
    private var long: [Int] = []
    private var sum = 0
    private var count = 0

    init(bins count: Int = 1 << 14) { bins = [Int](repeating: 0, count: count) }

    @inline(__always)
    mutating func add(_ latency: Int) {
        sum += latency
        count += 1
        if latency < bins.count {
            bins[latency] += 1
        } else {
            long.append(latency)
        }
    }

    /// The distribution. A percentile is the smallest latency that at least that share of all does not exceed.
    func latency() -> DRAMLatency {
        guard count > 0 else { return DRAMLatency() }
        let long = long.sorted()
        let short = count - long.count
        func value(ofRank rank: Int) -> Int {
            if rank > short { return long[rank - short - 1] }
            var seen = 0
            for (latency, n) in bins.enumerated() {
                seen += n
                if seen >= rank { return latency }
            }
            return bins.count
        }
        return DRAMLatency(
            mean: Double(sum) / Double(count), median: value(ofRank: (count + 1) / 2),
            percentile99: value(ofRank: (count * 99 + 99) / 100), maximum: value(ofRank: count))
    }
}

/// A law that a replay's figures violate: a bug in winosim, never an error of the user.
public struct BrokenMemoryLaw: Error, Sendable, CustomStringConvertible {
    /// The law with the figures.
    public let description: String
}

extension DRAMResult {
    /// Checks the laws of every replay.
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
            try require(counters.idle[cause] >= 0, "\(cause) delays bursts for \(counters.idle[cause]) clocks")
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

    /// The refreshes that are due by the end: one per rank and interval.
    private var dueRefreshes: Int {
        let (ranks, interval) = (configuration.organization.ranks, configuration.timings.tREFI)
        let ofChannel = (1...ranks).reduce(0) { sum, turn in
            let first = turn * (interval / ranks)
            return sum + (cycles < first ? 0 : (cycles - first) / interval + 1)
        }
        return configuration.organization.channels * ofChannel
    }
}
