import Files
import Hardware
import Tensors
import Testing
import Traces

@testable import Engine

/// Encodings in buffers, against streams written by hand.
@Suite struct EncodingTests {
    /// Two filters of 20 channels, a step of 16 and one of 4, and one tile of ones. Values of 16 bits.
    private func givenMasks() -> Layer {
        let weights: [UInt64] = [0b1000_0001, 0b1000, 0, 0b0001]
        return Layer(
            name: "layer", shape: LayerShape(channels: 20, filters: 2),
            weights: .mask(TensorReference(name: "w", tensor: Tensor(weights, shape: [2, 2]))),
            activations: .mask(
                TensorReference(name: "a", tensor: Tensor([UInt64](arrayLiteral: 0xFFFF, 0xF), shape: [2, 1]))))
    }

    private func machine(weights: Encoding = .bitmask, inputs: Encoding = .bitmask) -> Configuration {
        var configuration = Configuration()
        configuration.weightBuffer.encoding = weights
        configuration.inputBuffer.encoding = inputs
        return configuration
    }

    @Test func runLengthWeightsTakeTheExpectedBytes() throws {
        let activity = try CycleModel(machine(weights: .runLength(2))).simulate(givenMasks()).activity
        // Filter 0: (0, w) (3, 0) (2, w), then (3, w). Filter 1: nothing, then (0, w). 5 entries of 18 bits.
        #expect(activity.memory.weightBytes == 12 && activity.weights.bufferReadBytes == 12)
        #expect(activity.weights.readIndexBits == 10 && activity.weights.movedIndexBits == 10)
        #expect(activity.weights.read.nonZeros == 4 && activity.weights.read.zeros == 1)
        #expect(activity.weights.decoded == 5 && activity.weights.encoded.values == 0)
        let masked = try CycleModel(machine()).simulate(givenMasks()).activity
        #expect(activity.array.usefulProducts == masked.array.usefulProducts)
    }

    @Test func coordinateWeightsTakeTheExpectedBytes() throws {
        let activity = try CycleModel(machine(weights: .compressedSparseColumn(4))).simulate(givenMasks()).activity
        // 4 entries of 20 bits and 4 counts of 5 bits; in each of the two bundles 2 and 2, rounded up to bytes.
        #expect(activity.memory.weightBytes == 13 && activity.weights.bufferReadBytes == 7 + 7)
        #expect(activity.weights.readIndexBits == 4 * 4 + 4 * 5)
        #expect(activity.weights.decoded == 4 && activity.weights.encoded.values == 0)
    }

    @Test func directPixelsAreCodedWithTheirChannels() throws {
        var shape = LayerShape(channels: 4, filters: 1)
        (shape.height, shape.width) = (2, 2)
        // Channels of the four pixels: 3; none; 0 and 1; 1 and 3.
        let values: [Float] = [0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 1]
        let layer = Layer(
            name: "layer", shape: shape, weights: .density(1, .spatial, Spread()),
            activations: .tensor(
                TensorReference(name: "a", tensor: Tensor(values, shape: [1, 4, 2, 2])), .spatial))
        let activity = try CycleModel(machine(inputs: .runLength(1))).simulate(layer).activity
        // (1, 0) (1, a); nothing; (0, a) (0, a); (1, a) (1, a): 6 entries of 17 bits.
        #expect(activity.inputs.bufferReadBytes == 13)
        #expect(activity.inputs.readIndexBits == 6)
        #expect(activity.inputs.read.values == 6 && activity.inputs.read.nonZeros == 5)
        // DRAM holds a mask of 16 bits and 5 values. They are decoded, encoded for the buffer, and decoded after it.
        #expect(activity.memory.inputBytes == 12)
        #expect(activity.inputs.decoded == 5 + 6 && activity.inputs.encoded.values == 16)
    }

    @Test func masksWiderThanACoordinateCountsAreRefused() throws {
        let simulator = CycleModel(machine(weights: .compressedSparseColumn(3)))
        let error = #expect(throws: InputError.self) { try simulator.simulate(givenMasks()) }
        #expect(
            error?.message
                == "layer 'layer': weight_buffer.encoding {csc: 3} codes vectors of at most 8 values, and the layer's have 16; "
                + "give it more bits, or make a step smaller")
    }
}
