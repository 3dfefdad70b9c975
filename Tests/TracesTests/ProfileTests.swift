import Files
import Tensors
import TestSupport
import Testing
import Winograd

@testable import Traces

/// Operands drawn from measured densities.
@Suite struct ProfileTests {
    private func reference(_ values: [Float], _ shape: [Int]) -> TensorReference {
        TensorReference(name: "t", tensor: Tensor(values, shape: shape))
    }

    /// A 3x3 layer of 2 channels and 3 filters on a 6 x 6 map, without padding: 4 tiles of F(2x2).
    private func layer(_ weights: OperandSource, _ activations: OperandSource) -> Layer {
        var shape = LayerShape(channels: 2, filters: 3)
        (shape.height, shape.width, shape.kernelHeight, shape.kernelWidth) = (6, 6, 3, 3)
        return Layer(name: "layer", shape: shape, weights: weights, activations: activations)
    }

    private let dense = OperandSource.density(1, .spatial, Spread())

    /// Probabilities of 0 and of 1 leave nothing to the draw: filter 1 is empty, and so is tap 4 of channel 0.
    @Test func factorsOfZeroAndOfOneAreExact() throws {
        var channels = [Float](repeating: 1, count: 18)
        channels[4] = 0
        let rates = DensityProfile.Rates(
            channels: reference(channels, [2, 9]), outer: reference([1, 0, 5], [3]))
        let profile = DensityProfile(density: 0.6, domain: .spatial, direct: rates, tiles: [:])
        let form = try LayerForm(direct: layer(.profile(profile), dense))
        guard case .taps(let flags) = try form.weightZeros(seed: 1, quantizeBits: nil) else {
            Issue.record("no taps")
            return
        }
        for filter in 0..<3 {
            for element in 0..<18 {
                let expected: UInt8 = filter == 1 || element == 4 ? 0 : 1
                #expect(flags.flags[filter * 18 + element] == expected, "\(filter), \(element)")
            }
        }
    }

    /// Only row 2 of the map has pixels; in the form of Winograd the same zeros go through the transform.
    @Test func mapsSayWhereZerosCluster() throws {
        let map = (0..<36).map { Float($0 / 6 == 2 ? 1 : 0) }
        let direct = DensityProfile.Rates(channels: reference([1, 1], [2, 1]), outer: reference(map, [1, 6, 6]))
        let tiles = DensityProfile.Rates(
            channels: reference([Float](repeating: 1, count: 32), [2, 16]), outer: reference([1, 0, 0, 1], [1, 2, 2]))
        let measured = DensityProfile(density: 1 / 6, domain: .spatial, direct: direct, tiles: [2: tiles])
        let both = layer(dense, .profile(measured))
        try both.check()
        guard case .pixels(let pixels) = try LayerForm(direct: both).activationZeros(seed: 1, quantizeBits: nil),
            case .positions(let masks, let known) = try LayerForm(winograd: both, tile: 2).activationZeros(
                seed: 1, quantizeBits: nil)
        else {
            Issue.record("other forms")
            return
        }
        #expect(pixels.flags == (0..<72).map { $0 % 36 / 6 == 2 ? 1 : 0 })
        #expect(masks.masks == [0xFFFF, 0xFFFF, 0, 0, 0, 0, 0xFFFF, 0xFFFF] && known?.flags == pixels.flags)
        // A tile that was not measured: what the pixels reach.
        let other = try LayerForm(winograd: both, tile: 4).activationZeros(seed: 1, quantizeBits: nil)
        let matrices = try both.matrices(tile: 4)
        guard case .positions(let reached, _) = other else {
            Issue.record("no positions")
            return
        }
        #expect(
            reached.masks
                == StructuralFill.activations(pixels, try LayerForm(winograd: both, tile: 4).grid, matrices).masks)
    }

    /// The counts of many draws come to min(1, a b).
    @Test func drawnCountsAreTheProbabilities() throws {
        let seed: UInt64 = 5
        var random = SeededGenerator(seed: seed)
        var shape = LayerShape(channels: 64, filters: 256)
        (shape.kernelHeight, shape.kernelWidth, shape.height, shape.width) = (3, 3, 3, 3)
        let a = (0..<64 * 9).map { _ in Float(random.number(0...12)) / 10 }
        let b = (0..<256).map { _ in Float(random.number(0...12)) / 10 }
        let rates = DensityProfile.Rates(channels: reference(a, [64, 9]), outer: reference(b, [256]))
        let one = Layer(
            name: "layer", shape: shape,
            weights: .profile(DensityProfile(density: 0.3, domain: .spatial, direct: rates, tiles: [:])),
            activations: dense)
        guard case .taps(let flags) = try LayerForm(direct: one).weightZeros(seed: 3, quantizeBits: nil) else {
            Issue.record("no taps")
            return
        }
        var expected = 0.0
        for factor in a { for other in b { expected += min(1, Double(factor) * Double(other)) } }
        let found = Double(flags.flags.reduce(0) { $0 + Int($1) })
        #expect(abs(found / expected - 1) < 0.01, "seed \(seed)")
    }

    @Test func formsThatWereNotMeasuredAreNamed() throws {
        let tiles = DensityProfile.Rates(
            channels: reference([Float](repeating: 1, count: 32), [2, 16]), outer: reference([1, 1, 1], [3]))
        let own = layer(.profile(DensityProfile(density: 1, domain: .winograd, direct: nil, tiles: [2: tiles])), dense)
        let error = #expect(throws: InputError.self) {
            try LayerForm(direct: own).weightZeros(seed: 1, quantizeBits: nil)
        }
        #expect(error?.message.contains("Winograd domain") == true)
        let spatial = layer(
            .profile(DensityProfile(density: 1, domain: .spatial, direct: nil, tiles: [2: tiles])), dense)
        let missing = #expect(throws: InputError.self) {
            try LayerForm(direct: spatial).weightZeros(seed: 1, quantizeBits: nil)
        }
        #expect(missing?.message.contains("measured as winograd-2x2; expected direct") == true)
    }

    @Test func vectorsThatDoNotFitAreRefused() throws {
        func fault(_ channels: TensorReference, _ outer: TensorReference, tile: Int?) -> String {
            let rates = DensityProfile.Rates(channels: channels, outer: outer)
            let profile = DensityProfile(
                density: 1, domain: .spatial, direct: tile == nil ? rates : nil, tiles: tile.map { [$0: rates] } ?? [:])
            do { try layer(.profile(profile), dense).check() } catch { return "\(error)" }
            return ""
        }
        let ones = [Float](repeating: 1, count: 128)
        #expect(fault(reference(Array(ones[..<18]), [2, 9]), reference([1, 1, 1], [3]), tile: nil).isEmpty)
        #expect(
            fault(reference(Array(ones[..<16]), [2, 8]), reference([1, 1, 1], [3]), tile: nil).contains(
                "expected F32 of [channels, positions] = [2, 9]"))
        #expect(
            fault(reference(Array(ones[..<18]), [2, 9]), reference([1, 1], [2]), tile: nil).contains(
                "expected F32 of [K] = [3]"))
        #expect(
            fault(reference(Array(ones[..<18]), [2, 9]), reference([1, -1, 1], [3]), tile: nil).contains("holds -1.0"))
        #expect(fault(reference(ones, [2, 64]), reference([1, 1, 1], [3]), tile: 6).isEmpty)
        #expect(fault(reference(ones, [2, 64]), reference([1, 1, 1], [3]), tile: 7).contains("a mask holds 64"))
    }
}
