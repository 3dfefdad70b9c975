import Testing

@testable import DRAM

/// Tight gates: with all other timings loose, a command is issued exactly when the timing under test allows it. Each case
/// runs with two values that differ by one: the command that was allowed at t is blocked there with one clock more.
@Suite struct GateTests {
    /// Two requests and the clocks between two of their commands.
    struct Gate: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var timing: WritableKeyPath<DRAMTimings, Int> & Sendable
        /// Clocks in addition to the timing.
        var constant = 0
        var requests: [Request]
        /// The cause of the idle clock that one more clock makes on the data bus; one more clock of latency makes it before the
        /// first burst.
        var cause: DRAMIdleCause
        var between: @Sendable (Booking, Booking) -> Int
    }

    struct Request: Sendable {
        var bank: Int
        var row: Int
        var column = 0
        var isWrite = false
        /// Arrives when all requests before it are finished.
        var isLate = false
    }

    static let gates: [Gate] = [
        Gate(testDescription: "tRCD", timing: \.tRCD, requests: [Request(bank: 0, row: 0)], cause: .row) {
            $1.column - $0.activate
        },
        Gate(
            testDescription: "tRP", timing: \.tRP,
            requests: [Request(bank: 0, row: 0), Request(bank: 0, row: 1)], cause: .row
        ) { $1.activate - $1.precharge },
        Gate(
            testDescription: "tRAS", timing: \.tRAS,
            requests: [Request(bank: 0, row: 0), Request(bank: 0, row: 1)], cause: .row
        ) { $1.precharge - $0.activate },
        Gate(
            testDescription: "tRC", timing: \.tRC,
            requests: [Request(bank: 0, row: 0), Request(bank: 0, row: 1)], cause: .row
        ) { $1.activate - $0.activate },
        Gate(
            testDescription: "tCCD_L of reads", timing: \.tCCDLong,
            requests: [Request(bank: 0, row: 0), Request(bank: 0, row: 0, column: 1)], cause: .columnRate
        ) { $1.column - $0.column },
        Gate(
            testDescription: "tCCD_L of writes, other bank", timing: \.tCCDLong,
            requests: [Request(bank: 0, row: 0, isWrite: true), Request(bank: 1, row: 0, isWrite: true)],
            cause: .columnRate
        ) { $1.column - $0.column },
        Gate(
            testDescription: "tCCD_S of reads", timing: \.tCCDShort,
            requests: [Request(bank: 0, row: 0), Request(bank: 2, row: 0)], cause: .columnRate
        ) { $1.column - $0.column },
        Gate(
            testDescription: "tCCD_S of writes", timing: \.tCCDShort,
            requests: [Request(bank: 0, row: 0, isWrite: true), Request(bank: 2, row: 0, isWrite: true)],
            cause: .columnRate
        ) { $1.column - $0.column },
        Gate(
            testDescription: "tRRD_L", timing: \.tRRDLong,
            requests: [Request(bank: 0, row: 0), Request(bank: 1, row: 0)], cause: .activateRate
        ) { $1.activate - $0.activate },
        Gate(
            testDescription: "tRRD_S", timing: \.tRRDShort,
            requests: [Request(bank: 0, row: 0), Request(bank: 2, row: 0)], cause: .activateRate
        ) { $1.activate - $0.activate },
        Gate(
            testDescription: "tFAW", timing: \.tFAW,
            requests: [
                Request(bank: 0, row: 0), Request(bank: 1, row: 0), Request(bank: 2, row: 0), Request(bank: 3, row: 0),
                Request(bank: 0, row: 1),
            ], cause: .activateRate
        ) { $1.activate - $0.activate },
        Gate(
            testDescription: "tWTR_L", timing: \.tWTRLong, constant: 4 + 2,
            requests: [Request(bank: 0, row: 0, isWrite: true), Request(bank: 1, row: 0, isLate: true)],
            cause: .turnaround
        ) { $1.column - $0.column },
        Gate(
            testDescription: "tWTR_S", timing: \.tWTRShort, constant: 4 + 2,
            requests: [Request(bank: 0, row: 0, isWrite: true), Request(bank: 2, row: 0, isLate: true)],
            cause: .turnaround
        ) { $1.column - $0.column },
        Gate(
            testDescription: "tRTP", timing: \.tRTP,
            requests: [Request(bank: 0, row: 0), Request(bank: 0, row: 1)], cause: .row
        ) { $1.precharge - $0.column },
        Gate(
            testDescription: "tWR", timing: \.tWR, constant: 4 + 2,
            requests: [Request(bank: 0, row: 0, isWrite: true), Request(bank: 0, row: 1, isWrite: true)], cause: .row
        ) { $1.precharge - $0.column },
        Gate(
            testDescription: "tRTRS of reads of two ranks", timing: \.tRTRS, constant: 2,
            requests: [Request(bank: 0, row: 0), Request(bank: 4, row: 0)], cause: .rankSwitch
        ) { $1.column - $0.column },
        Gate(
            testDescription: "tRTRS of a read and a write", timing: \.tRTRS, constant: 4 + 2 - 4,
            requests: [Request(bank: 0, row: 0), Request(bank: 1, row: 0, isWrite: true, isLate: true)],
            cause: .turnaround
        ) { $1.column - $0.column },
        Gate(
            testDescription: "CL of a read and a write", timing: \.readLatency, constant: 2 - 4,
            requests: [Request(bank: 0, row: 0), Request(bank: 1, row: 0, isWrite: true, isLate: true)],
            cause: .noRequest
        ) { $1.column - $0.column },
        Gate(
            testDescription: "CWL of a write and a read", timing: \.writeLatency, constant: 2 + 1,
            requests: [Request(bank: 0, row: 0, isWrite: true), Request(bank: 1, row: 0, isLate: true)],
            cause: .noRequest
        ) { $1.column - $0.column },
        Gate(
            testDescription: "CWL of a write and a read of another rank", timing: \.writeLatency, constant: 2 - 4,
            requests: [Request(bank: 0, row: 0, isWrite: true), Request(bank: 4, row: 0, isLate: true)],
            cause: .noRequest
        ) { $1.column - $0.column },
    ]

    @Test(arguments: gates) func commandsAreBlockedBeforeAndAllowedAtTheGate(_ gate: Gate) throws {
        var idle: [DRAMIdleCycles] = []
        for value in [40, 41] {
            var configuration = Bench.loose
            configuration.timings[keyPath: gate.timing] = value
            var bench = Bench(configuration)
            defer { bench.deallocate() }
            for request in gate.requests {
                var cycle = 0
                if request.isLate, let last = bench.bookings.last { cycle = last.column }
                bench.accept(
                    bank: request.bank, row: request.row, column: request.column, isWrite: request.isWrite, at: cycle)
                // What comes late, comes while the gate is still closed.
                if gate.requests.contains(where: \.isLate) && !request.isLate { bench.run() }
            }
            bench.run()
            let first = try #require(bench.bookings.first)
            let last = try #require(bench.bookings.last)
            #expect(bench.bookings.count == gate.requests.count)
            #expect(gate.between(first, last) == value + gate.constant, "\(gate.testDescription) = \(value)")
            #expect(bench.counters.idle.total + gate.requests.count * 2 == bench.lastData)
            idle.append(bench.counters.idle)
        }
        for cause in DRAMIdleCause.allCases {
            #expect(idle[1][cause] - idle[0][cause] == (cause == gate.cause ? 1 : 0), "\(cause): \(idle)")
        }
    }

    @Test(arguments: [30, 31]) func readLatencyDelaysTheAnswer(_ latency: Int) throws {
        var configuration = Bench.loose
        configuration.timings.readLatency = latency
        var bench = Bench(configuration)
        defer { bench.deallocate() }
        bench.accept(bank: 0, row: 0)
        bench.run()
        let booking = try #require(bench.bookings.first)
        let answer = bench.takeCompletion()
        #expect(answer?.cycle == booking.column + latency + 2)
    }

    @Test(arguments: [50, 51]) func refreshDelaysActivates(_ tRFC: Int) throws {
        var configuration = Bench.loose
        configuration.timings.tRFC = tRFC
        configuration.timings.tREFI = 1000
        var bench = Bench(configuration)
        defer { bench.deallocate() }
        // Two ranks share the interval: the first is due at 500. A request of cycle 498 could open its row at 500.
        bench.accept(bank: 0, row: 0, at: 498)
        bench.run(to: 999)
        #expect(bench.bookings.first?.activate == 500 + tRFC)
        #expect(bench.counters.refreshes == 1)
        // CL until the request is at its bank, then the refresh and tRCD.
        #expect(bench.counters.idle[.noRequest] == 500 + 4)
        #expect(bench.counters.idle[.refresh] == tRFC + 1)
        #expect(bench.counters.idle.total == 500 + tRFC + 1 + 4)
    }

    @Test func rowsOpenBeforeARefreshDelayIt() throws {
        var configuration = Bench.loose
        configuration.timings.tREFI = 1000
        configuration.timings.tRAS = 30
        configuration.timings.tRP = 7
        configuration.timings.tRFC = 50
        var bench = Bench(configuration)
        defer { bench.deallocate() }
        bench.accept(bank: 0, row: 0, at: 497)
        bench.accept(bank: 0, row: 1, at: 498)
        bench.run(to: 999)
        // Opened at 499, closed unread at 529, refreshed at 536, opened again.
        #expect(bench.bookings.first?.activate == 536 + 50)
        #expect(bench.bookings.first?.precharge == -1)
        #expect(bench.counters.activates == 3)
        #expect(bench.counters.precharges == 2)
    }

    /// Open rows are closed one per clock from the due clock of the refresh; the rank counts as closed from the last one.
    @Test(arguments: 1...4) func aRefreshClosesRowsOneAClock(_ open: Int) {
        var configuration = Bench.loose
        configuration.organization.ranks = 1
        configuration.timings.tREFI = 1000
        configuration.timings.tRP = 7
        configuration.timings.tRFC = 50
        var bench = Bench(configuration)
        defer { bench.deallocate() }
        for bank in 0..<open { bench.accept(bank: bank, row: 0) }
        bench.accept(bank: 0, row: 0, at: 1000)
        bench.run(to: 1999)
        let refresh = 1000 + open - 1 + 7
        #expect(bench.bookings.last?.activate == refresh + 50)
        #expect(bench.counters.precharges == open)
        // Closed before the first activate, and from the last precharge on until the row opens again.
        #expect(bench.counters.prechargedCycles == 2 + 7 + 50)
    }

    /// A conflict in the only open row leaves its rank closed for tRP, and for the rest of the row cycle.
    @Test(arguments: [(7, 1, 7), (7, 40, 30), (12, 30, 20)])
    func aConflictClosesTheOnlyRow(_ tRP: Int, _ tRC: Int, _ closed: Int) {
        var configuration = Bench.loose
        configuration.organization.ranks = 1
        configuration.timings.tRAS = 10
        configuration.timings.tRP = tRP
        configuration.timings.tRC = tRC
        var bench = Bench(configuration)
        defer { bench.deallocate() }
        bench.accept(bank: 0, row: 0)
        bench.accept(bank: 0, row: 1)
        bench.run()
        #expect(bench.counters.prechargedCycles == 2 + closed)
    }

    /// Four hits pass a waiting conflict, a fifth does not.
    @Test func fourHitsPassAConflict() {
        var configuration = Bench.loose
        // Columns so far apart that the conflict could precharge before each of them.
        configuration.timings.tCCDShort = 20
        configuration.timings.tCCDLong = 20
        var bench = Bench(configuration)
        defer { bench.deallocate() }
        for (column, row) in [0, 0, 1, 0, 0, 0, 0, 0].enumerated() { bench.accept(bank: 0, row: row, column: column) }
        bench.run()
        #expect(bench.bookings.map { $0.activate >= 0 } == [true, false, false, false, true, true, false, false])
    }

    /// A memory of two ranks refreshes both, idle or not.
    @Test(arguments: [1, 2, 4]) func everyRankIsRefreshed(_ ranks: Int) {
        var configuration = DRAMConfiguration()
        configuration.organization.ranks = ranks
        let idle = DRAMController(configuration)
        #expect(idle.counters(at: 9360 * 1000).refreshes == 1000 * ranks)
        let busy = DRAMController(configuration)
        for i in 0..<100 { #expect(busy.offer(i << 15, isWrite: false, at: i * 936, tag: i) == nil) }
        #expect(busy.counters(at: 9360 * 10).refreshes == 10 * ranks)
    }

    @Test func refreshesFollowTheInterval() {
        var configuration = DRAMConfiguration()
        configuration.timings.tREFI = 5000
        let memory = DRAMController(configuration)
        #expect(memory.counters(at: 4999).refreshes == 0)
        #expect(memory.counters(at: 5000).refreshes == 1)
        #expect(memory.counters(at: 14_999).refreshes == 2)
        #expect(memory.counters(at: 15_000).refreshes == 3)
    }
}
