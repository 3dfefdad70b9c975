import Hardware
import Synchronization
import TestSupport
import Testing
import Traces

@testable import Simulation

@Suite struct SharedCacheTests {
    private struct Refused: Error {}

    /// However many ask at once, a value is made once.
    @Test func valuesAreMadeOnce() async throws {
        let cache = SharedCache<Int, Int>(limit: 1000)
        let made = Counts()
        let sums = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    try (0..<50).reduce(0) { sum, key in
                        try sum
                            + cache.value(key) {
                                made.add(key)
                                return (key * key, 8)
                            }
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(sums) == [(0..<50).reduce(0) { $0 + $1 * $1 }])
        #expect(made.all == Dictionary(uniqueKeysWithValues: (0..<50).map { ($0, 1) }))
        #expect(cache.bytes == 400)
    }

    @Test func whatWasUsedLongestAgoGoesFirst() throws {
        let cache = SharedCache<String, String>(limit: 10)
        var made: [String] = []
        func ask(_ key: String, _ cost: Int) throws {
            let value = try cache.value(key) {
                made.append(key)
                return (key + key, cost)
            }
            #expect(value == key + key)
        }
        for key in ["a", "b", "a", "c"] { try ask(key, 4) }
        #expect(made == ["a", "b", "c"] && cache.bytes == 8)
        // b went, as a was used after it.
        try ask("a", 4)
        try ask("b", 4)
        #expect(made == ["a", "b", "c", "b"] && cache.bytes == 8)
        // What does not fit is given out and not kept, whatever else there is.
        try ask("large", 11)
        #expect(cache.bytes == 0)
        try ask("large", 11)
        #expect(made.suffix(2) == ["large", "large"])
    }

    @Test func whatIsThrownIsNotKept() throws {
        let cache = SharedCache<Int, Int>(limit: 10)
        #expect(throws: Refused.self) { try cache.value(1) { throw Refused() } }
        #expect(try cache.value(1) { (7, 1) } == 7)
        #expect(try cache.value(1) { throw Refused() } == 7)
    }

    private final class Counts: Sendable {
        private let counts = Mutex<[Int: Int]>([:])

        func add(_ key: Int) { counts.withLock { $0[key, default: 0] += 1 } }

        var all: [Int: Int] { counts.withLock { $0 } }
    }
}

@Suite("What runs share")
struct SharingTests {
    /// Machines that differ in everything that sharing looks at, and in much that it does not.
    private static func machine(_ random: inout SeededGenerator) -> Configuration {
        var machine = Configuration()
        machine.peArray.rows = random.pick([2, 4])
        machine.peArray.lookahead = random.number(1...3)
        machine.peArray.zeroSkipping = random.pick(ZeroSkipping.allCases)
        machine.mapping.step = random.pick(StepForm.allCases)
        machine.mapping.stepWidth = random.pick([8, 16])
        machine.mapping.algorithm = random.pick([.auto, .winograd])
        machine.mapping.tile = 2
        machine.mapping.activationStorage = random.pick([.dense, .bitmask])
        machine.datatype.quantize = random.below(2) == 0
        machine.datatype.weights = random.pick([8, 4])
        machine.energy.technology = random.pick([45, 32])
        machine.name = random.pick(["a", "b"])
        return machine
    }

    /// Real operands and drawn ones: a layer of a kernel, a linear one, and the ReLU in either domain.
    @Test func resultsAreThoseOfRunsAlone() async throws {
        let digits = try Trace.load(path: "\(repository)/Traces/digits/trace.yaml")
        let pruned = try Trace.load(path: "\(repository)/Traces/digits/spatial-pruned.yaml")
        var drawn = try Trace.load(path: "\(repository)/Traces/convpool-cnn-c/winograd-relu.yaml")
        drawn.layers = Array(drawn.layers.suffix(2))
        let traces = [digits, pruned, drawn]
        let seed: UInt64 = 8
        var random = SeededGenerator(seed: seed)
        let cache = SimulationCache(limit: .kibibytes(1 << 15))
        for _ in 0..<24 {
            let machine = Self.machine(&random)
            let number = random.below(traces.count)
            let trace = traces[number]
            let layers = Array(trace.layers.indices.suffix(2))
            let simulator = Simulator(machine)
            let alone = try await simulator.run(trace, only: layers)
            for _ in 0..<2 {
                let shared = try await simulator.run(trace, only: layers, sharing: (cache: cache, trace: number))
                #expect(shared.layers.map(\.activity) == alone.layers.map(\.activity), "seed \(seed): \(machine)")
                #expect(shared.layers.map(\.algorithm) == alone.layers.map(\.algorithm), "seed \(seed)")
                #expect(shared.configuration == machine)
            }
        }
        #expect(cache.bytes > Bytes(100_000) && cache.bytes <= .kibibytes(1 << 15))
    }
}
