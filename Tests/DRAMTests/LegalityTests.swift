import Testing

@testable import DRAM

/// Random timings and requests: no command violates a timing, and no request is lost.
@Suite struct LegalityTests {
    /// A memory with small random timings and queues.
    static func memory(_ random: inout SplitMix64) -> DRAMConfiguration {
        var configuration = Bench.loose
        configuration.organization.ranks = 1 << random.below(2)
        configuration.organization.bankGroups = 1 << random.below(3)
        configuration.organization.banksPerGroup = 1 << random.below(3)
        configuration.organization.burstCycles = 1 + random.below(4)
        for name in DRAMTimings.names where name.name != "tREFI" {
            configuration.timings[keyPath: name.path] = 1 + random.below(20)
        }
        configuration.timings.tFAW = 4 + random.below(60)
        configuration.readQueue = 1 + random.below(12)
        configuration.writeQueue = 1 + random.below(12)
        configuration.bankQueue = 1 + random.below(6)
        return configuration
    }

    @Test(arguments: 0..<300) func everyCommandIsAllowed(seed: Int) throws {
        var random = SplitMix64(seed: UInt64(seed))
        let configuration = Self.memory(&random)
        var bench = Bench(configuration)
        defer { bench.deallocate() }
        var cycle = 0
        let rows = 1 + random.below(4)
        for _ in 0..<150 {
            bench.accept(
                bank: random.below(configuration.organization.banks), row: random.below(rows),
                column: random.below(configuration.organization.columns), isWrite: random.below(3) == 0, at: cycle)
            cycle += random.below(8)
        }
        bench.run()
        let fault = Self.fault(bench.bookings, configuration)
        #expect(fault == nil, "seed \(seed): \(fault ?? "")")
        #expect(bench.counters.activates == bench.bookings.filter { $0.activate >= 0 }.count)
        #expect(bench.counters.reads + bench.counters.writes == bench.bookings.count)
    }

    /// The first timing that bookings violate, from all pairs of commands.
    static func fault(_ bookings: [Booking], _ configuration: DRAMConfiguration) -> String? {
        let timings = configuration.timings
        let burst = configuration.organization.burstCycles
        let perGroup = configuration.organization.banksPerGroup
        let perRank = perGroup * configuration.organization.bankGroups
        func group(_ b: Booking) -> Int { b.bank / perGroup }
        func rank(_ b: Booking) -> Int { b.bank / perRank }

        for bank in Set(bookings.map(\.bank)) {
            var last: (activate: Int, closable: Int)?
            for one in bookings where one.bank == bank {
                if one.activate >= 0 {
                    if let last {
                        if one.precharge < last.closable { return "precharge at \(one.precharge) too early" }
                        if one.activate < one.precharge + timings.tRP { return "tRP at \(one.activate)" }
                        if one.activate < last.activate + timings.tRC { return "tRC at \(one.activate)" }
                    }
                    last = (one.activate, one.activate + timings.tRAS)
                }
                guard let open = last else { return "a column command of a closed bank" }
                if one.column < open.activate + timings.tRCD { return "tRCD at \(one.column)" }
                let wait = one.isWrite ? timings.writeLatency + burst + timings.tWR : timings.tRTP
                last = (open.activate, max(open.closable, one.column + wait))
            }
        }

        let columns = bookings.sorted { $0.column < $1.column }
        for (i, a) in columns.enumerated() {
            for b in columns[(i + 1)...] {
                let same = rank(a) == rank(b)
                let ccd = max(burst, group(a) == group(b) ? timings.tCCDLong : timings.tCCDShort)
                let wtr = group(a) == group(b) ? timings.tWTRLong : timings.tWTRShort
                let turn = timings.readLatency + burst + timings.tRTRS - timings.writeLatency
                let other = timings.writeLatency + burst + timings.tRTRS - timings.readLatency
                let least =
                    switch (a.isWrite, b.isWrite) {
                    case (false, false): same ? ccd : burst + timings.tRTRS
                    case (true, true): same ? ccd : burst
                    case (false, true): turn
                    case (true, false): same ? timings.writeLatency + burst + wtr : other
                    }
                if b.column < a.column + max(1, least) {
                    return "column commands at \(a.column) and \(b.column), at least \(least) apart"
                }
            }
        }

        let activates = bookings.filter { $0.activate >= 0 }.sorted { $0.activate < $1.activate }
        for r in 0..<configuration.organization.ranks {
            let own = activates.filter { rank($0) == r }
            for (i, a) in own.enumerated() {
                for b in own[(i + 1)...] {
                    let least = group(a) == group(b) ? timings.tRRDLong : timings.tRRDShort
                    if b.activate < a.activate + least { return "tRRD at \(b.activate)" }
                }
                if i + 4 < own.count, own[i + 4].activate < a.activate + timings.tFAW {
                    return "tFAW at \(own[i + 4].activate)"
                }
            }
        }
        return nil
    }

    /// Every read is answered once and after its time, on any memory.
    @Test(arguments: 0..<100) func everyReadIsAnsweredOnce(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed) + 1000)
        var configuration = Self.memory(&random)
        configuration.organization.channels = 1 << random.below(3)
        // The shortest interval of refreshes that is allowed leaves time for all the same.
        configuration.timings.tREFI =
            configuration.timings.longestService(
                burst: configuration.organization.burstCycles, banks: configuration.organization.banks) + 1
        let memory = DRAMController(configuration)
        var offered: [Int: Int] = [:]
        var answered: Set<Int> = []
        var cycle = 0
        func take(_ answer: DRAMCompletion) {
            #expect(answered.insert(answer.tag).inserted, "seed \(seed): \(answer.tag) answered twice")
            let start = offered[answer.tag] ?? Int.max
            #expect(
                answer.cycle > start, "seed \(seed): \(answer.tag) offered at \(start), answered at \(answer.cycle)")
        }
        for tag in 0..<400 {
            let isWrite = random.below(3) == 0
            let address = random.below(1 << 14) & ~(configuration.organization.requestBytes - 1)
            while let later = memory.offer(address, isWrite: isWrite, at: cycle, tag: tag) {
                #expect(later > cycle, "seed \(seed): refused at \(cycle) until \(later)")
                cycle = later
            }
            if !isWrite { offered[tag] = cycle }
            cycle += random.below(6)
            if random.below(4) == 0, let answer = memory.takeCompletion() { take(answer) }
        }
        let end = memory.drain()
        while let answer = memory.takeCompletion() {
            take(answer)
            #expect(answer.cycle <= end)
        }
        #expect(answered == Set(offered.keys), "seed \(seed)")
        #expect(memory.nextDecision() == nil)
    }
}
