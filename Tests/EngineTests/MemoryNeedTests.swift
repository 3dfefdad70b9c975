import Files
import Hardware
import Testing
import Traces

@testable import Engine

@Suite struct MemoryNeedTests {
    private func layer(_ change: (inout LayerShape) -> Void = { _ in }) -> Layer {
        var shape = LayerShape(channels: 24, filters: 40)
        (shape.height, shape.width) = (64, 64)
        (shape.kernelHeight, shape.kernelWidth) = (3, 3)
        (shape.paddingHeight, shape.paddingWidth) = (1, 1)
        change(&shape)
        return Layer(
            name: "layer", shape: shape, weights: .density(0.5, .spatial, Spread()),
            activations: .density(0.5, .spatial, Spread()))
    }

    private func estimate(_ layer: Layer, _ configuration: Configuration = Configuration()) throws -> MemoryNeed {
        try MemoryNeed(LayerForm(layer, mapping: configuration.mapping), configuration: configuration)
    }

    /// Masks take most of the memory, and the estimate, made before they are, is of their order.
    @Test(arguments: AlgorithmChoice.allCases, StepForm.allCases)
    func theEstimateCoversTheMasks(algorithm: AlgorithmChoice, step: StepForm) throws {
        var configuration = Configuration()
        configuration.mapping.algorithm = algorithm
        configuration.mapping.step = step
        for groups in [1, 8] {
            let layer = layer { $0.groups = groups }
            let need = try estimate(layer, configuration).bytes
            let lowered = try LoweredLayer(layer, configuration)
            let masks = lowered.products.reduce(0) { $0 + $1.byteCount }
            #expect(need > Double(masks) && need < 12 * Double(masks), "\(need) for \(masks) bytes of masks")
        }
    }

    @Test func hugeBatchesAreEstimatedAndRefused() throws {
        let huge = layer {
            $0 = LayerShape(channels: 1, filters: 1)
            $0.batch = 1 << 40
        }
        let need = try estimate(huge)
        #expect(need.bytes > 0x1p43 && need.bytes < 0x1p48)
        let error = #expect(throws: InputError.self) { try CycleModel().simulate(huge) }
        #expect(error?.message.hasPrefix("layer 'layer' takes about ") == true, "\(String(describing: error))")
        #expect(error?.message.contains("TiB of memory, and ") == true)
    }

    @Test func freeMemoryDecidesAndSmallLayersAlwaysFit() throws {
        let need = try estimate(layer { $0.batch = 256 })
        #expect(need.obstacle(free: Int(need.bytes)) == nil)
        let words = try #require(need.obstacle(free: 100 << 20))
        #expect(words.hasSuffix("of memory, and 100 MiB are free; split its batch or its map"), "\(words)")
        #expect(try estimate(layer()).obstacle(free: 0) == nil)
    }
}
