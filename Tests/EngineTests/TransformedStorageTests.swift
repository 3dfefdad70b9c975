import Files
import Hardware
import Tensors
import TestSupport
import Testing
import Traces
import Winograd

@testable import Engine

/// `activation_storage: transformed` (page `BuffersAndTraffic`).
@Suite struct TransformedStorageTests {
    private func shape(channels: Int = 1, filters: Int = 1, taps: Int = 3, map: Int = 4) -> LayerShape {
        var shape = LayerShape(channels: channels, filters: filters)
        (shape.height, shape.width) = (map, map)
        (shape.kernelHeight, shape.kernelWidth) = (taps, taps)
        (shape.paddingHeight, shape.paddingWidth) = (taps / 2, taps / 2)
        return shape
    }

    private func drawn(_ name: String, _ shape: LayerShape, _ density: Double, _ domain: Domain) -> Layer {
        Layer(
            name: name, shape: shape, relu: domain == .winograd ? .winograd : .spatial,
            weights: .density(1, domain, Spread()), activations: .density(density, domain, Spread()))
    }

    private func machine(_ memory: Memory = .bandwidth(bytesPerCycle: 8, latency: 3)) -> Configuration {
        var machine = Configuration()
        machine.mapping.activationStorage = .transformed
        machine.dram = memory
        return machine
    }

    /// 4 tiles of 16 positions, each a bit and a value of 16 bits, are 136 bytes: 68 bits for each of 16 pixels.
    @Test(arguments: [Memory.ideal, .bandwidth(bytesPerCycle: 8, latency: 3)])
    func tilesAreStoredOnceAndLoaded(memory: Memory) async throws {
        let trace = Trace(
            model: "two", layers: [drawn("first", shape(taps: 1), 1, .spatial), drawn("second", shape(), 1, .winograd)])
        let layers = try await CycleModel(machine(memory)).run(trace).layers.map(\.activity)
        #expect(layers[0].outputs.bytes == 136 && layers[0].memory.outputBytes == 136)
        #expect(layers[0].outputs.encoded == ValueCount(values: 64, nonZeros: 64))
        #expect(layers[0].outputs.indexBits == 64 && layers[0].outputs.values == 16)
        // A direct layer's pixels: 16 bits of mask and 16 values.
        #expect(layers[0].inputs.loadedBytes == 34 && layers[0].transforms.inputTiles == 0)
        #expect(layers[1].inputs.loadedBytes == 136 && layers[1].inputs.compulsoryBytes == 136)
        #expect(layers[1].inputs.moved.values == 64 && layers[1].inputs.movedIndexBits == 64)
        #expect(layers[1].inputs.decoded == 0 && layers[1].inputs.encoded == ValueCount())
        #expect(layers[1].transforms.inputTiles == 4 && layers[1].transforms.inputAdds == 4 * 32)
        #expect(layers[1].timing.held[.inputTransform] == 0)
        // The trace ends: 16 pixels of 17 bits.
        #expect(layers[1].outputs.bytes == 34)
    }

    /// A map that is loaded several times was transformed once.
    @Test func repeatedLoadsAreNoRepeatedTransforms() throws {
        var machine = machine()
        (machine.peArray.rows, machine.peArray.columns) = (2, 4)
        machine.mapping.loopOrder = .weights
        machine.inputBuffer.capacity = .kibibytes(8)
        machine.inputBuffer.chunk = Bytes(1024)
        machine.weightBuffer.capacity = .kibibytes(4)
        machine.weightBuffer.chunk = Bytes(512)
        let layer = drawn("layer", shape(channels: 16, filters: 16, map: 16), 0.5, .winograd)
        let activity = try CycleModel(machine).simulate(layer).activity
        #expect(activity.inputs.loadedBytes > activity.inputs.compulsoryBytes)
        #expect(activity.transforms.inputTiles == 64 * 16)
        machine.mapping.activationStorage = .bitmask
        #expect(try CycleModel(machine).simulate(layer).activity.transforms.inputTiles > 64 * 16)
    }

    /// The values that a layer stores are those that the next one loads, whatever seed draws them.
    @Test(arguments: [2, 4]) func whatIsStoredIsWhatIsLoaded(tile: Int) throws {
        var machine = machine()
        machine.mapping.algorithm = .winograd
        machine.mapping.tile = tile
        for (seed, density) in [(UInt64(1), 0.1), (9, 0.1), (9, 0.5), (9, 1)] {
            let first = drawn("first", shape(channels: 8, filters: 40, map: 12), 0.5, .spatial)
            let second = drawn("second", shape(channels: 40, filters: 8, map: 12), density, .spatial)
            let model = CycleModel(machine)
            let stored = try model.simulate(first, next: second, seed: seed).activity.outputs
            let loaded = try model.simulate(second, seed: seed).activity.inputs
            #expect(loaded.loadedBytes == loaded.compulsoryBytes)
            #expect(stored.encoded.values == loaded.moved.values && stored.encoded.nonZeros == loaded.moved.nonZeros)
            #expect(stored.indexBits == loaded.movedIndexBits)
        }
    }

    /// Runs that share operands store the tiles of the next layer, not others of the same size.
    @Test func sharedOperandsAreThoseOfTheNextLayer() async throws {
        let layers = [0.2, 0.6, 0.9].map { drawn("layer \($0)", shape(channels: 8, filters: 8), $0, .winograd) }
        let trace = Trace(model: "three", layers: layers, seed: 3)
        let cache = SimulationCache(limit: .kibibytes(1 << 12))
        let alone = try await CycleModel(machine()).run(trace).layers.map(\.activity)
        for rows in [16, 8] {
            var machine = machine()
            machine.peArray.rows = rows
            let shared = try await CycleModel(machine).run(trace, sharing: (cache: cache, trace: 0)).layers
            #expect(shared.map(\.activity.outputs.encoded) == alone.map(\.outputs.encoded))
            #expect(shared.map(\.activity.inputs.moved) == alone.map(\.inputs.moved))
        }
    }

    /// With pooling between two layers the stored bits of an output are those of a pixel behind it.
    @Test func poolingKeepsTheBitsOfAPixel() throws {
        let second = drawn("second", shape(channels: 40, filters: 8, map: 12), 0.5, .winograd)
        func bytes(map: Int) throws -> Int {
            let first = drawn("first", shape(channels: 8, filters: 40, taps: 1, map: map), 0.5, .spatial)
            return try CycleModel(machine(.ideal)).simulate(first, next: second).activity.outputs.bytes
        }
        let (pooled, whole) = (try bytes(map: 24), try bytes(map: 12))
        #expect(pooled <= 4 * whole && pooled > 4 * whole - 4 * 36)
    }

    /// The layer before has stored tiles, so that the search leaves the form alone.
    @Test func theSearchKeepsTheForm() throws {
        var machine = machine(.bandwidth(bytesPerCycle: 1, latency: 0))
        let layer = drawn("layer", shape(channels: 16, filters: 4, map: 8), 0.1, .spatial)
        let written = try CycleModel(machine).simulate(layer)
        machine.mapping.search = .cycles
        let found = try CycleModel(machine).simulate(layer)
        #expect(written.algorithm == .winograd(tile: 2, kernel: 3) && found.algorithm == written.algorithm)
        machine.mapping.activationStorage = .pixels(.bitmask)
        #expect(try CycleModel(machine).simulate(layer).algorithm == .direct)
    }

    /// The zeros of real values, after the ReLU and quantized, in several channel groups and images.
    @Test(arguments: [false, true], [2, 4]) func realValuesAreStoredAsTheNaiveMachineHasThem(
        quantize: Bool, tile: Int
    ) throws {
        for seed in UInt64(0)..<12 {
            var random = SeededGenerator(seed: seed)
            var machine = machine(random.pick([.ideal, .bandwidth(bytesPerCycle: 4, latency: 2)]))
            machine.peArray.rows = 2
            machine.peArray.columns = random.number(1...3)
            machine.mapping.tile = tile
            machine.mapping.step = random.pick(StepForm.allCases)
            machine.mapping.stepWidth = 2
            machine.inputBuffer.encoding = random.pick([.bitmask, .dense, .runLength(2)])
            machine.datatype.quantize = quantize
            (machine.datatype.weights, machine.datatype.activations) = (4, 3)
            let layers = (0..<2).map { _ in layer(tile: tile, &random) }
            let forms = try layers.map { try LayerForm(winograd: $0, tile: tile) }
            let bits = quantize ? 3 : nil
            var workload = try NaiveLowering(
                shape: layers[0].shape, configuration: machine, edge: tile + 2,
                weights: forms[0].weightZeros(seed: 1, quantizeBits: quantize ? 4 : nil),
                activations: forms[0].activationZeros(seed: 1, quantizeBits: bits)
            ).workload()
            guard case .positions(let masks, _) = try forms[1].activationZeros(seed: 1, quantizeBits: bits) else {
                Issue.record("no positions")
                return
            }
            workload.next = .tiles(
                masks.masks.flatMap { mask in (0..<masks.positions).map { mask >> UInt64($0) & 1 == 1 } },
                pixels: layers[1].shape.batch * layers[1].shape.channels * 25)
            var naive = try NaiveMachine(machine, workload)
            let expected = try naive.run()
            let observed = try engineResult(layers[0], machine, next: layers[1], wide: false)
            #expect(observed.counts == expected.counts, "seed \(seed)")
            #expect(observed == expected, "seed \(seed)")
        }
    }

    /// Small whole numbers, many of them zero, behind a ReLU in the Winograd domain.
    private func layer(tile: Int, _ random: inout SeededGenerator) -> Layer {
        var shape = shape(channels: 4, filters: 4, map: 5)
        shape.groups = random.pick([1, 2])
        shape.batch = random.pick([1, 2])
        func tensor(_ name: String, _ sizes: [Int]) -> TensorReference {
            let values = (0..<sizes.reduce(1, *)).map { _ in Float(random.pick([0, 0, -3, -1, 1, 7])) }
            return TensorReference(name: name, tensor: Tensor(values, shape: sizes))
        }
        return Layer(
            name: "layer", shape: shape, relu: .winograd, winograd: WinogradModel(tile: tile),
            weights: .tensor(tensor("w", [4, 4 / shape.groups, 3, 3]), .spatial),
            activations: .tensor(tensor("a", [shape.batch, 4, 5, 5]), .spatial))
    }
}
