/// What a replayed trace came to.
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
    /// Requests without a burst of their own: reads of a burst that was pending or written and buffered, writes of a
    /// buffered burst.
    public var mergedRequests = 0
    /// Commands.
    public var counters = DRAMCounters()

    /// The time in us.
    public var microseconds: Double { Double(cycles) * configuration.clockNanoseconds / 1000 }

    /// Requests of the trace.
    public var requests: Int { readRequests + writeRequests }

    /// Bytes that were asked for: a burst a request.
    public var requestedBytes: Int { requests * configuration.organization.requestBytes }

    /// Bytes on the data buses: a burst a column command. Merged requests move none.
    public var busBytes: Int { (counters.reads + counters.writes) * configuration.organization.requestBytes }

    /// Clocks of all channels' data buses.
    public var busCycles: Int { cycles * configuration.organization.channels }

    /// Clocks, added up over channels, in which a burst was on a data bus.
    public var busyCycles: Int { (counters.reads + counters.writes) * configuration.organization.burstCycles }

    /// Bytes on the data buses by the time, in GB/s (1e9 bytes a second); 0 where no time went by.
    public var bandwidth: Double {
        cycles == 0 ? 0 : Double(busBytes) / (Double(cycles) * configuration.clockNanoseconds)
    }

    /// The bandwidth by the most that the memory transfers, which is the share of clocks in which data buses are busy; at
    /// most 1.
    public var fractionOfPeak: Double { cycles == 0 ? 0 : Double(busyCycles) / Double(busCycles) }

    /// Reads and writes that found their row open, by all; nil where there is none.
    public var rowHitRate: Double? {
        let all = counters.reads + counters.writes
        return all == 0 ? nil : Double(counters.rowHits) / Double(all)
    }

    /// Energy by component, in pJ.
    public var energy: DRAMEnergy { DRAMEnergy(counters, cycles: cycles, configuration: configuration) }
}

/// The distribution of latencies, in memory clocks.
public struct DRAMLatency: Hashable, Sendable {
    /// The mean; 0 where nothing was read.
    public var mean = 0.0
    /// The latency that half of all reads do not exceed.
    public var median = 0
    /// The latency that 99 of 100 reads do not exceed.
    public var percentile99 = 0
    /// The longest.
    public var maximum = 0
}

/// Counts latencies: short ones each in its bin, long ones one by one.
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

    /// The distribution of all that were added. A percentile is the smallest latency that at least that share of all
    /// does not exceed.
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
