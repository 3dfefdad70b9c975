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

    /// A row group takes 4 * 16 * 8 * 2 = 1,024 bytes, in chunks of 256, and so does a column group, in one chunk of one slice.
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
        configuration.weightBuffer.chunk = Bytes(256)
        configuration.inputBuffer.chunk = Bytes(256)
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
        // Of four chunks of a row group a buffer of four places holds two and streams two: 2 + 16 * 2 of 4 are loaded.
        #expect(
            try await reported(weights: 1024) == [
                "weights of layer are read from DRAM 8.5 times (139,264 bytes, and 16,384 are compulsory): "
                    + "weight_buffer.capacity of 2 KiB would keep each of their groups between its passes"
            ])
        #expect(try await reported(weights: 1536) == [])
        // One of them is read again for each group, or each block, of the other.
        let both = try await reported(weights: 2048, inputs: 3072)
        #expect(both.count == 1, "\(both)")
        let ways = ["weight", "input"].map { "raise \($0)_buffer.capacity, or set mapping.loop_order" }
        #expect(both.allSatisfy { text in ways.contains { text.hasSuffix($0) } }, "\(both)")
    }

    /// A group of one operand stays for all of its passes while the other, which fits, passes by.
    @Test func whereOneOperandFitsTheOtherIsLoadedOnce() throws {
        for auto in [LoopOrder.auto, nil] {
            let weights = machine(weights: 1536, order: auto ?? .weights)
            let inputs = machine(inputs: 3072, order: auto ?? .inputs)
            for machine in [weights, inputs] {
                let activity = try CycleModel(machine).simulate(layer()).activity
                #expect(activity.memory.weightBytes == weightBytes)
                #expect(activity.memory.inputBytes == pixelBytes)
            }
        }
        // The other way round, what does not fit is read again in every round.
        let turned = try CycleModel(machine(weights: 1536, order: .inputs)).simulate(layer()).activity
        #expect(turned.memory.weightBytes > weightBytes)
    }

    /// A layer of one tap on the same array, 16 row groups and 16 column groups of one chunk of 64 bytes each.
    private func pointwise(weightPlaces: Int, inputPlaces: Int, order: LoopOrder = .auto) throws -> Activity {
        var shape = LayerShape(channels: 8, filters: 64)
        (shape.height, shape.width) = (8, 8)
        let layer = Layer(
            name: "layer", shape: shape, weights: .density(1, .spatial, Spread()),
            activations: .density(1, .spatial, Spread()))
        var configuration = machine(weights: 64 * weightPlaces, inputs: 64 * inputPlaces, order: order)
        configuration.weightBuffer.chunk = Bytes(64)
        configuration.inputBuffer.chunk = Bytes(64)
        return try CycleModel(configuration).simulate(layer).activity
    }

    /// Four row groups stay while all inputs pass by.
    @Test func blocksShareTheInputsThatPassBy() throws {
        for order in [LoopOrder.weights, .auto] {
            let activity = try pointwise(weightPlaces: 6, inputPlaces: 3, order: order)
            #expect(activity.memory.weightBytes == 64 * 16)
            // Four rounds, and one column group stays from each to the next.
            #expect(activity.memory.inputBytes == 64 * (16 + 3 * 15))
        }
    }

    /// The error names both sizes.
    @Test func buffersThatHoldNoBundleAreRefused() throws {
        // Steps of a row group take 64 bytes, so a bundle lies in one chunk, and one more is loaded ahead.
        #expect(throws: Never.self) { try CycleModel(machine(weights: 512)).simulate(layer()) }
        #expect(throws: InputError.self) { try CycleModel(machine(weights: 511)).simulate(layer()) }
        do {
            _ = try CycleModel(machine(weights: 511)).simulate(layer())
        } catch let error as InputError {
            #expect(error.message.contains("512 bytes") && error.message.contains("511 bytes"), "\(error.message)")
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
            let machine = machine(weights: 1 << shift, inputs: 2 << shift)
            let activity = try CycleModel(machine).simulate(layer()).activity
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
