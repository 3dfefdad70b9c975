import DRAM
import Testing

/// Compares the model with DRAMsim3, case by case.
@Suite struct ComparisonTests {
    /// One case of the comparison.
    struct Case: Sendable {
        var name: String
        var expected: [String: Double]
        var result: DRAMResult

        /// The relative deviation of a figure from DRAMsim3's.
        func deviation(_ key: String, _ value: Int) -> Double {
            let wanted = expected[key] ?? .nan
            return (Double(value) - wanted) / wanted
        }

        var cycles: Double { deviation("cycles", result.cycles) }
        var activates: Double { deviation("activates", result.counters.activates) }

        var line: String {
            "\(name): cycles \(result.cycles), DRAMsim3 \(Int(expected["cycles"] ?? 0)) (\(percent(cycles))); "
                + "activates \(result.counters.activates), DRAMsim3 \(Int(expected["activates"] ?? 0)) "
                + "(\(percent(activates)))"
        }

        private func percent(_ value: Double) -> String { "\((value * 10000).rounded() / 100) %" }
    }

    /// All cases, run once, with concurrent memories.
    private static let cases = Task { () async throws -> [Case] in
        let rows = try Support.table("dramsim3.csv")
        return try await withThrowingTaskGroup(of: [Case].self) { group in
            for memory in Set(rows.compactMap { $0["config"] }) {
                let own = rows.filter { $0["config"] == memory }
                group.addTask { try own.map(run) }
            }
            return try await group.reduce(into: []) { $0 += $1 }.sorted { $0.name < $1.name }
        }
    }

    private static func run(_ row: [String: String]) throws -> Case {
        let memory = try #require(row["config"])
        let trace = try #require(row["case"])
        let result = try DRAMReplay.run(RequestTraces.make(trace), try Support.memory(named: memory))
        return Case(name: "\(memory) \(trace)", expected: row.compactMapValues(Double.init), result: result)
    }

    /// The value that `share` of all values do not exceed.
    private func quantile(_ values: [Double], _ share: Double) -> Double {
        values.map(abs).sorted()[min(values.count - 1, Int((Double(values.count) * share).rounded(.up)) - 1)]
    }

    private func worst(_ cases: [Case], by value: (Case) -> Double) -> String {
        cases.sorted { abs(value($0)) > abs(value($1)) }.prefix(8).map(\.line).joined(separator: "\n")
    }

    @Test func cyclesAreThoseOfDRAMsim3() async throws {
        let cases = try await Self.cases.value
        #expect(cases.count == 42)
        let off = cases.map(\.cycles)
        let worst = worst(cases, by: \.cycles)
        #expect(quantile(off, 0.5) <= 0.002, "the median\n\(worst)")
        #expect(quantile(off, 0.9) <= 0.02, "nine cases of ten\n\(worst)")
        #expect(quantile(off, 1) <= 0.05, "the worst case\n\(worst)")
    }

    @Test func activatesAreThoseOfDRAMsim3() async throws {
        let cases = try await Self.cases.value
        let worst = worst(cases, by: \.activates)
        #expect(quantile(cases.map(\.activates), 0.9) <= 0.02, "nine cases of ten\n\(worst)")
        #expect(quantile(cases.map(\.activates), 1) <= 0.05, "the worst case\n\(worst)")
    }

    @Test func commandsAreThoseOfDRAMsim3() async throws {
        for one in try await Self.cases.value {
            // Requests that are merged depend on what is pending when they come, so that one more or less is right.
            let columns = [("col_reads", one.result.counters.reads), ("col_writes", one.result.counters.writes)]
            for (key, value) in columns {
                #expect(abs(Double(value) - (one.expected[key] ?? .nan)) <= 2, "\(key) of \(one.line)")
            }
            let refreshes = Double(one.result.counters.refreshes)
            #expect(abs(refreshes - (one.expected["refreshes"] ?? .nan)) <= 3, "refreshes of \(one.line)")
        }
    }

    /// With throttled requests, latency is that of the memory, not of a queue.
    @Test func throttledLatencyIsThatOfDRAMsim3() async throws {
        for one in try await Self.cases.value where one.name.contains(" g_") {
            let wanted = one.expected["read_latency_avg"] ?? .nan
            #expect(abs(one.result.readLatency.mean - wanted) <= 0.02 * wanted, "mean of \(one.line)")
            #expect(Double(one.result.readLatency.median) == one.expected["read_latency_p50"], "median of \(one.line)")
        }
    }

    @Test func energyIsThatOfDRAMsim3() async throws {
        for one in try await Self.cases.value where abs(one.cycles) < 0.002 && abs(one.activates) < 0.005 {
            let energy = one.result.energy
            let standby = (one.expected["e_act_standby_uJ"] ?? .nan) + (one.expected["e_pre_standby_uJ"] ?? .nan)
            let pairs = [
                ("activate", energy.activate, one.expected["e_act_uJ"]),
                ("read", energy.read, one.expected["e_read_uJ"]),
                ("write", energy.write, one.expected["e_write_uJ"]),
                ("refresh", energy.refresh, one.expected["e_refresh_uJ"]), ("background", energy.background, standby),
            ]
            for (name, picojoules, expected) in pairs {
                let (observed, wanted) = (picojoules / 1e6, expected ?? .nan)
                #expect(
                    abs(observed - wanted) <= 0.015 * wanted + 0.001,
                    "\(name): \(observed) uJ, \(wanted) in \(one.name)")
            }
        }
    }
}
