import Files
import Hardware
import Testing
import Traces

@testable import Engine

@Suite struct MemoryTests {
    /// 64 filters and 64 tiles of 8 channels: on an array of 4 x 4 PEs with one filter and one tile each, 16 row groups
    /// and 16 column groups.
    private func layer() -> Layer {
        var shape = LayerShape(channels: 8, filters: 64)
        (shape.height, shape.width) = (16, 16)
        (shape.kernelHeight, shape.kernelWidth) = (3, 3)
        (shape.paddingHeight, shape.paddingWidth) = (1, 1)
        return Layer(
            name: "layer", shape: shape, weights: .density(0.5, .winograd, Spread()),
            activations: .density(0.5, .winograd, Spread()))
    }

    private func machine(
        weights: Int = 1 << 20, inputs: Int = 1 << 20, order: LoopOrder = .auto, bytesPerCycle: Int = 32
    ) -> Configuration {
        var configuration = Configuration()
        configuration.peArray.rows = 4
        configuration.peArray.columns = 4
        configuration.peArray.filtersPerPE = 1
        configuration.mapping.stepWidth = 8
        configuration.mapping.loopOrder = order
        configuration.mapping.activationStorage = .dense
        configuration.weightBuffer.encoding = .dense
        configuration.inputBuffer.encoding = .dense
        configuration.weightBuffer.capacity = Bytes(weights)
        configuration.inputBuffer.capacity = Bytes(inputs)
        configuration.dram = .bandwidth(bytesPerCycle: bytesPerCycle, latency: 20)
        return configuration
    }

    private let weightBytes = 64 * 16 * 8 * 2
    private let pixelBytes = 8 * 16 * 16 * 2
    /// Bytes of all transformed tiles in the input buffer.
    private let bufferedInputs = 64 * 16 * 8 * 2

    /// The cycles are at most the sum of those without memory and those of the loads.
    @Test func operandsThatFitAreLoadedOnce() throws {
        let activity = try CycleModel(machine()).simulate(layer()).activity
        #expect(activity.memory.weightBytes == weightBytes)
        #expect(activity.memory.inputBytes == pixelBytes)
        var ideal = machine()
        ideal.dram = .ideal
        let without = try CycleModel(ideal).simulate(layer()).activity
        let moved = activity.memory.bytes / 32
        #expect(activity.cycles >= without.cycles)
        #expect(activity.cycles <= without.cycles + moved + 20 + 64)
    }

    /// Operands that are loaded more than twice as often as compulsory are reported, with the key to change.
    @Test func repeatedLoadsAreReportedWithTheirKey() async throws {
        func reported(weights: Int, inputs: Int = 1 << 20) async throws -> [String] {
            let trace = Trace(model: "test", layers: [layer()])
            return try await CycleModel(machine(weights: weights, inputs: inputs)).run(trace).repeatedLoads
        }
        #expect(try await reported(weights: 1 << 20) == [])
        // A row group takes 1,024 bytes: in a buffer of 2,047 it is streamed in each of 16 passes, in one of 2,048 it
        // is not.
        #expect(
            try await reported(weights: 2047) == [
                "weights of layer are read from DRAM 16.0 times (262,144 bytes, and 16,384 are compulsory): "
                    + "weight_buffer.capacity of 2 KiB would stream none of them anew in every pass"
            ])
        #expect(try await reported(weights: 2048) == [])
        // Both operands in blocks: the inner one is loaded again for each block of the outer one.
        let both = try await reported(weights: 4096, inputs: 4096)
        #expect(both.count == 1, "\(both)")
        let ways = ["weight", "input"].map { "raise \($0)_buffer.capacity, or set mapping.loop_order" }
        #expect(both.allSatisfy { text in ways.contains { text.hasSuffix($0) } }, "\(both)")
    }

    @Test func weightBlocksAndWholeInputsAreLoadedOnce() throws {
        for order in [LoopOrder.weights, .auto] {
            let activity = try CycleModel(machine(weights: weightBytes / 2, order: order)).simulate(layer()).activity
            #expect(activity.memory.weightBytes == weightBytes)
            #expect(activity.memory.inputBytes == pixelBytes)
        }
    }

    @Test func innerOperandsAreLoadedForEveryOuterBlock() throws {
        // A quarter of each operand fits half its buffer: four blocks each.
        let weights = weightBytes / 2
        let inputs = bufferedInputs / 2
        let weightsOutside = try CycleModel(machine(weights: weights, inputs: inputs, order: .weights))
            .simulate(layer()).activity
        #expect(weightsOutside.memory.weightBytes == weightBytes)
        #expect(weightsOutside.memory.inputBytes == 4 * pixelBytes)
        let inputsOutside = try CycleModel(machine(weights: weights, inputs: inputs, order: .inputs))
            .simulate(layer()).activity
        #expect(inputsOutside.memory.weightBytes == 4 * weightBytes)
        #expect(inputsOutside.memory.inputBytes == pixelBytes)
        let auto = try CycleModel(machine(weights: weights, inputs: inputs)).simulate(layer()).activity
        #expect(auto.memory.bytes == min(weightsOutside.memory.bytes, inputsOutside.memory.bytes))
    }

    /// Such groups are loaded again in every pass.
    @Test func groupsLargerThanHalfTheirBufferAreStreamed() throws {
        // A row group takes 4 * 16 * 8 * 2 = 1024 bytes.
        let activity = try CycleModel(machine(weights: 1024)).simulate(layer()).activity
        #expect(activity.memory.weightBytes == 16 * weightBytes)
        #expect(activity.memory.inputBytes == pixelBytes)
    }

    /// The error names both sizes.
    @Test func stepsLargerThanHalfTheirBufferAreRefused() throws {
        // A step of a row group takes 4 * 8 * 2 = 64 bytes.
        #expect(throws: InputError.self) { try CycleModel(machine(weights: 120)).simulate(layer()) }
        do {
            _ = try CycleModel(machine(weights: 120)).simulate(layer())
        } catch let error as InputError {
            #expect(error.message.contains("64 bytes") && error.message.contains("60 bytes"), "\(error.message)")
        }
    }

    @Test func outputsLargerThanTheirBufferAreRefused() throws {
        var configuration = machine()
        // 4 filters * 4 tiles * 4 outputs * 2 bytes = 128 bytes.
        configuration.outputBuffer.capacity = Bytes(127)
        #expect(throws: InputError.self) { try CycleModel(configuration).simulate(layer()) }
        configuration.outputBuffer.capacity = Bytes(128)
        let tight = try CycleModel(configuration).simulate(layer()).activity
        #expect(tight.array.slots[.dramOutputs] > 0)
    }

    @Test func largerBuffersNeverRaiseTheTrafficOfAuto() throws {
        var before = Int.max
        for shift in 10...17 {
            let activity = try CycleModel(machine(weights: 1 << shift, inputs: 1 << shift)).simulate(layer()).activity
            #expect(activity.memory.bytes <= before, "capacity \(1 << shift)")
            before = activity.memory.bytes
        }
    }

    /// A narrow channel takes the time of its bytes.
    @Test func widerChannelsAreNeverSlower() throws {
        var before = Int.max
        for bytes in [1, 2, 8, 64, 4096] {
            let activity = try CycleModel(machine(bytesPerCycle: bytes)).simulate(layer()).activity
            #expect(activity.cycles <= before)
            #expect(activity.cycles >= activity.memory.bytes / bytes)
            before = activity.cycles
        }
        // A partial last cycle counts as a cycle.
        let odd = try CycleModel(machine(bytesPerCycle: 7)).simulate(layer()).activity
        #expect(odd.memory.bytes % 7 != 0)
        #expect(odd.memory.boundCycles == odd.memory.bytes / 7 + 1)
        let narrow = try CycleModel(machine(bytesPerCycle: 1)).simulate(layer()).activity
        #expect(narrow.cycles < narrow.memory.bytes + 200)
        let waits: [CycleHolder?] = [.dramWeights, .dramInputs, .dramOutputs]
        #expect(waits.contains(narrow.timing.held.largest))
    }
}
