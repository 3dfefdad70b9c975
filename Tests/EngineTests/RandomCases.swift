import Hardware
import Tensors
import TestSupport
import Traces

@testable import Engine

/// A small random machine and a small random layer of masks for it.
struct RandomCase {
    var configuration = Configuration()
    var layer: Layer
    var workload: NaiveWorkload
    /// The layer that reads the outputs; nil where the trace ends.
    var next: Layer?

    /// Every parameter of page `ArrayTiming` varies; with a memory, those of page `BuffersAndTraffic` too.
    init(seed: UInt64, withMemory: Bool = false) {
        var random = SeededGenerator(seed: seed)
        configuration.peArray = Self.array(&random)
        configuration.weightBuffer = Self.buffer(&random)
        configuration.inputBuffer = Self.buffer(&random)
        configuration.datatype.weights = random.pick([4, 8, 16])
        configuration.datatype.activations = random.pick([4, 8, 16])
        configuration.outputTransform.units = random.number(1...6)
        configuration.outputTransform.interval = random.number(1...3)
        configuration.outputTransform.latency = random.number(0...4)
        configuration.outputBuffer.banks = random.pick([1, 2, 8])
        configuration.inputTransform.units = random.number(1...6)
        configuration.inputTransform.interval = random.number(1...3)
        configuration.inputTransform.latency = random.number(0...4)
        configuration.mapping.stepWidth = random.pick([1, 2, 3, 4, 16, 17, 64, 64])
        configuration.mapping.step = random.pick([.positions, .channels])
        configuration.mapping.tile = random.pick([2, 2, 4, 6])
        configuration.mapping.algorithm = random.pick([.auto, .direct])
        configuration.mapping.stepOrder = random.pick(StepOrder.allCases)
        if configuration.mapping.step == .positions {
            configuration.inputTransform.placement = random.pick([.load, .read])
        }
        configuration.setRandomBanks(seed: seed)
        if withMemory { configuration.setRandomMemory(seed: seed) }
        configuration.setRandomStorage(seed: seed)
        configuration.setRandomStrips(seed: seed)
        // The naive machine's time grows with pairs and steps; a case that is too large is drawn again.
        repeat {
            (layer, workload) = Self.operands(Self.shape(&random), configuration, &random)
        } while workload.size > 6000
        configuration.widenCoordinates(to: workload.width)
        setRandomNext(seed: seed)
        if withMemory { configuration.setRandomCapacities(for: workload, seed: seed) }
    }

    private static func array(_ random: inout SeededGenerator) -> PEArray {
        var array = PEArray()
        array.rows = random.pick([1, 2, 3, 4, 5])
        array.columns = random.pick([1, 2, 3, 4, 5, 3, 4, 5, 17, 20])
        array.filtersPerPE = random.pick([1, 2, 2, 3])
        array.tilesPerPE = random.pick([1, 1, 2, 3])
        array.multipliers = random.pick([1, 2, 3, 4, 5, 8])
        array.fifoDepth = random.number(1...9)
        array.lookahead = random.number(1...4)
        array.broadcastSteps = random.number(1...min(4, array.fifoDepth))
        array.accumulatorSets = random.number(1...3)
        array.stallLatency = random.number(0...3)
        array.pipeline = random.number(0...6)
        array.zeroSkipping = random.pick(ZeroSkipping.allCases + [.both, .both])
        array.gating = random.pick([true, false])
        array.skipEmptySteps = random.pick(EmptySteps.allCases)
        array.balance = random.pick(Balance.allCases)
        return array
    }

    /// Each kind is equally likely.
    private static let encodings =
        Array(repeating: Encoding.dense, count: 6) + Array(repeating: .bitmask, count: 6)
        + (1...6).map { .runLength($0) } + (1...6).map { .compressedSparseColumn($0) }

    private static func buffer(_ random: inout SeededGenerator) -> OperandBuffer {
        var buffer = OperandBuffer(bandwidth: Bytes(random.pick([1, 3, 8, 32, 256, 256])))
        buffer.prefetch = random.number(1...5)
        buffer.encoding = random.pick(encodings)
        buffer.banks = random.pick([1, 2, 5, 32])
        return buffer
    }

    static func shape(_ random: inout SeededGenerator) -> LayerShape {
        let groups = random.pick([1, 1, 1, 2, 3])
        var shape = LayerShape(channels: groups * random.number(1...6), filters: groups * random.number(1...7))
        shape.groups = groups
        shape.batch = random.pick([1, 1, 2])
        shape.kernelHeight = random.pick([1, 2, 3, 3, 3])
        shape.kernelWidth = random.pick([shape.kernelHeight, shape.kernelHeight, 2])
        // Cut into two or three steps, the last of them padded except for 9 x 8.
        if random.number(0...40) == 0 {
            (shape.kernelHeight, shape.kernelWidth) = random.pick([(9, 8), (9, 9), (13, 5), (13, 10)])
        }
        shape.height = shape.kernelHeight + random.number(0...4)
        shape.width = shape.kernelWidth + random.number(0...4)
        shape.paddingHeight = random.number(0...1)
        shape.paddingWidth = random.number(0...1)
        shape.strideHeight = random.pick([1, 1, 1, 2])
        shape.strideWidth = shape.strideHeight
        return shape
    }

    /// Whether a layer of a shape has a Winograd form in which it runs.
    static func isWinograd(_ shape: LayerShape, _ mapping: Mapping) -> Bool {
        mapping.algorithm != .direct && shape.kernelHeight == shape.kernelWidth && shape.kernelHeight > 1
            && shape.strideHeight == 1 && mapping.tile + shape.kernelHeight - 1 <= 8
    }

    /// Masks for the layer's form in the table of page `Workload`, which is derived without the engine.
    static func operands(
        _ shape: LayerShape, _ configuration: Configuration, _ random: inout SeededGenerator
    ) -> (Layer, NaiveWorkload) {
        let mapping = configuration.mapping
        let n = mapping.tile + shape.kernelHeight - 1
        let isWinograd = isWinograd(shape, mapping)
        let positions = isWinograd ? n * n : shape.taps
        let channels = shape.channels / shape.groups
        let edge = isWinograd ? mapping.tile : 1
        let tiles =
            shape.batch * ((shape.outputHeight + edge - 1) / edge) * ((shape.outputWidth + edge - 1) / edge)
        let byChannels = mapping.step == .channels || shape.taps == 1
        let pieces = byChannels ? (channels + mapping.stepWidth - 1) / mapping.stepWidth : (positions + 63) / 64
        let width = byChannels ? mapping.stepWidth : (positions + pieces - 1) / pieces
        let steps = (byChannels ? positions : channels) * pieces
        let lanes = (0..<steps).map { step in
            (0..<width).filter { step % pieces * width + $0 < (byChannels ? channels : positions) }
        }
        let filters = shape.filters / shape.groups
        let weightDensity = random.pick([0, 20, 40, 70, 100])
        let activationDensity = random.pick([0, 20, 40, 70, 100])
        let emptyFilters = random.pick([0, 0, 50, 90])
        func mask(_ step: Int, _ density: Int) -> UInt64 {
            lanes[step].reduce(0) { $0 | (random.number(0...99) < density ? 1 << UInt64($1) : 0) }
        }
        var weights: [[[UInt64]]] = []
        var activations: [[[UInt64]]] = []
        for _ in 0..<shape.groups {
            weights.append(
                (0..<filters).map { _ in
                    (0..<steps).map { random.number(0...99) < emptyFilters ? 0 : mask($0, weightDensity) }
                })
            activations.append((0..<steps).map { step in (0..<tiles).map { _ in mask(step, activationDensity) } })
        }
        // One case in thirty has a bit without an operand, and is refused.
        if let step = lanes.indices.last(where: { lanes[$0].count < width }), random.number(0...29) == 0 {
            let bit: UInt64 = 1 << UInt64(random.number(lanes[step].count...width - 1))
            if random.pick([true, false]) { weights[0][0][step] |= bit } else { activations[0][step][0] |= bit }
        }
        let reads = isWinograd && configuration.inputTransform.placement == .read
        let bits = configuration.datatype.activations
        let masks = activations
        let isMasked = mapping.activationStorage == .transformed
        let workload = NaiveWorkload(
            width: width, operands: lanes, slices: lanes.indices.map { byChannels ? $0 % pieces : $0 / pieces },
            weights: weights, activations: activations,
            inputVectors: { group, steps, tiles in
                steps.flatMap { step in
                    tiles.map { tile in lanes[step].map { masks[group][step][tile] >> UInt64($0) & 1 == 1 } }
                }
            }, movesAllInputs: !isMasked, accumulators: isWinograd ? n * n : 1, transformsOnRead: reads,
            // Without pixels, every operand of a mask is a separate value.
            moved: { group, slice, tiles in
                slice.flatMap { step in
                    let values = lanes[step].count
                    return tiles.map {
                        isMasked
                            ? NaiveItem(
                                maskedStep: step, tile: $0, values: values, mask: masks[group][step][$0],
                                valueBits: bits)
                            : NaiveItem(step: step, tile: $0, channel: 0, bits: values * bits, values: values)
                    }
                }
            }, storesTiles: isWinograd && isMasked, tilesOfChannels: isWinograd ? tiles * shape.channels : 0,
            outputs: { tile in
                let tilesInRow = (shape.outputWidth + edge - 1) / edge
                let tilesInColumn = (shape.outputHeight + edge - 1) / edge
                let row = tile % (tilesInRow * tilesInColumn) / tilesInRow
                return min(edge, shape.outputHeight - row * edge)
                    * min(edge, shape.outputWidth - tile % tilesInRow * edge)
            })
        let layer = Layer(
            name: "layer", shape: shape,
            weights: .mask(
                TensorReference(
                    name: "w", tensor: Tensor(weights.flatMap { $0.flatMap { $0 } }, shape: [shape.filters, steps]))),
            activations: .mask(
                TensorReference(
                    name: "a",
                    tensor: Tensor(activations.flatMap { $0.flatMap { $0 } }, shape: [shape.groups * steps, tiles]))))
        return (layer, workload)
    }
}

extension RandomCase {
    /// A random machine and a layer whose operands are drawn from densities, lowered by `NaiveLowering`.
    static func drawn(seed: UInt64, withMemory: Bool = false) throws -> RandomCase {
        var result = RandomCase(seed: seed, withMemory: withMemory)
        var random = SeededGenerator(seed: ~seed)
        repeat {
            let shape = Self.shape(&random)
            let n = result.configuration.mapping.tile + shape.kernelHeight - 1
            let isWinograd = isWinograd(shape, result.configuration.mapping)
            let domain = isWinograd ? random.pick(Domain.allCases) : .spatial
            var spread = Spread()
            spread.channels = random.pick([0, 0.2])
            result.layer = Layer(
                name: "drawn", shape: shape,
                winograd: isWinograd ? WinogradModel(tile: result.configuration.mapping.tile) : nil,
                weights: .density(random.pick([0, 0.3, 0.6, 1]), domain, spread),
                activations: .density(random.pick([0, 0.3, 0.6, 1]), domain, spread))
            let form =
                try isWinograd
                ? LayerForm(winograd: result.layer, tile: result.configuration.mapping.tile)
                : LayerForm(direct: result.layer)
            let lowering = NaiveLowering(
                shape: shape, configuration: result.configuration, edge: isWinograd ? n : nil,
                weights: try form.weightZeros(seed: 1, quantizeBits: nil),
                activations: try form.activationZeros(seed: 1, quantizeBits: nil))
            result.workload = lowering.workload()
        } while result.workload.size > 6000
        result.configuration.widenCoordinates(to: result.workload.width)
        result.setRandomNext(seed: seed)
        if withMemory { result.configuration.setRandomCapacities(for: result.workload, seed: seed) }
        return result
    }
}

extension Configuration {
    /// Raises the bits of `csc` to those that vectors of so many lanes need: with fewer, the machine refuses the layer.
    fileprivate mutating func widenCoordinates(to lanes: Int) {
        func widened(_ encoding: Encoding) -> Encoding {
            guard case .compressedSparseColumn(var bits) = NaiveEncoding(encoding) else { return encoding }
            while 1 << bits < lanes { bits += 1 }
            return .compressedSparseColumn(bits)
        }
        weightBuffer.encoding = widened(weightBuffer.encoding)
        inputBuffer.encoding = widened(inputBuffer.encoding)
    }
}
