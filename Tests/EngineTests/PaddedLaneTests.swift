import Files
import Hardware
import Tensors
import Testing
import Traces

@testable import Engine

/// Lanes of a step beyond the last channel or the last tap hold no operand.
@Suite struct PaddedLaneTests {
    private func machine() -> Configuration {
        var configuration = Configuration()
        configuration.peArray.zeroSkipping = .none
        configuration.mapping.algorithm = .direct
        configuration.mapping.activationStorage = .dense
        configuration.weightBuffer.encoding = .dense
        configuration.inputBuffer.encoding = .dense
        return configuration
    }

    private func layer(channels: Int, filters: Int, map: Int, kernel: Int) -> Layer {
        var shape = LayerShape(channels: channels, filters: filters)
        (shape.height, shape.width) = (map, map)
        (shape.kernelHeight, shape.kernelWidth) = (kernel, kernel)
        return Layer(
            name: "layer", shape: shape, weights: .density(1, .spatial, Spread()),
            activations: .density(1, .spatial, Spread()))
    }

    /// 24 channels in steps of 16 cost as much as 24 lanes.
    @Test func unusedLanesOfChannelStepsCostNothing() throws {
        let activity = try CycleModel(machine()).simulate(layer(channels: 24, filters: 144, map: 56, kernel: 1))
            .activity
        #expect(activity.array.executedProducts == 24 * 144 * 56 * 56)
        #expect(activity.array.usefulProducts == activity.array.executedProducts)
        #expect(activity.memory.weightBytes == 24 * 144 * 2)
        #expect(activity.workload.weightDensity == 1 && activity.workload.activationDensity == 1)
        #expect(activity.skippedProducts == 0 && activity.weights.skippedReads == 0)
        // Steps still have all lanes: two steps for 24 channels.
        #expect(activity.array.steps == 2 * activity.array.passes)
    }

    /// 81 taps in two steps of 41 cost as much as 81 lanes.
    @Test func unusedLanesOfTapStepsCostNothing() throws {
        var configuration = machine()
        configuration.mapping.step = .positions
        let activity = try CycleModel(configuration).simulate(layer(channels: 16, filters: 16, map: 40, kernel: 9))
            .activity
        #expect(activity.array.executedProducts == 16 * 16 * 81 * 32 * 32)
        #expect(activity.memory.weightBytes == 16 * 16 * 81 * 2)
        #expect(activity.workload.maskBits == 41)
    }

    /// The error names the place of the mask.
    @Test func maskBitsInUnusedLanesAreRefused() throws {
        func layer(_ weights: [UInt64], _ activations: [UInt64]) -> Layer {
            Layer(
                name: "layer", shape: LayerShape(channels: 20, filters: 1),
                weights: .mask(TensorReference(name: "w", tensor: Tensor(weights, shape: [1, 2]))),
                activations: .mask(TensorReference(name: "a", tensor: Tensor(activations, shape: [2, 1]))))
        }
        // 20 channels: a step of 16 and one of 4.
        let whole = try CycleModel().simulate(layer([0xFFFF, 0xF], [0xFFFF, 0xF])).activity
        #expect(whole.array.usefulProducts == 20)
        let weights = #expect(throws: InputError.self) { try CycleModel().simulate(layer([0xFFFF, 0x10], [0, 0])) }
        #expect(
            weights?.message
                == "weight mask [0, 1] of 'w' in layer 'layer' has bits beyond the 4 operands of its step (direct with step: "
                + "channels); they must be 0")
        let inputs = #expect(throws: InputError.self) { try CycleModel().simulate(layer([0, 0], [0x1_0000, 0])) }
        #expect(inputs?.message.hasPrefix("activation mask [0, 0] of 'a'") == true)
        #expect(inputs?.message.contains("beyond the 16 operands of its step") == true)
    }
}
