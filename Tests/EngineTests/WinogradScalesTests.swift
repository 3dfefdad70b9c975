import Foundation
import Hardware
import Tensors
import TestSupport
import Testing
import Traces

@testable import Engine

/// Scales of integers under Winograd's algorithm (page `Operands`).
@Suite struct WinogradScalesTests {
    private static func layer(seed: UInt64) -> Layer {
        var random = SeededGenerator(seed: seed)
        var shape = LayerShape(channels: 6, filters: 5)
        (shape.height, shape.width, shape.kernelHeight, shape.kernelWidth) = (12, 12, 3, 3)
        (shape.paddingHeight, shape.paddingWidth) = (1, 1)
        func values(_ count: Int, from least: Int) -> [Float] {
            (0..<count).map { _ in Float(random.number(least...1000)) / 512 }
        }
        return Layer(
            name: "layer", shape: shape, relu: .spatial,
            weights: .tensor(
                TensorReference(name: "w", tensor: Tensor(values(5 * 6 * 9, from: -1000), shape: [5, 6, 3, 3])),
                .spatial),
            activations: .tensor(
                TensorReference(name: "a", tensor: Tensor(values(6 * 144, from: 0), shape: [1, 6, 12, 12])), .spatial))
    }

    /// Every value is the nearest multiple of its position's step, which is the largest magnitude of the position over 127.
    @Test(arguments: [QuantizerScales.position, .powersOfTwo, .tensor]) func valuesAreMultiplesOfTheirStep(
        scales: QuantizerScales
    ) throws {
        let form = try LayerForm(winograd: Self.layer(seed: 3), tile: 4)
        for (exact, rounded) in [
            (try form.weightValues(quantizeBits: nil), try form.weightValues(quantizeBits: 8, scales: scales)),
            (try form.activationValues(quantizeBits: nil), try form.activationValues(quantizeBits: 8, scales: scales)),
        ] {
            let (exact, rounded) = (try #require(exact), try #require(rounded))
            #expect(exact.count % 36 == 0 && rounded.count == exact.count)
            for position in 0..<36 {
                let own = stride(from: position, to: exact.count, by: 36)
                let range = scales == .tensor ? exact.map(abs).max() : own.map { abs(exact[$0]) }.max()
                var step = (range ?? 0) / 127
                if scales == .powersOfTwo {
                    let free = step
                    step = pow(2, ceil(log2(free)))
                    #expect(step >= free && step < 2 * free)
                }
                for index in own {
                    #expect(abs(rounded[index] - exact[index]) <= step / 2 * (1 + 1e-9))
                    #expect(abs((rounded[index] / step).rounded() * step - rounded[index]) < 1e-9)
                }
            }
        }
    }

    /// A direct layer has no positions of a tile.
    @Test func directLayersHaveOneScale() throws {
        let form = try LayerForm(direct: Self.layer(seed: 4))
        #expect(
            try form.weightValues(quantizeBits: 8, scales: .position) == form.weightValues(quantizeBits: 8))
        #expect(
            try form.activationValues(quantizeBits: 8, scales: .powersOfTwo) == form.activationValues(quantizeBits: 8))
    }

    /// With F(4x4) the positions' ranges differ so much that scales by position halve the error, and the machine's zeros are those of
    /// the values that are verified.
    @Test func scalesByPositionMakeSmallerErrors() async throws {
        var ratios: [Double] = []
        for seed in UInt64(1)...10 {
            let trace = Trace(model: "m", layers: [Self.layer(seed: seed)])
            var errors: [WinogradScales: OutputError] = [:]
            for scales in WinogradScales.allCases {
                var machine = Configuration()
                (machine.mapping.algorithm, machine.mapping.tile) = (.winograd, 4)
                machine.datatype.quantize = true
                (machine.datatype.weights, machine.datatype.activations) = (8, 8)
                machine.datatype.winogradScales = scales
                let model = CycleModel(machine)
                let found = try await model.verify(trace, against: model.run(trace), tolerance: 1)
                errors[scales] = found[0].direct
            }
            let tensor = try #require(errors[.tensor])
            let (free, shifts) = (try #require(errors[.position]), try #require(errors[.powerOfTwo]))
            ratios.append(pow(10, (tensor.signalToNoise - free.signalToNoise) / 20))
            #expect(
                shifts.signalToNoise < free.signalToNoise && shifts.signalToNoise > tensor.signalToNoise, "seed \(seed)"
            )
        }
        #expect(ratios.allSatisfy { $0 < 0.5 }, "\(ratios)")
    }
}
