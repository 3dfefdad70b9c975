import Files
import Hardware
import TestSupport
import YAML

/// The configuration of a text.
func decoded(_ text: String) throws -> Configuration { try Configuration.decode(Document.parse(text, file: "c.yaml")) }

extension SeededGenerator {
    private mutating func any<E: CaseIterable>(_: E.Type) -> E { pick(Array(E.allCases)) }

    /// A valid configuration with random values.
    mutating func configuration() -> Configuration {
        var c = Configuration()
        c.name = pick(["a", "true", "my machine: 2", "ü \"x\"", "12"])
        c.clock = Hertz(pick([800e6, 1.25e9, 3, 999_999_999, 0.1e9 + 0.5]))
        c.datatype.weights = number(2...64)
        c.datatype.activations = number(2...64)
        c.datatype.accumulators = number(1...64)
        c.datatype.quantize = below(2) == 0
        c.datatype.winogradScales = any(WinogradScales.self)
        if below(3) == 0 {
            c.datatype.format = pick([.float, .bfloat])
            c.datatype.quantize = false
            c.datatype.weights = pick([16, 32])
            c.datatype.activations = pick([16, 32])
            c.datatype.accumulators = pick([16, 32])
        }
        c.peArray.rows = number(1...1024)
        c.peArray.columns = number(1...1024)
        c.peArray.filtersPerPE = number(1...64)
        c.peArray.tilesPerPE = number(1...64)
        c.peArray.multipliers = number(1...64)
        c.peArray.fifoDepth = number(1...1024)
        c.peArray.lookahead = number(1...64)
        c.peArray.broadcastSteps = number(1...c.peArray.fifoDepth)
        c.peArray.accumulatorSets = number(1...64)
        c.peArray.stallLatency = number(0...1024)
        c.peArray.pipeline = number(0...1024)
        c.peArray.zeroSkipping = any(ZeroSkipping.self)
        c.peArray.gating = below(2) == 0
        c.peArray.skipEmptySteps = any(EmptySteps.self)
        c.peArray.balance = any(Balance.self)
        c.weightBuffer = buffer()
        c.inputBuffer = buffer()
        if below(3) == 0 { share(&c) }
        c.outputBuffer.capacity = Bytes(1 << number(0...40))
        c.outputBuffer.banks = number(1...65536)
        c.inputTransform.units = number(1...65536)
        c.inputTransform.interval = number(1...100)
        c.inputTransform.latency = number(0...100)
        c.outputTransform.units = number(1...65536)
        c.outputTransform.interval = number(1...100)
        c.outputTransform.latency = number(0...100)
        c.vectorUnit.lanes = number(1...65536)
        c.vectorUnit.operations = number(1...64)
        c.vectorUnit.latency = number(0...65536)
        c.mapping.algorithm = any(AlgorithmChoice.self)
        c.mapping.tile = number(1...7)
        c.mapping.tiles = pick([
            [], [c.mapping.tile],
            [c.mapping.tile, 8 - c.mapping.tile == c.mapping.tile ? 1 : 8 - c.mapping.tile].sorted(),
        ])
        c.mapping.step = any(StepForm.self)
        c.mapping.stepWidth = number(1...64)
        c.mapping.loopOrder = any(LoopOrder.self)
        c.mapping.loopBlock = pick([nil, 1, 7])
        c.mapping.loopStrip = pick([nil, 1, 6])
        c.mapping.search = any(MappingGoal.self)
        c.mapping.stepOrder = any(StepOrder.self)
        c.mapping.activationStorage = pick([.dense, .bitmask, .transformed])
        c.mapping.layers = (0..<number(0...2)).map { index in
            var pins = LayerPins(Glob(["conv4_*", "a, b: \"c\""][index]))
            pins.algorithm = pick([nil, .direct, .winograd])
            pins.tile = pick([nil, c.mapping.tile])
            pins.step = pick([nil, .positions, .channels])
            pins.stepWidth = pick([nil, number(1...c.mapping.stepWidth)])
            pins.filtersPerPE = pick([nil, number(1...c.peArray.filtersPerPE)])
            pins.tilesPerPE = pick([nil, c.peArray.tilesPerPE])
            pins.balance = pick([nil, .density])
            pins.loopOrder = pick([nil, .inputs])
            pins.loopBlock = pick([nil, 3])
            pins.loopStrip = pick([nil, 2])
            pins.stepOrder = pick([nil, .positions])
            return pins
        }
        let placesOnLoad = c.mapping.step == .channels || c.mapping.activationStorage == .transformed
        c.inputTransform.placement = placesOnLoad ? .load : any(Placement.self)
        c.energy.technology = pick([45, 7, 22.5])
        c.energy.voltage = pick([nil, 0.9, 0.65])
        c.energy.memoryPerBit = pick([nil, 8, 3.9])
        c.energy.sram = any(SRAMDevice.self)
        c.energy.table = pick(["default", "tables/own.yaml", "a b"])
        return c
    }

    /// One buffer for both operands, whose own have only what it leaves them.
    private mutating func share(_ c: inout Configuration) {
        c.operandBuffer.banks = number(2...1024)
        c.operandBuffer.capacity = Bytes(number(1 << 20...1 << 40))
        let (weights, inputs) = (number(1...1 << 20), number(1...1 << 20))
        c.operandBuffer.port = pick([nil, Bytes(max(weights, inputs) + number(0...10))])
        for (path, bandwidth) in [(\Configuration.weightBuffer, weights), (\.inputBuffer, inputs)] {
            var buffer = OperandBuffer(bandwidth: Bytes(bandwidth))
            buffer.chunk = pick([nil, Bytes(number(1...1024))])
            (buffer.prefetch, buffer.encoding) = (c[keyPath: path].prefetch, c[keyPath: path].encoding)
            c[keyPath: path] = buffer
        }
    }

    private mutating func buffer() -> OperandBuffer {
        var buffer = OperandBuffer(bandwidth: Bytes(number(1...(1 << 30))))
        buffer.capacity = Bytes(number(1...(1 << 40)))
        buffer.chunk = pick([nil, Bytes(number(1...buffer.capacity.count))])
        buffer.banks = number(1...65536)
        buffer.prefetch = number(1...64)
        buffer.encoding = pick([
            .dense, .bitmask, .runLength(number(1...8)), .compressedSparseColumn(number(1...6)),
        ])
        return buffer
    }
}
