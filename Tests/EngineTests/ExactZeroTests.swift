import Hardware
import Tensors
import Testing
import Traces

@testable import Engine

@Suite struct ExactZeroTests {
    /// Kernel rows (-3, -2, 5), 0, 0 under F(4x4, 3x3): with rounded sixths in G a zero row counted as not
    /// zero: 29 products and a density of 80.6 % instead of 25 and 25/36.
    @Test func integerOperandsHaveExactZerosUnderFractions() throws {
        var shape = LayerShape(channels: 1, filters: 1)
        (shape.height, shape.width, shape.kernelHeight, shape.kernelWidth) = (6, 6, 3, 3)
        let pixels = (1...36).map { Float($0 * $0) }
        let layer = Layer(
            name: "l", shape: shape,
            weights: .tensor(
                TensorReference(
                    name: "w", tensor: Tensor([-3, -2, 5, 0, 0, 0, 0, 0, 0] as [Float], shape: [1, 1, 3, 3])),
                .spatial),
            activations: .tensor(TensorReference(name: "x", tensor: Tensor(pixels, shape: [1, 1, 6, 6])), .spatial))
        var configuration = Configuration()
        configuration.mapping.tile = 4
        let activity = try CycleModel(configuration).simulate(layer).activity
        #expect(activity.array.usefulProducts == 25)
        #expect(activity.workload.weightDensity == 25.0 / 36)
    }
}
