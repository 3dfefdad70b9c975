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
        c.outputBuffer.capacity = Bytes(1 << number(0...40))
        c.outputBuffer.banks = number(1...65536)
        c.inputTransform.units = number(1...65536)
        c.inputTransform.interval = number(1...100)
        c.inputTransform.latency = number(0...100)
        c.outputTransform.units = number(1...65536)
        c.outputTransform.interval = number(1...100)
        c.outputTransform.latency = number(0...100)
        c.mapping.algorithm = any(AlgorithmChoice.self)
        c.mapping.tile = number(1...7)
        c.mapping.step = any(StepForm.self)
        c.mapping.stepWidth = number(1...64)
        c.mapping.loopOrder = any(LoopOrder.self)
        c.mapping.search = any(MappingGoal.self)
        c.mapping.stepOrder = any(StepOrder.self)
        c.mapping.activationStorage = pick([.dense, .bitmask, .transformed])
        let placesOnLoad = c.mapping.step == .channels || c.mapping.activationStorage == .transformed
        c.inputTransform.placement = placesOnLoad ? .load : any(Placement.self)
        c.energy.technology = pick([45, 7, 22.5])
        c.energy.voltage = pick([nil, 0.9, 0.65])
        c.energy.memoryPerBit = pick([nil, 8, 3.9])
        c.energy.sram = any(SRAMDevice.self)
        c.energy.table = pick(["default", "tables/own.yaml", "a b"])
        return c
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
