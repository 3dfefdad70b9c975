import Files
import Hardware
import TestSupport
import Testing
import Traces

@testable import Engine

/// Operations that do not multiply, on the vector unit (page `VectorUnit`).
@Suite struct VectorUnitTests {
    /// Cycles and their ledger are those of a machine that is stepped cycle by cycle.
    @Test func cyclesAreThoseOfTheNaiveUnit() throws {
        let seed: UInt64 = 15
        var random = SeededGenerator(seed: seed)
        var (parts, waits) = (0, [0, 0])
        for round in 0..<600 {
            var machine = Configuration()
            machine.dram = .bandwidth(bytesPerCycle: random.number(1...24), latency: random.number(0...30))
            machine.inputBuffer.capacity = Bytes(random.number(8...300))
            machine.inputBuffer.chunk = Bytes(random.number(1...machine.inputBuffer.capacity.count))
            machine.outputBuffer.capacity = Bytes(random.number(1...200))
            machine.vectorUnit.lanes = random.number(1...20)
            machine.vectorUnit.operations = random.number(1...2)
            machine.vectorUnit.latency = random.number(0...9)
            let work = VectorWork(
                read: random.number(0...400), written: random.number(0...400), operations: random.number(0...2000),
                readBytes: random.pick([0, random.number(0...600)]),
                writtenBytes: random.pick([0, random.number(0...600)]))
            let naive = NaiveVector(work, machine)
            let simulation = VectorSimulation(name: "x", work: work, configuration: machine)
            let activity = try simulation.run()
            let place = "seed \(seed), round \(round): \(work)"
            #expect(simulation.parts.count == naive.count, "\(place)")
            #expect(activity.cycles == naive.cycles, "\(place)")
            #expect(activity.timing.held[.dramInputs] == naive.waitedForInputs, "\(place)")
            #expect(activity.timing.held[.dramOutputs] == naive.waitedForOutputs, "\(place)")
            #expect(activity.timing.held[.vectorUnit] == naive.worked, "\(place)")
            #expect(activity.memory.inputBytes == work.readBytes && activity.memory.outputBytes == work.writtenBytes)
            parts = max(parts, naive.count)
            waits[0] += naive.waitedForInputs
            waits[1] += naive.waitedForOutputs
        }
        #expect(parts > 20 && waits[0] > 1000 && waits[1] > 1000)
    }

    /// 2 x 2 windows of 16 x 16 values in 4 channels: 1024 values in, 1024 comparisons, 256 values out; 16 lanes take 64 cycles.
    @Test func aPoolOnPaper() throws {
        let pool = StandaloneOperation(
            name: "pool", kind: .pool, source: "max_pool2d", inputs: ["conv"], inputShapes: [[1, 4, 16, 16]],
            outputShapes: [[1, 4, 8, 8]], window: 4, bytesRead: 4096, bytesWritten: 1024)
        var machine = Configuration()
        machine.mapping.activationStorage = .dense
        let work = try #require(Self.work(of: pool, on: machine))
        #expect((work.operations, work.read, work.written) == (1024, 1024, 256))
        #expect((work.readBytes, work.writtenBytes) == (2048, 512))
        let ideal = try VectorSimulation(name: "pool", work: work, configuration: machine).run()
        #expect(ideal.cycles == 64 + 4)
        #expect(ideal.timing.held[.vectorUnit] == 68)
        #expect(ideal.array.slots[.vectorUnit] == 68 * machine.multipliers)
        #expect(ideal.multiplyReduction == nil)
        // 8 bytes a cycle: 256 cycles for the operands in one place of 4 KiB, 64 of the lanes, 4 of latency, 64 for the results.
        machine.dram = .bandwidth(bytesPerCycle: 8, latency: 10)
        let behind = try VectorSimulation(name: "pool", work: work, configuration: machine).run()
        #expect(behind.cycles == 10 + 256 + 64 + 4 + 64)
        #expect(behind.timing.held[.dramInputs] == 266 && behind.timing.held[.dramOutputs] == 64)
        // In four parts of 512 bytes only the last quarter of the work stands behind the last operand.
        machine.inputBuffer.chunk = Bytes(512)
        let parts = try VectorSimulation(name: "pool", work: work, configuration: machine).run()
        #expect(parts.cycles < behind.cycles && parts.cycles >= 256 + 64)
        #expect(parts.memory.bytes == 2048 + 512)
    }

    @Test(arguments: [
        (StandaloneOperation.Kind.elementwise, "add", 2, 64), (.elementwise, "relu", 1, 64),
        (.elementwise, "cat", 3, 128),
        (.elementwise, "softmax", 1, 320), (.elementwise, "layer_norm", 3, 448), (.elementwise, "batch_norm", 5, 128),
        (.elementwise, "local_response_norm", 1, 576),
        (.move, "cat", 2, 0), (.pool, "adaptive_avg_pool2d", 1, 64),
    ])
    func operationsAreCounted(kind: StandaloneOperation.Kind, source: String, operands: Int, expected: Int) throws {
        let operation = StandaloneOperation(
            name: "o", kind: kind, source: source, inputs: ["a"],
            inputShapes: Array(repeating: [1, 64], count: operands),
            outputShapes: [[1, 64]], bytesRead: 1, bytesWritten: 1)
        let work = try #require(Self.work(of: operation, on: Configuration()))
        #expect(work.operations == expected)
        #expect(work.turns == max(expected, 64 * operands))
    }

    /// A bitmask stores a bit a value and the values that are not zero: of half of 64 values 8 + 64 bytes.
    @Test func knownZerosAreNotMoved() throws {
        let add = StandaloneOperation(
            name: "sum", kind: .elementwise, source: "add", inputs: ["a", "b"], inputShapes: [[64], [64]],
            outputShapes: [[64]], bytesRead: 1, bytesWritten: 1)
        let work = try #require(
            VectorWork(
                add, density: { $0 == "a" ? .pixels(0.5) : .unknown }, datatype: Datatype(), storage: .bitmask))
        #expect(work.readBytes == (8 + 64) + (8 + 128) && work.writtenBytes == 8 + 128)
        #expect(work.readCount.nonZeros == 32 + 64 && work.readIndexBits == 128)
    }

    /// A crop of a quarter of a map reads a quarter of it.
    @Test func aMoveReadsWhatItsBytesSay() throws {
        let crop = StandaloneOperation(
            name: "crop", kind: .move, source: "slice", inputs: ["a"], inputShapes: [[1, 4, 8, 8]],
            outputShapes: [[1, 4, 4, 4]], bytesRead: 256, bytesWritten: 256)
        let work = try #require(Self.work(of: crop, on: Configuration()))
        #expect(work.read == 64 && work.written == 64 && work.turns == 64)
    }

    /// 2^20 values of 16 bit in chunks of a byte.
    @Test func tooManyPartsAreRefused() throws {
        var machine = Configuration()
        machine.dram = .bandwidth(bytesPerCycle: 8, latency: 0)
        machine.inputBuffer.chunk = Bytes(1)
        let work = VectorWork(
            read: 1 << 24, written: 1, operations: 1, readBytes: 1 << 25, writtenBytes: 2)
        let error = #expect(throws: InputError.self) {
            try VectorSimulation(name: "big", work: work, configuration: machine).run()
        }
        #expect(error?.message.contains("operation \"big\" comes in 33554432 parts, more than 2^24") == true)
    }

    /// All layers selected are the whole network; fewer leave its operations out, and say so.
    @Test func operationsRunWithAllLayers() async throws {
        let trace = Self.pooled
        let model = CycleModel(Configuration())
        let whole = try await model.run(trace)
        #expect(whole.operations.map(\.name) == ["pool"] && whole.notSimulated.isEmpty)
        #expect(whole.total.cycles == whole.layers.reduce(0) { $0 + $1.activity.cycles } + 20)
        #expect(whole.total.workload.denseMultiplies == 64 * 16 + 16 * 16)
        let named = try await model.run(trace, only: [0, 1])
        #expect(named.total == whole.total)
        let part = try await model.run(trace, only: [1])
        #expect(part.operations.isEmpty && part.notSimulated.map(\.name) == ["pool"])
    }

    /// The pool's operand has at most as many values that are not zero as its results, of which half are zero.
    @Test func operandsOfPoolsAreStoredAsTheirReadersSay() async throws {
        var machine = Configuration()
        machine.mapping.activationStorage = .bitmask
        machine.dram = .bandwidth(bytesPerCycle: 8, latency: 4)
        let result = try await CycleModel(machine).run(Self.pooled)
        let half = (256 + 128 * 16) / 8
        #expect(result.layers[0].activity.outputs.bytes == half)
        let pool = try #require(result.operations.first).activity
        #expect(pool.inputs.loadedBytes == half && pool.outputs.bytes == (64 + 32 * 16) / 8)
    }

    /// A 1 x 1 layer, a pool of 2 x 2 windows on its 4 x 8 x 8 outputs, and a layer of which half of the inputs are zero.
    private static let pooled: Trace = {
        func layer(_ name: String, _ input: String, edge: Int, density: Double) -> Layer {
            var shape = LayerShape(channels: 4, filters: 4)
            (shape.height, shape.width) = (edge, edge)
            var layer = Layer(
                name: name, shape: shape, weights: .density(1, .spatial, Spread()),
                activations: .density(density, .spatial, Spread()))
            layer.inputs = [input]
            return layer
        }
        var graph = TraceGraph()
        graph.operations = [
            StandaloneOperation(
                name: "pool", kind: .pool, source: "max_pool2d", inputs: ["a"], inputShapes: [[1, 4, 8, 8]],
                outputShapes: [[1, 4, 4, 4]], window: 4, bytesRead: 1024, bytesWritten: 256)
        ]
        return Trace(
            model: "m", layers: [layer("a", "x", edge: 8, density: 1), layer("b", "pool", edge: 4, density: 0.5)],
            graph: graph)
    }()

    @Test func anotherBatchIsNotSimulated() {
        let pool = StandaloneOperation(name: "p", kind: .pool, source: "max_pool2d", bytesRead: nil, bytesWritten: nil)
        #expect(Self.work(of: pool, on: Configuration()) == nil)
    }

    private static func work(of operation: StandaloneOperation, on machine: Configuration) -> VectorWork? {
        VectorWork(
            operation, density: { _ in .unknown }, datatype: machine.datatype,
            storage: machine.mapping.activationStorage)
    }
}
