import Files
import Hardware
import Tensors
import Testing
import Traces

@testable import Engine

/// Orders that seem to load chunks twice, and move no more bytes: they take part in the choice by time.
@Suite struct OrderChoiceTests {
    /// Four tiles, a column group each, and two row groups. All weights fit, those of a row group take longer to arrive than
    /// three passes run, and the memory is idle from then on.
    private func layer(kernel: Int, padding: Int, stride: Int, width: Int, channels: Int, filters: Int) -> Layer {
        var shape = LayerShape(channels: channels, filters: filters)
        shape.width = width
        (shape.kernelWidth, shape.paddingWidth, shape.strideWidth) = (kernel, padding, stride)
        return Layer(
            name: "layer", shape: shape, weights: .density(1, .spatial, Spread()),
            activations: .density(1, .spatial, Spread()))
    }

    private func machine(filtersPerPE: Int, chunk: Int, places: Int, bytesPerCycle: Int) -> Configuration {
        var configuration = Configuration()
        configuration.peArray.rows = 4
        configuration.peArray.columns = 1
        configuration.peArray.filtersPerPE = filtersPerPE
        configuration.peArray.multipliers = 1
        configuration.peArray.balance = .none
        configuration.mapping.algorithm = .direct
        configuration.mapping.stepWidth = 8
        configuration.mapping.activationStorage = .dense
        configuration.weightBuffer.encoding = .dense
        // Small, so that inputs need not wait long for the channel.
        configuration.weightBuffer.chunk = Bytes(64)
        configuration.inputBuffer.encoding = .dense
        configuration.inputBuffer.chunk = Bytes(chunk)
        configuration.inputBuffer.capacity = Bytes(chunk * places)
        configuration.dram = .bandwidth(bytesPerCycle: bytesPerCycle, latency: 0)
        return configuration
    }

    /// Tiles outside are tried first, with runs of three: they need the second row group a pass earlier than filters outside.
    private func expectFiltersOutside(_ layer: Layer, _ machine: Configuration) throws {
        func run(_ order: LoopOrder) throws -> Activity {
            var machine = machine
            machine.mapping.loopOrder = order
            let activity = try CycleModel(machine).simulate(layer).activity
            #expect(activity.inputs.loadedBytes == activity.inputs.compulsoryBytes)
            #expect(activity.weights.loadedBytes == activity.weights.compulsoryBytes)
            return activity
        }
        let filters = try run(.weights).cycles
        let tiles = try run(.inputs).cycles
        #expect(filters < tiles)
        #expect(try run(.auto).cycles == filters)
    }

    @Test func aBlockIsAsLongAsAskedForOrHasAllGroups() {
        func orders(_ order: LoopOrder, block: Int) -> [PassOrder] {
            PassOrder.candidates(rowGroups: 5, columnGroups: 3, LoopChoice(order: order, block: block, strip: 1))
        }
        #expect(
            orders(.auto, block: 4) == [PassOrder(outside: .filters, block: 4), PassOrder(outside: .tiles, block: 3)])
        #expect(orders(.weights, block: 9) == [PassOrder(outside: .filters, block: 5)])
        #expect(orders(.inputs, block: 1) == [PassOrder(outside: .tiles, block: 1)])
        let passes = PassOrder(outside: .filters, block: 4).passes(rowGroups: 5, columnGroups: 2)
        #expect(passes.map(\.rowGroup) == [0, 1, 2, 3, 0, 1, 2, 3, 4, 4])
        #expect(passes.map(\.columnGroup) == [0, 0, 0, 0, 1, 1, 1, 1, 0, 1])
    }

    /// Strips of two column groups: the second block begins with the last one, and the last strip is shorter.
    @Test func everySecondBlockTakesItsStripsFromTheLast() {
        let passes = PassOrder(outside: .filters, block: 2, strip: 2).passes(rowGroups: 3, columnGroups: 3)
        #expect(passes.map(\.rowGroup) == [0, 0, 1, 1, 0, 1, 2, 2, 2])
        #expect(passes.map(\.columnGroup) == [0, 1, 0, 1, 2, 2, 2, 0, 1])
        let turned = PassOrder(outside: .tiles, block: 2, strip: 2).passes(rowGroups: 3, columnGroups: 3)
        #expect(turned.map(\.columnGroup) == passes.map(\.rowGroup))
        #expect(turned.map(\.rowGroup) == passes.map(\.columnGroup))
    }

    /// The longer blocks first, then the longer strips, then filters outside; a block of one group has no strips.
    @Test func stripsArePowersOfTwoBelowAllGroups() {
        let orders = PassOrder.candidates(rowGroups: 3, columnGroups: 9, LoopChoice(order: .weights, block: nil))
        #expect(orders.map(\.block) == [2, 2, 2, 2, 1])
        #expect(orders.map(\.strip) == [8, 4, 2, 1, 1])
        let asked = PassOrder.candidates(
            rowGroups: 3, columnGroups: 9, LoopChoice(order: .weights, block: nil, strip: 12))
        #expect(asked.map(\.strip) == [9, 1])
        // A strip of all groups would be a block of the other order.
        #expect(PassOrder.strips(of: 8) == [1, 2, 4])
    }

    /// A kernel of seven on four pixels: the first tile owns them all, and the chunks of the others have no bytes. Of four chunks one
    /// is held, which is the first; the others come again for the second row group.
    @Test func chunksWithoutBytesMayComeAgain() throws {
        try expectFiltersOutside(
            layer(kernel: 7, padding: 3, stride: 1, width: 4, channels: 8, filters: 8),
            machine(filtersPerPE: 1, chunk: 64, places: 3, bytesPerCycle: 1))
    }

    /// The filters of each row group have weights in one slice of channels, so that each pass uses a chunk of its own. None of the
    /// eight can be held.
    @Test func chunksThatOneRowGroupUsesNeedNotBeHeld() throws {
        var layer = layer(kernel: 3, padding: 0, stride: 3, width: 12, channels: 16, filters: 16)
        let weights = (0..<16 * 16 * 3).map { index in
            let (filter, channel) = (index / 48, index / 3 % 16)
            return Float(filter / 8 == channel / 8 ? 1 : 0)
        }
        layer.weights = .tensor(
            TensorReference(name: "weights", tensor: Tensor(weights, shape: [16, 16, 1, 3])), .spatial)
        try expectFiltersOutside(layer, machine(filtersPerPE: 2, chunk: 48, places: 2, bytesPerCycle: 2))
    }
}
