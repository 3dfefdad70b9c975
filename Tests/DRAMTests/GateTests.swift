import Testing

@testable import DRAM

/// Tight gates: with all other timings loose, a command goes exactly when the one under test allows it. Each case runs
/// with two values that differ by one: the command that was allowed at t is blocked there when the timing grows by one.
@Suite struct GateTests {
    /// Two requests and the clocks between two of their commands.
    struct Gate: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var timing: WritableKeyPath<DRAMTimings, Int> & Sendable
        /// Clocks beside the timing.
        var constant = 0
        var requests: [Request]
        var between: @Sendable (Booking, Booking) -> Int
    }

    struct Request: Sendable {
        var bank: Int
        var row: Int
        var column = 0
        var isWrite = false
        /// Comes when all before it are done.
        var isLate = false
    }

    static let gates: [Gate] = [
        Gate(testDescription: "tRCD", timing: \.tRCD, requests: [Request(bank: 0, row: 0)]) { $1.column - $0.activate },
        Gate(
            testDescription: "tRP", timing: \.tRP,
            requests: [Request(bank: 0, row: 0), Request(bank: 0, row: 1)]
        ) { $1.activate - $1.precharge },
        Gate(
            testDescription: "tRAS", timing: \.tRAS,
            requests: [Request(bank: 0, row: 0), Request(bank: 0, row: 1)]
        ) { $1.precharge - $0.activate },
        Gate(
            testDescription: "tRC", timing: \.tRC,
            requests: [Request(bank: 0, row: 0), Request(bank: 0, row: 1)]
        ) { $1.activate - $0.activate },
        Gate(
            testDescription: "tCCD_L of reads", timing: \.tCCDLong,
            requests: [Request(bank: 0, row: 0), Request(bank: 0, row: 0, column: 1)]
        ) { $1.column - $0.column },
        Gate(
            testDescription: "tCCD_L of writes, other bank", timing: \.tCCDLong,
            requests: [Request(bank: 0, row: 0, isWrite: true), Request(bank: 1, row: 0, isWrite: true)]
        ) { $1.column - $0.column },
        Gate(
            testDescription: "tCCD_S of reads", timing: \.tCCDShort,
            requests: [Request(bank: 0, row: 0), Request(bank: 2, row: 0)]
        ) { $1.column - $0.column },
        Gate(
            testDescription: "tCCD_S of writes", timing: \.tCCDShort,
            requests: [Request(bank: 0, row: 0, isWrite: true), Request(bank: 2, row: 0, isWrite: true)]
        ) { $1.column - $0.column },
        Gate(
            testDescription: "tRRD_L", timing: \.tRRDLong,
            requests: [Request(bank: 0, row: 0), Request(bank: 1, row: 0)]
        ) { $1.activate - $0.activate },
        Gate(
            testDescription: "tRRD_S", timing: \.tRRDShort,
            requests: [Request(bank: 0, row: 0), Request(bank: 2, row: 0)]
        ) { $1.activate - $0.activate },
        Gate(
            testDescription: "tFAW", timing: \.tFAW,
            requests: [
                Request(bank: 0, row: 0), Request(bank: 1, row: 0), Request(bank: 2, row: 0), Request(bank: 3, row: 0),
                Request(bank: 0, row: 1),
            ]
        ) { $1.activate - $0.activate },
        Gate(
            testDescription: "tWTR_L", timing: \.tWTRLong, constant: 4 + 2,
            requests: [Request(bank: 0, row: 0, isWrite: true), Request(bank: 1, row: 0, isLate: true)]
        ) { $1.column - $0.column },
        Gate(
            testDescription: "tWTR_S", timing: \.tWTRShort, constant: 4 + 2,
            requests: [Request(bank: 0, row: 0, isWrite: true), Request(bank: 2, row: 0, isLate: true)]
        ) { $1.column - $0.column },
        Gate(
            testDescription: "tRTP", timing: \.tRTP,
            requests: [Request(bank: 0, row: 0), Request(bank: 0, row: 1)]
        ) { $1.precharge - $0.column },
        Gate(
            testDescription: "tWR", timing: \.tWR, constant: 4 + 2,
            requests: [Request(bank: 0, row: 0, isWrite: true), Request(bank: 0, row: 1, isWrite: true)]
        ) { $1.precharge - $0.column },
        Gate(
            testDescription: "tRTRS of reads of two ranks", timing: \.tRTRS, constant: 2,
            requests: [Request(bank: 0, row: 0), Request(bank: 4, row: 0)]
        ) { $1.column - $0.column },
        Gate(
            testDescription: "tRTRS of a read and a write", timing: \.tRTRS, constant: 4 + 2 - 4,
            requests: [Request(bank: 0, row: 0), Request(bank: 1, row: 0, isWrite: true, isLate: true)]
        ) { $1.column - $0.column },
        Gate(
            testDescription: "CL of a read and a write", timing: \.readLatency, constant: 2 - 4,
            requests: [Request(bank: 0, row: 0), Request(bank: 1, row: 0, isWrite: true, isLate: true)]
        ) { $1.column - $0.column },
        Gate(
            testDescription: "CWL of a write and a read", timing: \.writeLatency, constant: 2 + 1,
            requests: [Request(bank: 0, row: 0, isWrite: true), Request(bank: 1, row: 0, isLate: true)]
        ) { $1.column - $0.column },
        Gate(
            testDescription: "CWL of a write and a read of another rank", timing: \.writeLatency, constant: 2 - 4,
            requests: [Request(bank: 0, row: 0, isWrite: true), Request(bank: 4, row: 0, isLate: true)]
        ) { $1.column - $0.column },
    ]

    @Test(arguments: gates) func blockedBeforeAndAllowedAt(_ gate: Gate) throws {
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
        }
    }

    @Test(arguments: [30, 31]) func readLatency(_ latency: Int) throws {
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

    @Test(arguments: [50, 51]) func refreshHoldsActivates(_ tRFC: Int) throws {
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

    @Test func refreshInterval() {
        var configuration = DRAMConfiguration()
        configuration.timings.tREFI = 5000
        let memory = DRAMController(configuration)
        #expect(memory.counters(at: 4999).refreshes == 0)
        #expect(memory.counters(at: 5000).refreshes == 1)
        #expect(memory.counters(at: 14_999).refreshes == 2)
        #expect(memory.counters(at: 15_000).refreshes == 3)
    }
}
