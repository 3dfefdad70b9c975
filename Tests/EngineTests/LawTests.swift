import Hardware
import Tensors
import Testing
import Traces

@testable import Engine

@Suite struct LawTests {
    private func layer(seed: UInt64 = 1, weights: Double = 0.4, activations: Double = 0.5) -> Layer {
        var shape = LayerShape(channels: 24, filters: 40)
        (shape.height, shape.width) = (9, 7)
        (shape.kernelHeight, shape.kernelWidth) = (3, 3)
        (shape.paddingHeight, shape.paddingWidth) = (1, 1)
        return Layer(
            name: "layer", shape: shape, relu: .winograd, weights: .density(weights, .winograd, Spread()),
            activations: .density(activations, .winograd, Spread()))
    }

    @Test func resultsDoNotDependOnConcurrentLayers() async throws {
        let layers = (0..<7).map { i in
            var layer = layer()
            layer.name = "layer\(i)"
            return layer
        }
        let trace = Trace(model: "test", layers: layers)
        let alone = try await CycleModel().run(trace, concurrency: 1)
        let together = try await CycleModel().run(trace, concurrency: 5)
        #expect(alone.layers.map(\.activity) == together.layers.map(\.activity))
        #expect(alone.layers.map(\.name) == layers.map(\.name))
        #expect(
            Set(alone.layers.map(\.activity.array.usefulProducts)).count > 1, "layers draw from streams of their own")
    }

    /// A lower density keeps a subset of the non-zeros.
    @Test func sparserOperandsNeverHaveMoreProducts() throws {
        let simulator = CycleModel()
        var before = Int.max
        for density in [1.0, 0.8, 0.5, 0.2, 0.0] {
            let products = try simulator.simulate(layer(weights: density)).activity.array.usefulProducts
            #expect(products < before)
            before = products
        }
        #expect(before == 0)
    }

    @Test func denseProductsHaveAClosedForm() throws {
        let activity = try CycleModel().simulate(layer(weights: 1, activations: 1)).activity
        // 5 x 4 tiles of 16 positions, 24 channels, 40 filters.
        #expect(activity.array.usefulProducts == 20 * 16 * 24 * 40)
        #expect(activity.workload.denseMultiplies == 40 * 24 * 9 * 9 * 7)
        #expect(activity.transforms.inputAdds == 20 * 24 * 32)
        #expect(activity.transforms.outputAdds == 20 * 40 * 24)
        #expect(activity.workload.weightDensity == 1 && activity.workload.activationDensity == 1)
    }

    @Test func compulsoryTrafficHasAClosedForm() throws {
        var configuration = Configuration()
        configuration.mapping.activationStorage = .dense
        configuration.weightBuffer.encoding = .dense
        let dense = try CycleModel(configuration).simulate(layer()).activity
        // 24 channels are cut into steps of 16 and 8; 2 bytes per value, and none for lanes beyond the last channel.
        #expect(dense.memory.weightBytes == 40 * 16 * 24 * 2)
        #expect(dense.memory.inputBytes == 24 * 9 * 7 * 2)
        #expect(dense.memory.outputBytes == 40 * 9 * 7 * 2)
        configuration.weightBuffer.encoding = .bitmask
        let bitmask = try CycleModel(configuration).simulate(layer()).activity
        #expect(bitmask.memory.weightBytes == (40 * 16 * 24 + bitmask.workload.nonZeroWeights * 16) / 8)
    }

    /// They are quantized where the next layer multiplies pixels.
    @Test func outputsAreStoredAsTheNextLayersInputs() throws {
        var shape = LayerShape(channels: 4, filters: 4)
        (shape.height, shape.width) = (6, 6)
        var configuration = Configuration()
        configuration.datatype.quantize = true
        configuration.datatype.activations = 4
        // The first channel rounds to zero at 4 bits, the second does not, the others are zero.
        let pixels: [Float] = (0..<144).map { $0 < 36 ? 0.01 : $0 < 72 ? 1 : 0 }
        let reading = Layer(
            name: "b", shape: shape, weights: .density(1, .spatial, Spread()),
            activations: .tensor(
                TensorReference(name: "pixels", tensor: Tensor(pixels, shape: [1, 4, 6, 6])), .spatial))
        let writing = Layer(
            name: "a", shape: shape, weights: .density(1, .spatial, Spread()),
            activations: .density(1, .spatial, Spread()))
        let simulator = CycleModel(configuration)
        let written = try simulator.simulate(writing, next: reading).activity.memory.outputBytes
        let read = try simulator.simulate(reading).activity.memory.inputBytes
        // 144 bits of mask and 36 values of 4 bits, each column group rounded up.
        #expect(written == 36)
        #expect(read == 36)
    }

    /// With the multipliers as the only limit. The cycles before the first and after the last product are added.
    @Test func computeBoundCyclesAreProductsPerMultiplier() throws {
        var configuration = Configuration()
        configuration.peArray.rows = 1
        configuration.peArray.columns = 1
        configuration.peArray.filtersPerPE = 1
        configuration.peArray.multipliers = 1
        configuration.peArray.accumulatorSets = 8
        configuration.weightBuffer.bandwidth = Bytes(4096)
        configuration.inputBuffer.bandwidth = Bytes(4096)
        let activity = try CycleModel(configuration).simulate(layer(weights: 1, activations: 1)).activity
        // Issue of the first bundle, one product per cycle, the pipeline, the last drain and its latency.
        let products = activity.array.usefulProducts
        #expect(activity.cycles == 1 + products + 4 + 1 + 2)
        #expect(activity.array.slots[.useful] == products)
    }

    /// On a tie it is the first in the order of the columns.
    @Test func theLargestHolderBindsALayer() {
        var ledger = CycleLedger()
        #expect(ledger.largest == nil)
        ledger[.drain] = 5
        #expect(ledger.largest == .drain)
        (ledger[.issue], ledger[.dramInputs]) = (5, 5)
        #expect(ledger.largest == .issue)
        ledger[.dramInputs] = 6
        #expect(ledger.largest == .dramInputs && ledger.total == 16)
        var sum = ledger
        sum += ledger
        #expect(sum[.drain] == 10 && sum.largest == .dramInputs)
    }

    @Test func inconsistentResultsAreRefused() throws {
        let configuration = Configuration()
        let good = try CycleModel(configuration).simulate(layer()).activity
        func check(_ change: (inout Activity) -> Void, expected: Int) throws {
            var activity = good
            change(&activity)
            try Laws.check(
                activity, layer: "layer", configuration: configuration, expectedProducts: expected,
                compulsory: CompulsoryTraffic())
        }
        let products = good.array.executedProducts
        try check({ _ in }, expected: products)
        #expect(throws: BrokenLaw.self) { try check({ $0.array.usefulProducts += 1 }, expected: products) }
        #expect(throws: BrokenLaw.self) { try check({ $0.array.slots[.drain] += 1 }, expected: products) }
        #expect(throws: BrokenLaw.self) {
            try check(
                {
                    $0.array.slots[.drain] -= $0.array.slots[.drain] + 1
                    $0.array.slots[.imbalance] += good.array.slots[.drain] + 1
                }, expected: products)
        }
        #expect(throws: BrokenLaw.self) {
            try check({ $0.timing.held[.issue] += 1 }, expected: products)
        }
        #expect(throws: BrokenLaw.self) {
            try check(
                {
                    $0.timing.held[.drain] -= $0.timing.held[.drain] + 1
                    $0.timing.held[.array] += good.timing.held[.drain] + 1
                }, expected: products)
        }
        #expect(throws: BrokenLaw.self) {
            try check({ $0.memory.boundCycles = $0.cycles + 1 }, expected: products)
        }
        #expect(throws: BrokenLaw.self) {
            try check({ $0.memory.commands.rowHits = 1 }, expected: products)
        }
        #expect(throws: BrokenLaw.self) {
            try check({ $0.memory.peakBytes = Double($0.memory.bytes) / 2 }, expected: products)
        }
        #expect(throws: BrokenLaw.self) {
            var activity = good
            activity.memory.commands.reads = 3
            try Laws.check(
                activity, layer: "layer", configuration: configuration, expectedProducts: products,
                compulsory: CompulsoryTraffic(), burstBytes: 64)
        }
        #expect(throws: BrokenLaw.self) {
            try check({ $0.memory.weightBytes = -1 }, expected: products)
        }
        #expect(throws: BrokenLaw.self) {
            try check({ $0.inputs.read.values = $0.inputs.algorithmicReads + 1 }, expected: products)
        }
        #expect(throws: BrokenLaw.self) {
            try check({ $0.workload.nonZeroWeights = $0.workload.weights + 1 }, expected: products)
        }
    }
}
