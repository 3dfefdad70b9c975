import TestSupport
import Testing

@testable import Engine

@Suite struct ResidencyTests {
    /// N chunks in turn, of which R stay: each round but the first loads N - R.
    @Test func cyclicOrdersLoadWhatIsNotHeld() {
        for (chunks, rounds) in [(1, 5), (4, 3), (16, 10)] {
            let uses = (0..<chunks * rounds).map { Int32($0 % chunks) }
            for held in 0...chunks {
                let plan = Residency(uses, chunks: chunks, held: held)
                #expect(plan.loads.count == chunks + (rounds - 1) * (chunks - held), "\(held) of \(chunks)")
            }
            #expect(Residency(uses, chunks: chunks, held: nil).loads.count == chunks)
        }
    }

    /// The fewest loads from a use on with some chunks held, by trying every choice.
    private func fewest(_ uses: ArraySlice<Int32>, _ kept: Set<Int32>, _ held: Int, _ known: inout [[Int32]: Int])
        -> Int
    {
        guard let chunk = uses.first else { return 0 }
        let key = [Int32(uses.count)] + kept.sorted()
        if let answer = known[key] { return answer }
        let rest = uses.dropFirst()
        let cost = kept.contains(chunk) ? 0 : 1
        var best = fewest(rest, kept.subtracting([chunk]), held, &known)
        let with = kept.union([chunk])
        if with.count <= held { best = min(best, fewest(rest, with, held, &known)) }
        if !kept.contains(chunk) && held > 0 {
            for other in kept { best = min(best, fewest(rest, with.subtracting([other]), held, &known)) }
        }
        known[key] = cost + best
        return cost + best
    }

    /// No choice of what to hold loads fewer chunks, and what a buffer holds a larger one holds too.
    @Test func plansAreOptimalAndGrowWithTheBuffer() {
        let seed: UInt64 = 71
        var random = SeededGenerator(seed: seed)
        for round in 0..<300 {
            let chunks = random.number(1...5)
            let uses = (0..<random.number(1...14)).map { _ in Int32(random.number(0...chunks - 1)) }
            var larger: Set<Int>?
            for held in (0...chunks).reversed() {
                let plan = Residency(uses, chunks: chunks, held: held)
                var known: [[Int32]: Int] = [:]
                #expect(
                    plan.loads.count == fewest(uses[...], [], held, &known),
                    "seed \(seed), round \(round), \(held) held")
                // The first use of each load.
                var loading: Set<Int> = []
                for (use, load) in plan.loadOfUse.enumerated() where Int(load) == loading.count { loading.insert(use) }
                if let larger { #expect(larger.isSubset(of: loading), "seed \(seed), round \(round), \(held) held") }
                larger = loading
                for (use, load) in plan.loadOfUse.enumerated() { #expect(plan.loads[Int(load)] == uses[use]) }
                #expect(mostHeld(plan) <= held, "seed \(seed), round \(round)")
            }
        }
    }

    /// Long orders of many chunks, against a list of what is held that is searched through at each use.
    @Test func longOrdersLoadWhatALookAtTheFutureSays() {
        let seed: UInt64 = 72
        var random = SeededGenerator(seed: seed)
        for round in 0..<200 {
            let chunks = random.number(4...40)
            let held = random.number(0...chunks)
            let uses = (0..<300).map { _ in Int32(random.number(0...chunks - 1)) }
            let expected = NaivePlaces(count: held, staged: 0).loads(
                uses.enumerated().map {
                    NaiveUse(chunk: NaiveChunkPlace(group: Int($1), index: 0), bundles: [$0])
                })
            let plan = Residency(uses, chunks: chunks, held: held)
            #expect(plan.loads.map(Int.init) == expected.map(\.chunk.group), "seed \(seed), round \(round)")
        }
    }

    /// The most loads that are kept from one use to a later one.
    private func mostHeld(_ plan: Residency) -> Int {
        (0..<max(0, plan.loadOfUse.count - 1)).map { use in
            Set(plan.loadOfUse[...use]).intersection(plan.loadOfUse[(use + 1)...]).count
        }.max() ?? 0
    }
}
