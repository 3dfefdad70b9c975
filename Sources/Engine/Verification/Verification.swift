import Foundation
import Hardware
import Traces
import Winograd

/// What the functional pass says of one layer.
public struct LayerVerification: Sendable {
    /// Whether the outputs agree.
    public enum Status: Hashable, Sendable {
        /// All that could be compared lies within the tolerance.
        case verified
        /// Why it does not hold.
        case failed(String)
        /// Why nothing could be compared.
        case skipped(String)
    }

    /// The layer's name.
    public let layer: String
    /// Whether the outputs agree.
    public let status: Status
    /// Against the trace's outputs, where it recorded them.
    public let recorded: OutputError?
    /// Against a direct convolution, where the layer is one.
    public let direct: OutputError?
    /// Products of two values that are not zero, counted value by value; nil where the trace has no values.
    public let products: Int?
    /// The largest difference that rounding the operands to integers alone makes to the outputs, as a share of the largest one;
    /// nil where none is rounded.
    public var rounding: Double?
}

extension Trace {
    /// The largest error of a verification that is given no other, as a share of the largest output: 1e-4, or 0.002 and 0.016 where
    /// outputs were recorded in float16 and bfloat16.
    ///
    /// These are about four roundings to such a number: a network of them rounds its transforms and its outputs.
    public var outputTolerance: Double {
        layers.compactMap { $0.outputs?.stored.type }.reduce(1e-4) { largest, type in
            switch type {
            case .f16: max(largest, 0.002)
            case .bf16: max(largest, 0.016)
            default: largest
            }
        }
    }
}

extension CycleModel {
    /// Computes every layer's outputs from the operands that the machine multiplies, and compares them with what the trace
    /// recorded and, where the layer is a convolution, with a direct convolution of the trace's values.
    ///
    /// - Parameters:
    ///   - trace: the trace.
    ///   - result: the result of the same trace on this machine; its products are counted again, value by value.
    ///   - tolerance: the largest difference that passes, as a share of the largest output; nil for the trace's `outputTolerance`.
    ///   - concurrency: layers at once; the number of cores where nil.
    ///   - progress: told after each layer its index.
    /// - Throws: `InputError` where an operand does not fit; `BrokenLaw` where the engine counted other products.
    public func verify(
        _ trace: Trace, against result: TraceActivity, tolerance: Double? = nil, concurrency: Int? = nil,
        progress: (@Sendable (Int) -> Void)? = nil
    ) async throws -> [LayerVerification] {
        precondition(trace.layers.count == result.layers.count, "the result is of another trace")
        let tolerance = tolerance ?? trace.outputTolerance
        return try await mapConcurrently(trace.layers.indices, limit: concurrency) { i in
            let verification = try verify(trace.layers[i], result.layers[i], tolerance: tolerance)
            progress?(i)
            return verification
        }
    }

    private func verify(_ layer: Layer, _ result: LayerActivity, tolerance: Double) throws -> LayerVerification {
        let form = try LayerForm(layer, algorithm: result.algorithm)
        let datatype = configuration.datatype
        let scales = datatype.quantizerScales
        guard
            let weights = try form.weightValues(
                quantizeBits: datatype.quantize ? datatype.weights : nil, scales: scales),
            let activations = try form.activationValues(
                quantizeBits: datatype.quantize ? datatype.activations : nil, scales: scales)
        else {
            return LayerVerification(
                layer: layer.name, status: .skipped("its operands have no values"), recorded: nil, direct: nil,
                products: nil)
        }
        let (outputs, products) = FunctionalLayer(form: form, weights: weights, activations: activations).run()
        if products != result.activity.array.usefulProducts {
            throw BrokenLaw(
                description:
                    "layer '\(layer.name)': the engine counted \(result.activity.array.usefulProducts) useful products, and "
                    + "the arithmetic \(products)")
        }
        let recorded = layer.outputs.map { OutputError(computed: outputs, expected: $0.tensor.doubles()) }
        var rounding: Double?
        if datatype.quantize, let weights = try form.weightValues(quantizeBits: nil),
            let activations = try form.activationValues(quantizeBits: nil)
        {
            let exact = FunctionalLayer(form: form, weights: weights, activations: activations).run().outputs
            rounding = OutputError(computed: outputs, expected: exact).largest
        }
        let direct = layer.directOutputs().map { OutputError(computed: outputs, expected: $0) }
        return LayerVerification(
            layer: layer.name, status: Self.status(recorded: recorded, direct: direct, tolerance: tolerance),
            recorded: recorded, direct: direct, products: products,
            rounding: rounding)
    }

    private static func status(
        recorded: OutputError?, direct: OutputError?, tolerance: Double
    ) -> LayerVerification.Status {
        if recorded == nil && direct == nil {
            return .skipped("the trace records no outputs, and the layer is no convolution")
        }
        for (error, name) in [(recorded, "the trace's outputs"), (direct, "a direct convolution")] {
            // Written so that an error that is not a number fails.
            if let error, !(error.largest <= tolerance) {
                let size = String(format: "%.3g", error.largest)
                return .failed("differs from \(name) by \(size) of the largest output, and \(tolerance) is allowed")
            }
        }
        return .verified
    }
}

extension Layer {
    /// The direct convolution of the trace's values, `[N, K, Ho, Wo]`; nil where the layer is another function (its weights or
    /// its ReLU live in the Winograd domain) or has no values.
    func directOutputs() -> [Double]? {
        guard !isWinogradOnly, case .tensor(let weights, .spatial) = weights,
            case .tensor(let activations, .spatial) = activations
        else { return nil }
        return ReferenceConvolution.direct(
            input: activations.tensor.doubles(), weights: weights.tensor.doubles(), shape: shape)
    }
}

/// How far computed outputs lie from expected ones.
public struct OutputError: Hashable, Sendable {
    /// The largest difference over the largest expected magnitude; 0 where all agree.
    public let largest: Double
    /// Energy of the expected outputs over that of the differences, in dB; infinite where all agree.
    public let signalToNoise: Double

    /// Compares outputs of the same shape, element by element.
    init(computed: [Double], expected: [Double]) {
        precondition(computed.count == expected.count, "outputs of different shapes")
        var largestDifference = 0.0
        var largestExpected = 0.0
        var signal = 0.0
        var noise = 0.0
        for i in computed.indices {
            let difference = computed[i] - expected[i]
            largestDifference = max(largestDifference, abs(difference))
            largestExpected = max(largestExpected, abs(expected[i]))
            signal += expected[i] * expected[i]
            noise += difference * difference
        }
        largest = largestDifference == 0 ? 0 : largestDifference / largestExpected
        signalToNoise = noise == 0 ? .infinity : 10 * log10(signal / noise)
    }
}
