import Engine
import Hardware
import Tensors
import Testing
import Traces

@testable import Simulation

/// What one layer is, counted by hand.
@Suite struct LayerInspectionTests {
    /// Two filters of one channel: 3 and 1 taps that are not zero, of which both have the middle one; a map of 4 x 4 whose last row is zero.
    private static let layer: Layer = {
        var shape = LayerShape(channels: 1, filters: 2)
        (shape.height, shape.width, shape.kernelHeight, shape.kernelWidth) = (4, 4, 3, 3)
        let taps: [Float] = [1, 0, 0, 0, 2, 0, 0, 0, 3] + [0, 0, 0, 0, 1, 0, 0, 0, 0]
        let pixels: [Float] = Array(repeating: 1, count: 12) + Array(repeating: 0, count: 4)
        return Layer(
            name: "conv", shape: shape,
            weights: .tensor(TensorReference(name: "g", tensor: Tensor(taps, shape: [2, 1, 3, 3])), .spatial),
            activations: .tensor(TensorReference(name: "d", tensor: Tensor(pixels, shape: [1, 1, 4, 4])), .spatial))
    }()

    @Test func productsAreThoseOfEachAlgorithm() throws {
        let inspection = try LayerInspection(Self.layer, seed: 1)
        #expect(
            inspection.forms.map(\.algorithm.description) == [
                "direct", "winograd-2x2-3x3", "winograd-4x4-3x3", "winograd-6x6-3x3",
            ])
        let direct = inspection.forms[0]
        // 2 filters, 4 windows of 9 taps. The tap at the lower right meets the row of zeros in the lower two windows.
        #expect(direct.products == 72)
        #expect(direct.usefulProducts == 4 * 4 - 2)
        // One tile of 4 x 4 positions and two filters.
        #expect(inspection.forms[1].products == 32)
        #expect(inspection.fillIn?.weightDensityBefore == 4.0 / 18)
    }

    @Test func densitiesStandAtTheirTaps() throws {
        let direct = try LayerInspection(Self.layer, seed: 1).forms[0]
        let weights = try #require(direct.weights)
        #expect(weights.densities == [0.5, 0, 0, 0, 1, 0, 0, 0, 0.5])
        #expect((weights.rows, weights.columns) == (3, 3))
        let pixels = try #require(direct.activations)
        #expect(pixels.densities.isEmpty && pixels.count.values == 16 && pixels.count.nonZeros == 12)
    }

    /// G g G^T of a kernel with the middle tap alone is 1/4 at the four inner positions and 0 at the others.
    @Test func densitiesStandAtTheirPositions() throws {
        let winograd = try LayerInspection(Self.layer, seed: 1).forms[1]
        let weights = try #require(winograd.weights)
        #expect((weights.rows, weights.columns) == (4, 4))
        #expect(weights.densities[5] > 0 && weights.densities[3] == 0)
        #expect(abs(weights.densities.reduce(0, +) / 16 - Double(weights.count.nonZeros) / 32) < 1e-12)
    }

    @Test func bytesAreThoseOfTheEncodings() throws {
        let direct = try LayerInspection(Self.layer, seed: 1).forms[0]
        let weights = try #require(direct.weights)
        let bytes = Dictionary(uniqueKeysWithValues: weights.bytes.map { ($0.encoding.yaml, $0.bytes) })
        #expect(bytes["dense"] == 36)
        // A bit a tap, and four values.
        #expect(bytes["bitmask"] == (18 + 4 * 16 + 7) / 8)
        // Four values with a run of 4 bits.
        #expect(bytes["{run_length: 4}"] == 4 * 20 / 8)
        // Four coordinates of 4 bits, and two counts of 5.
        #expect(bytes["{csc: 4}"] == (4 * 20 + 2 * 5 + 7) / 8)
        // Pixels are no vectors.
        #expect(direct.activations?.bytes.map(\.encoding) == [.dense, .bitmask])
    }
}
