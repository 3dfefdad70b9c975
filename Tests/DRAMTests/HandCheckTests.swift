import Testing

@testable import DRAM

/// Figures that can be computed by hand.
@Suite struct HandCheckTests {
    /// DDR4-2400 with DRAMsim3's mapping, so that neighbouring bursts are in one row.
    private let ddr4: DRAMConfiguration

    init() throws { ddr4 = try Support.memory("{standard: DDR4-2400, \(Support.columnsLowest)}") }

    /// The time of refreshes of one rank, as a factor on cycles.
    private func withRefreshes(_ cycles: Int) -> Double {
        let timings = ddr4.timings
        return Double(cycles) * Double(timings.tREFI) / Double(timings.tREFI - timings.tRFC)
    }

    @Test func theFirstReadOfAnIdleChannelTakesFortyCycles() throws {
        let result = try DRAMReplay.run([DRAMRequest(address: 0, isWrite: false, cycle: 0)], ddr4)
        #expect(result.cycles == 2 + 17 + 17 + 4)
        #expect(result.readLatency.maximum == 40)
        #expect(result.counters.activates == 1)
    }

    @Test func aLaterFirstReadTakesAsLong() throws {
        let result = try DRAMReplay.run([DRAMRequest(address: 0, isWrite: false, cycle: 1000)], ddr4)
        #expect(result.cycles == 1040)
        #expect(result.readLatency.maximum == 40)
    }

    @Test func aHitTakesNoActivate() throws {
        let requests = [0, 200].map { DRAMRequest(address: $0 / 200 * 64, isWrite: false, cycle: $0) }
        #expect(try DRAMReplay.run(requests, ddr4).cycles == 200 + 2 + 17 + 4)
    }

    @Test func aStreamOverBankGroupsReachesThePeak() throws {
        let memory = try Support.memory("{standard: DDR4-2400}")
        let result = try DRAMReplay.run(RequestTraces.make("a_seq_rd"), memory)
        let least = withRefreshes(65536 * 4)
        #expect(Double(result.cycles) >= least - 40)
        #expect(Double(result.cycles) <= least * 1.01)
        #expect(result.fractionOfPeak > 0.94 && result.fractionOfPeak < 0.96)
    }

    @Test func aStreamInOneBankGroupIsLimitedByTCCDL() throws {
        let result = try DRAMReplay.run(RequestTraces.make("a_seq_rd"), ddr4)
        #expect(result.fractionOfPeak > 0.77 && result.fractionOfPeak < 0.79)
    }

    @Test func randomReadsAreLimitedByFourActivates() throws {
        let result = try DRAMReplay.run(RequestTraces.make("d_rand_rd"), ddr4)
        let least = withRefreshes(50000 * 26 / 4)
        #expect(Double(result.cycles) >= least - 60)
        #expect(Double(result.cycles) <= least * 1.03)
    }

    @Test func conflictsOfOneBankTakeTheRowCycle() throws {
        let result = try DRAMReplay.run(RequestTraces.make("e_stride256k"), ddr4)
        let least = withRefreshes(4096 * 56)
        #expect(Double(result.cycles) >= least - 60)
        #expect(Double(result.cycles) <= least * 1.01)
    }

    /// The effects of mechanisms, by leaving them out.
    @Test func whatMatters() throws {
        let stream = RequestTraces.make("a_seq_rd")
        let whole = Double(try DRAMReplay.run(stream, ddr4).cycles)
        let cases: [(String, ClosedRange<Double>)] = [
            ("read_queue: 16", 1.05...1.15), ("read_queue: 64", 0.78...0.86), ("timings: {tCCD_L: 4}", 0.78...0.86),
            ("timings: {tREFI: 1000000000}", 0.88...0.98),
        ]
        for (change, range) in cases {
            let memory = try Support.memory("{standard: DDR4-2400, \(Support.columnsLowest), \(change)}")
            let ratio = Double(try DRAMReplay.run(stream, memory).cycles) / whole
            #expect(range.contains(ratio), "\(change): \(ratio)")
        }
    }

    @Test func aReadIsAnsweredFromABufferedWrite() throws {
        let requests = [
            DRAMRequest(address: 0x40, isWrite: true, cycle: 0), DRAMRequest(address: 0x40, isWrite: false, cycle: 5),
        ]
        let result = try DRAMReplay.run(requests, ddr4)
        #expect(result.readLatency.maximum == 1)
        #expect(result.counters.reads == 0)
        #expect(result.counters.writes == 1)
    }

    @Test func readsOfOneBurstShareOneCommand() throws {
        let requests = [0, 0, 0].map { DRAMRequest(address: 0x1234, isWrite: false, cycle: $0) }
        let result = try DRAMReplay.run(requests, ddr4)
        #expect(result.counters.reads == 1)
        #expect(result.readLatency.maximum == 40)
        #expect(result.readLatency.mean == 39)
    }

    /// A write waits for an older read of its burst, even with a full write buffer.
    @Test func noWriteOvertakesAReadOfItsBurst() {
        var memory = ddr4
        memory.writeQueue = 1
        var bench = Bench(memory)
        defer { bench.deallocate() }
        bench.accept(bank: 0, row: 7, at: 0)
        bench.accept(bank: 0, row: 7, isWrite: true, at: 0)
        bench.run()
        #expect(bench.bookings.map(\.isWrite) == [false, true])
    }

    /// Few writes never start a drain; at the end they are written.
    @Test(arguments: [1, 8, 9, 33]) func everyWriteIsWritten(_ count: Int) throws {
        let result = try DRAMReplay.run(RequestTraces.sequential(count, isWrite: true), ddr4)
        #expect(result.counters.writes == count)
        #expect(result.writeRequests == count)
        #expect(result.readLatency == DRAMLatency())
    }

    /// Idle time takes no work, and has its refreshes.
    @Test func aLongPauseHasItsRefreshes() throws {
        let requests = [0, 1 << 50].map { DRAMRequest(address: 0, isWrite: false, cycle: $0) }
        let result = try DRAMReplay.run(requests, ddr4)
        #expect(result.counters.refreshes == ((1 << 50) + 57) / 9360)
        #expect(result.counters.activates == 2)
        #expect(result.cycles >= (1 << 50) + 40 && result.cycles < (1 << 50) + 1000)
    }

    @Test func channelsWorkInParallel() throws {
        let one = try Support.memory("{standard: HBM2}")
        let eight = try Support.memory("{standard: HBM2, channels: 8}")
        let stream = RequestTraces.make("a_seq_rd")
        let slow = try DRAMReplay.run(stream, one)
        let fast = try DRAMReplay.run(stream, eight)
        #expect(eight.peakBandwidth == 256)
        #expect(fast.cycles * 7 < slow.cycles)
        #expect(slow.counters.reads == fast.counters.reads)
    }

    @Test func replaysAreRepeatable() throws {
        let trace = RequestTraces.make("d_rand_rw")
        let first = try DRAMReplay.run(trace, ddr4)
        #expect(try DRAMReplay.run(trace, ddr4) == first)
    }

    @Test func awaitedAnswersComeInOrder() {
        let memory = DRAMController(ddr4)
        #expect(memory.nextDecision() == nil)
        #expect(memory.awaitCompletion() == nil)
        for tag in 0..<3 { #expect(memory.offer(tag * 64, isWrite: false, at: tag, tag: tag) == nil) }
        #expect(memory.takeCompletion() == nil)
        // The last read was accepted in cycle 2, and moves to its bank in the next.
        #expect(memory.nextDecision() == 3)
        #expect((0..<3).map { _ in memory.awaitCompletion()?.cycle } == [40, 46, 52])
        #expect(memory.awaitCompletion() == nil)
    }

    @Test func percentilesAreThoseOfTheSortedLatencies() {
        var counter = LatencyCounter(bins: 10)
        for latency in 1...200 { counter.add(latency) }
        let latency = counter.latency()
        #expect(latency == DRAMLatency(mean: 100.5, median: 100, percentile99: 198, maximum: 200))
    }
}
