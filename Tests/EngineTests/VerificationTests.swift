import Hardware
import Tensors
import TestSupport
import Testing
import Traces
import Winograd

@testable import Engine

@Suite struct VerificationTests {
    /// A small convolution with values, some of them zero, and its outputs in single precision.
    private func layer(seed: UInt64, groups: Int = 1, stride: Int = 1, spoil: Bool = false) -> Layer {
        var random = SeededGenerator(seed: seed)
        var shape = LayerShape(channels: 4, filters: 6)
        shape.groups = groups
        shape.batch = 2
        (shape.height, shape.width) = (7, 6)
        (shape.kernelHeight, shape.kernelWidth) = (3, 3)
        (shape.paddingHeight, shape.paddingWidth) = (1, 1)
        (shape.strideHeight, shape.strideWidth) = (stride, stride)
        func values(_ count: Int) -> [Float] {
            (0..<count).map { _ in
                random.number(0...9) < 4 ? 0 : Float(random.number(-1000...1000)) / 512
            }
        }
        let weights = values(6 * 4 / groups * 9)
        let activations = values(2 * 4 * 7 * 6).map { max(0, $0) }
        var outputs = ReferenceConvolution.direct(
            input: activations.map(Double.init), weights: weights.map(Double.init), shape: shape)
        if spoil { outputs[11] += 0.01 }
        return Layer(
            name: "layer", shape: shape, relu: .spatial,
            weights: .tensor(
                TensorReference(name: "w", tensor: Tensor(weights, shape: [6, 4 / groups, 3, 3])), .spatial),
            activations: .tensor(
                TensorReference(name: "a", tensor: Tensor(activations, shape: [2, 4, 7, 6])), .spatial),
            outputs: TensorReference(
                name: "o",
                tensor: Tensor(
                    outputs.map(Float.init), shape: [2, 6, shape.outputHeight, shape.outputWidth])))
    }

    private func verify(_ layer: Layer, _ configuration: Configuration) async throws -> LayerVerification {
        let trace = Trace(model: "test", layers: [layer])
        let simulator = CycleModel(configuration)
        let verification = try await simulator.verify(trace, against: simulator.run(trace))
        return try #require(verification.first)
    }

    /// Outputs that were rounded to halves, by up to 2^-12 of the largest, pass; as singles they do not.
    @Test func outputsInHalfPrecisionAreAllowedTheirRounding() async throws {
        var rounded = layer(seed: 5)
        let outputs = try #require(rounded.outputs)
        let values = outputs.tensor.doubles().map { Float($0 * (1 + 0x1p-11)) }
        func trace(_ type: ElementType, _ bytes: [UInt8]) -> Trace {
            rounded.outputs = TensorReference(
                name: "o", tensor: Tensor(type: type, shape: outputs.tensor.shape, bytes: bytes))
            return Trace(model: "test", layers: [rounded])
        }
        let halves = values.flatMap { value in withUnsafeBytes(of: Float16(value)) { Array($0) } }
        let tops = values.flatMap { value in withUnsafeBytes(of: value) { Array($0[2...]) } }
        let singles = values.flatMap { value in withUnsafeBytes(of: value) { Array($0) } }
        let simulator = CycleModel(Configuration())
        for (type, bytes, tolerance) in [
            (ElementType.f16, halves, 0.002), (.bf16, tops, 0.016), (.f32, singles, 1e-4),
        ] {
            let trace = trace(type, bytes)
            #expect(trace.outputTolerance == tolerance)
            let found = try await simulator.verify(trace, against: simulator.run(trace))
            #expect((found[0].status == .verified) == (type != .f32), "\(type): \(found)")
        }
    }

    @Test(arguments: [1, 2], [1, 2]) func everyAlgorithmComputesTheConvolution(groups: Int, stride: Int) async throws {
        for (algorithm, tile) in [(AlgorithmChoice.direct, 2), (.auto, 2), (.winograd, 4), (.auto, 6)] {
            var configuration = Configuration()
            configuration.mapping.algorithm = algorithm
            configuration.mapping.tile = tile
            for step in StepForm.allCases {
                configuration.mapping.step = step
                let result = try await verify(layer(seed: 3, groups: groups, stride: stride), configuration)
                #expect(result.status == .verified, "\(algorithm) \(tile) \(step)")
                let recorded = try #require(result.recorded)
                let direct = try #require(result.direct)
                #expect(recorded.largest < 1e-6 && recorded.signalToNoise > 120)
                #expect(direct.largest < 1e-12)
            }
        }
    }

    @Test func wrongOutputsFailWithTheirErrorSize() async throws {
        let result = try await verify(layer(seed: 4, spoil: true), Configuration())
        guard case .failed(let reason) = result.status else {
            Issue.record("expected a failure, observed \(result.status)")
            return
        }
        #expect(reason.contains("the trace's outputs"))
        let recorded = try #require(result.recorded)
        #expect(recorded.largest > 1e-4 && recorded.largest < 1e-2)
    }

    /// Fewer products are counted.
    @Test func quantizedOperandsDifferByTheirRounding() async throws {
        var configuration = Configuration()
        configuration.datatype.quantize = true
        configuration.datatype.weights = 4
        configuration.datatype.activations = 4
        let coarse = try await verify(layer(seed: 5), configuration)
        configuration.datatype.weights = 16
        configuration.datatype.activations = 16
        let fine = try await verify(layer(seed: 5), configuration)
        let noisy = try #require(coarse.recorded)
        let clean = try #require(fine.recorded)
        #expect(noisy.signalToNoise > 5 && noisy.signalToNoise < 40)
        #expect(clean.signalToNoise > 60)
        let coarseProducts = try #require(coarse.products)
        let fineProducts = try #require(fine.products)
        #expect(coarseProducts < fineProducts)
    }

    /// The measured error agrees with the theory of rounding errors within a factor of three over seeds, widths and
    /// algorithms, and all of it is from rounding.
    @Test(arguments: [4, 6, 8, 12]) func roundingErrorsAreTheExpectedOnes(bits: Int) async throws {
        for (algorithm, tile) in [(AlgorithmChoice.direct, 2), (.winograd, 2), (.winograd, 4)] {
            var configuration = Configuration()
            configuration.mapping.algorithm = algorithm
            configuration.mapping.tile = tile
            configuration.datatype.quantize = true
            configuration.datatype.weights = bits
            configuration.datatype.activations = bits
            for seed in UInt64(10)..<16 {
                let layer = layer(seed: seed)
                let result = try await verify(layer, configuration)
                let (direct, rounding) = (try #require(result.direct), try #require(result.rounding))
                #expect(abs(direct.largest / rounding - 1) < 1e-9)
                if tile == 4 && bits < 12 { continue }
                let form = try LayerForm(layer, mapping: configuration.mapping)
                let theory = RoundingError(
                    shape: layer.shape, matrices: form.matrices,
                    weights: try #require(try form.weightValues(quantizeBits: nil)),
                    activations: try #require(try form.activationValues(quantizeBits: nil)), bits: (bits, bits))
                let ratio = rounding / theory.largest(of: try #require(layer.directOutputs()))
                #expect(ratio > 0.33 && ratio < 3, "seed \(seed), \(algorithm) \(tile), \(bits) bit: \(ratio)")
            }
        }
        #expect(try await verify(layer(seed: 10), Configuration()).rounding == nil)
    }

    /// If recorded outputs are wrong, the error is larger than that of rounding.
    @Test func wrongOutputsAreNotExplainedByRounding() async throws {
        var configuration = Configuration()
        configuration.datatype.quantize = true
        let result = try await verify(layer(seed: 4, spoil: true), configuration)
        let (recorded, rounding) = (try #require(result.recorded), try #require(result.rounding))
        #expect(recorded.largest > 4 * rounding)
    }

    /// One product of two values, each rounded to its own steps: the mean square of the error computed by hand.
    @Test func theExpectedErrorOfOneProductIsExact() {
        var shape = LayerShape(channels: 1, filters: 1)
        (shape.height, shape.width, shape.kernelHeight, shape.kernelWidth) = (1, 1, 1, 1)
        let error = RoundingError(shape: shape, matrices: nil, weights: [3], activations: [5], bits: (3, 4))
        // Steps 3/3 and 5/7: (9 * 25/49 + 25 * 1) / 12.
        #expect(abs(error.deviation * error.deviation - (9.0 * 25 / 49 + 25) / 12) < 1e-12)
        let zero = RoundingError(shape: shape, matrices: nil, weights: [0], activations: [5], bits: (3, 4))
        #expect(zero.deviation == 0)
    }

    @Test func drawnOperandsHaveNoValuesToVerify() async throws {
        var drawn = layer(seed: 6)
        drawn.weights = .density(0.5, .spatial, Spread())
        let result = try await verify(drawn, Configuration())
        #expect(result.status == .skipped("its operands have no values"))
        #expect(result.products == nil)
    }
}
