import Testing

@testable import DRAM

/// The laws that a replay checks.
@Suite struct LawTests {
    private static let changes: [(String, @Sendable (inout DRAMResult) -> Void)] = [
        ("bursts and", { $0.counters.reads += 1 }), ("merged requests", { $0.mergedRequests += 1 }),
        ("reads and", { ($0.readRequests, $0.writeRequests) = ($0.requests - 1, 1) }),
        ("busy for", { $0.counters.idle[.row] += 1 }), ("busy for", { $0.cycles -= 1 }),
        (
            "delays bursts",
            { (one: inout DRAMResult) in
                one.counters.idle[.queue] += one.counters.idle[.row] + 1
                one.counters.idle[.row] = -1
            }
        ),
        ("hits and", { $0.counters.rowHits += 1_000_000 }), ("hits and", { $0.counters.activates = 0 }),
        ("rows are open", { $0.counters.activates += 17 }),
        ("all rows closed", { $0.counters.prechargedCycles = $0.cycles + 1 }),
        ("refreshes, and", { $0.counters.refreshes += 1 }),
    ]

    private static var whole: DRAMResult {
        get throws {
            let requests = RequestTraces.random(3000, span: 1 << 16, seed: 9, writeEvery: 3)
            return try DRAMReplay.run(requests, DRAMConfiguration())
        }
    }

    @Test func aReplayObeysTheLaws() throws { try Self.whole.checkLaws() }

    @Test(arguments: changes.indices) func brokenLawsAreNamed(_ index: Int) throws {
        let (message, change) = Self.changes[index]
        var result = try Self.whole
        change(&result)
        let error = try #require(throws: BrokenMemoryLaw.self) { try result.checkLaws() }
        #expect(error.description.contains(message), "\(error)")
    }

    /// Random memories, and traces with hits, misses, merges and turnarounds.
    @Test(arguments: 0..<150) func randomReplaysObeyTheLaws(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed) + 5000)
        var memory = LegalityTests.memory(&random)
        memory.organization.channels = 1 << random.below(3)
        memory.timings.tREFI =
            memory.timings.longestService(burst: memory.organization.burstCycles, banks: memory.organization.banks)
            + 1 + random.below(500)
        let span = 1 << (8 + random.below(14))
        let pause = 1 + random.below(30)
        var cycle = 0
        let requests = (0..<500).map { _ in
            cycle += random.below(4) == 0 ? random.below(pause) : 0
            return DRAMRequest(address: random.below(span), isWrite: random.below(3) == 0, cycle: cycle)
        }
        #expect(throws: Never.self, "seed \(seed)") {
            let result = try DRAMReplay.run(requests, memory)
            #expect(result.fractionOfPeak <= 1)
        }
    }
}
