import DRAM
import Files
import Hardware
import Synchronization
import TestSupport
import Testing
import Traces
import YAML

@testable import Engine

@Suite struct SharedCacheTests {
    private struct Refused: Error {}

    /// Concurrent requests make a value once.
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

    @Test func leastRecentlyUsedValuesAreEvictedFirst() throws {
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
        // b was evicted, as a was used after it.
        try ask("a", 4)
        try ask("b", 4)
        #expect(made == ["a", "b", "c", "b"] && cache.bytes == 8)
        // A value that does not fit is returned and not kept.
        try ask("large", 11)
        #expect(cache.bytes == 0)
        try ask("large", 11)
        #expect(made.suffix(2) == ["large", "large"])
    }

    /// When the cache is full, an eighth of it is freed at once.
    @Test func evictionFreesAnEighthAtOnce() throws {
        let cache = SharedCache<Int, Int>(limit: 80)
        for key in 0..<80 { _ = try cache.value(key) { (key, 1) } }
        #expect(cache.bytes == 80)
        _ = try cache.value(80) { (80, 1) }
        #expect(cache.bytes == 70)
        #expect(try cache.value(11) { (0, 1) } == 11, "the seventy that were used last are there")
        #expect(try cache.value(10) { (0, 1) } == 0)
    }

    @Test func growingValuesEvictOthers() throws {
        let cache = SharedCache<String, Int>(limit: 10)
        for (value, key) in ["a", "b"].enumerated() { _ = try cache.value(key) { (value, 3) } }
        cache.grow("b", by: 3)
        #expect(cache.bytes == 9)
        cache.grow("b", by: 2)
        #expect(cache.bytes == 8)
        #expect(try cache.value("b") { (7, 3) } == 1)
        // An evicted value has no cost.
        cache.grow("a", by: 5)
        #expect(cache.bytes == 8)
    }

    @Test func errorsAreNotKept() throws {
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

@Suite struct SharingTests {
    /// Machines that differ in every key of sharing, and in other keys.
    private static func machine(_ random: inout SeededGenerator) -> Configuration {
        var machine = Configuration()
        machine.peArray.rows = random.pick([2, 4])
        machine.peArray.lookahead = random.number(1...3)
        machine.peArray.zeroSkipping = random.pick(ZeroSkipping.allCases)
        machine.mapping.step = random.pick(StepForm.allCases)
        machine.mapping.stepWidth = random.pick([8, 16])
        machine.mapping.algorithm = random.pick([.auto, .winograd])
        machine.mapping.tile = 2
        machine.mapping.activationStorage = random.pick([.dense, .bitmask, .transformed])
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
            let simulator = CycleModel(machine)
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

    /// Machines that run a layer in the same form may have requested different algorithms.
    @Test func notesAreThoseOfEachMachine() async throws {
        var shape = LayerShape(channels: 2, filters: 2)
        (shape.height, shape.width, shape.kernelHeight, shape.kernelWidth, shape.strideHeight) = (9, 9, 3, 3, 2)
        let density = OperandSource.density(0.5, .spatial, Spread())
        let trace = Trace(
            model: "m", layers: [Layer(name: "l", shape: shape, weights: density, activations: density)])
        let cache = SimulationCache(limit: .kibibytes(1 << 10))
        for (algorithm, note) in [
            (.direct, nil), (.auto, "runs direct: its stride is 2x1, not 1"), (.direct, nil),
        ] as [(AlgorithmChoice, String?)] {
            var machine = Configuration()
            machine.mapping.algorithm = algorithm
            let result = try await CycleModel(machine).run(trace, sharing: (cache: cache, trace: 0))
            #expect(result.layers.map(\.note) == [note])
        }
    }

    /// Small layers whose operands wait for each other's blocks: a Winograd-domain kernel, a spatial one, and a linear
    /// layer.
    private static func layers() -> [Layer] {
        var kernel = LayerShape(channels: 20, filters: 24)
        (kernel.height, kernel.width) = (10, 10)
        (kernel.kernelHeight, kernel.kernelWidth, kernel.paddingHeight, kernel.paddingWidth) = (3, 3, 1, 1)
        func layer(_ name: String, _ shape: LayerShape, _ domain: Domain, _ density: Double) -> Layer {
            Layer(
                name: name, shape: shape, relu: domain == .winograd ? .winograd : .spatial,
                weights: .density(density, domain, Spread()), activations: .density(density, domain, Spread()))
        }
        return [
            layer("winograd", kernel, .winograd, 0.4), layer("spatial", kernel, .spatial, 0.5),
            layer("linear", LayerShape(channels: 300, filters: 60), .spatial, 0.3),
        ]
    }

    /// Machines often make the same requests at the same times, and often diverge: each has the results of an unshared
    /// memory.
    @Test func sharedMemoriesAnswerAsUnsharedOnes() throws {
        let seed: UInt64 = 12
        var random = SeededGenerator(seed: seed)
        let cache = SimulationCache(limit: .kibibytes(1 << 16))
        let memories = try [
            "{standard: LPDDR4-3200, channels: 2, address_mapping: ro ra ba bg co ch}", "{standard: DDR4-2400}",
            "{standard: HBM2}",
        ].map {
            try DRAMConfiguration.decode(Document.parse($0, file: "test"), presets: shippedPresets)
        }
        let layers = Self.layers()
        var ran = 0
        for round in 0..<1500 {
            var machine = Configuration()
            machine.peArray.rows = random.pick([2, 4])
            machine.peArray.columns = 4
            machine.peArray.multipliers = random.pick([2, 4, 16])
            machine.peArray.fifoDepth = random.pick([2, 8])
            machine.peArray.lookahead = random.number(1...2)
            machine.peArray.zeroSkipping = random.pick([.both, .weights])
            machine.weightBuffer.capacity = random.pick([.kibibytes(4), .kibibytes(64), .kibibytes(64)])
            machine.inputBuffer.capacity = random.pick([.kibibytes(8), .kibibytes(64), .kibibytes(64)])
            machine.weightBuffer.chunk = random.pick([Bytes(512), Bytes(1024)])
            machine.inputBuffer.chunk = Bytes(512)
            machine.outputBuffer.capacity = random.pick([.kibibytes(1), .kibibytes(16)])
            machine.outputTransform.latency = random.pick([2, 9])
            machine.mapping.algorithm = .auto
            machine.mapping.tile = 2
            machine.clock = random.pick([.megahertz(300), .megahertz(1000)])
            machine.dram = .standard(MemoryStandard(random.pick(memories)))
            let layer = random.pick(layers)
            func run(_ cache: SimulationCache?) throws -> Activity {
                try LayerSimulation(
                    lowered: LoweredLayer(layer, machine), configuration: machine,
                    nextDensity: .pixels(0.5), cache: cache
                ).run().activity
            }
            do {
                let alone = try run(nil)
                #expect(try run(cache) == alone, "seed \(seed), round \(round): \(layer.name) on \(machine)")
                ran += 1
            } catch let error as InputError {
                #expect(throws: error) { try run(cache) }
            }
        }
        #expect(ran > 1000)
        #expect(cache.replays > ran / 12 && cache.replays < ran * 9 / 10, "\(cache.replays) of \(ran)")
    }
}
