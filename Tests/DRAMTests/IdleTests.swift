import Testing

@testable import DRAM

/// The causes of an idle data bus; `GateTests` checks each to the clock.
@Suite struct IdleTests {
    /// A stream of reads, with the cause of most idle clocks and its share of all clocks.
    static let streams: [(String, String, DRAMIdleCause, ClosedRange<Double>)] = [
        ("a_seq_rd", "{standard: DDR4-2400}", .refresh, 0.045...0.050),
        ("a_seq_rd", "{standard: DDR4-2400, \(Support.columnsLowest)}", .columnRate, 0.150...0.180),
        ("a_seq_rd", "{standard: HBM3, address_mapping: ro ra bg ba ch co}", .columnRate, 0.20...0.22),
        (
            "a_seq_rd", "{standard: LPDDR4-3200, channels: 2, address_mapping: ro ch ra ba bg co}", .noRequest,
            0.44...0.46
        ),
        ("g_seq_every20", "{standard: DDR4-2400}", .noRequest, 0.74...0.76),
        ("d_rand_rd", "{standard: DDR4-2400}", .activateRate, 0.30...0.37),
        ("e_stride256k", "{standard: DDR4-2400}", .row, 0.85...0.93),
        ("c_mix_skewed", "{standard: DDR4-2400, timings: {tWTR_S: 100, tWTR_L: 100}}", .turnaround, 0.07...0.15),
    ]

    @Test(arguments: streams)
    func theCauseThatLimitsAStreamIsLargest(
        _ trace: String, _ memory: String, _ cause: DRAMIdleCause, _ share: ClosedRange<Double>
    )
        throws
    {
        let result = try DRAMReplay.run(RequestTraces.make(trace), try Support.memory(memory))
        let idle = result.counters.idle
        let shares = DRAMIdleCause.allCases.map { "\($0) \(Double(idle[$0]) / Double(result.busCycles))" }
        #expect(idle.largest == cause, "\(shares)")
        #expect(share.contains(Double(idle[cause]) / Double(result.busCycles)), "\(shares)")
        #expect(result.busyCycles + idle.total == result.cycles * result.configuration.organization.channels)
    }

    /// Nine writes drain when the ninth is accepted; the first has waited since its second clock.
    @Test func bufferedWritesChargeTheQueue() throws {
        let writes = (0..<9).map { DRAMRequest(address: $0 * 64, isWrite: true, cycle: $0 * 100) }
        let result = try DRAMReplay.run(writes, DRAMConfiguration())
        let idle = result.counters.idle
        #expect(idle[.queue] == 802 - 2)
        #expect(idle[.noRequest] == 2 + 12 && idle[.row] == 17)
        // Four bank groups open their rows tRRD_S apart, which is a burst.
        #expect(idle.total == 802 + 17 + 12 && result.cycles == idle.total + 9 * 4)
    }

    /// The ledger of the first read, and the time after the last burst.
    @Test func oneReadHasItsIdleClocks() {
        let memory = DRAMController(DRAMConfiguration())
        #expect(memory.offer(0, isWrite: false, at: 100, tag: 0) == nil)
        let end = memory.drain()
        #expect(end == 100 + 2 + 17 + 17 + 4)
        let idle = memory.counters(at: end + 1000).idle
        #expect(idle[.noRequest] == 100 + 2 + 17 + 1000 && idle[.row] == 17)
        #expect(idle.total == end + 1000 - 4)
        #expect(DRAMIdleCycles().largest == nil && idle.largest == .noRequest)
    }

    /// Requests share pending bursts: the fraction of the peak is at most 1, for any step.
    @Test(arguments: [1, 2, 4, 8, 16, 32, 64, 128])
    func smallStridesShareBursts(_ stride: Int) throws {
        for yaml in ["{standard: DDR4-2400}", "{standard: HBM2, channels: 8}", "{standard: LPDDR5-6400, channels: 2}"] {
            let memory = try Support.memory(yaml)
            let reads = (0..<20000).map { DRAMRequest(address: $0 * stride, isWrite: false, cycle: 0) }
            let writes = (0..<20000).map { DRAMRequest(address: $0 * stride, isWrite: $0 % 3 == 0, cycle: 0) }
            for requests in [reads, writes] {
                let result = try DRAMReplay.run(requests, memory)
                let commands = result.counters.reads + result.counters.writes
                #expect(result.requestedBytes == 20000 * 64 && result.busBytes == commands * 64)
                #expect((result.mergedRequests > 0) == (stride < 64))
                #expect(result.fractionOfPeak <= 1)
                #expect(abs(result.bandwidth / memory.peakBandwidth - result.fractionOfPeak) < 1e-12)
                #expect(try #require(result.rowHitRate) <= 1)
            }
        }
    }

    /// A read that a buffered write answers has no burst.
    @Test func answersFromTheWriteBufferMoveNothing() throws {
        let requests = (0..<100).map { DRAMRequest(address: 0, isWrite: $0 == 0, cycle: $0) }
        let result = try DRAMReplay.run(requests, DRAMConfiguration())
        #expect(result.mergedRequests == 99 && result.busBytes == 64 && result.requestedBytes == 6400)
        #expect(result.busyCycles == 4)
    }
}
