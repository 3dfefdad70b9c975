/// Replays request traces.
public enum DRAMReplay {
    /// Offers a trace to an idle memory as fast as it takes it, and serves all of it.
    ///
    /// In each memory clock up to as many requests as the memory has channels are offered from the head of the trace, in
    /// order and none before its own cycle; the first that is refused holds those behind it.
    ///
    /// - Throws: `BrokenMemoryLaw` for a bug of ours.
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
