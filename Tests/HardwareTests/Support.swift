import Foundation
import Hardware
import YAML

/// A folder of its own with the given files, which is removed afterwards.
func withFiles<R>(_ files: [String: String], _ body: (String) throws -> R) throws -> R {
    let folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
        .appendingPathComponent("winosim-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (name, text) in files {
        let url = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }
    return try body(folder.path)
}

/// The configuration that a text describes.
func decoded(_ text: String) throws -> Configuration { try Configuration.decode(Document.parse(text, file: "c.yaml")) }

extension Random {
    mutating func within(_ range: ClosedRange<Int>) -> Int { range.lowerBound + below(range.count) }

    mutating func any<E: CaseIterable>(_: E.Type) -> E {
        E.allCases[E.allCases.index(E.allCases.startIndex, offsetBy: below(E.allCases.count))]
    }

    /// A valid configuration with every value drawn.
    mutating func configuration() -> Configuration {
        var c = Configuration()
        c.name = ["a", "true", "my machine: 2", "ü \"x\"", "12"][below(5)]
        c.clock = Hertz([800e6, 1.25e9, 3, 999_999_999, 0.1e9 + 0.5][below(5)])
        c.datatype.weights = within(2...64)
        c.datatype.activations = within(2...64)
        c.datatype.accumulators = within(1...64)
        c.datatype.quantize = below(2) == 0
        c.peArray.rows = within(1...1024)
        c.peArray.columns = within(1...1024)
        c.peArray.filtersPerPE = within(1...64)
        c.peArray.tilesPerPE = within(1...64)
        c.peArray.multipliers = within(1...64)
        c.peArray.fifoDepth = within(1...1024)
        c.peArray.lookahead = within(1...64)
        c.peArray.broadcastSteps = within(1...c.peArray.fifoDepth)
        c.peArray.accumulatorSets = within(1...64)
        c.peArray.stallLatency = within(0...1024)
        c.peArray.pipeline = within(0...1024)
        c.peArray.zeroSkipping = any(ZeroSkipping.self)
        c.peArray.gating = below(2) == 0
        c.peArray.skipEmptySteps = any(EmptySteps.self)
        c.peArray.balance = any(Balance.self)
        c.weightBuffer = buffer()
        c.inputBuffer = buffer()
        c.outputBuffer.capacity = Bytes(1 << within(0...40))
        c.outputBuffer.banks = within(1...65536)
        c.inputTransform.units = within(1...65536)
        c.inputTransform.interval = within(1...100)
        c.inputTransform.latency = within(0...100)
        c.outputTransform.units = within(1...65536)
        c.outputTransform.interval = within(1...100)
        c.outputTransform.latency = within(0...100)
        c.mapping.algorithm = any(AlgorithmChoice.self)
        c.mapping.tile = within(1...7)
        c.mapping.step = any(StepForm.self)
        c.mapping.stepWidth = within(1...64)
        c.mapping.loopOrder = any(LoopOrder.self)
        c.mapping.activationStorage = any(Encoding.self)
        c.inputTransform.placement = c.mapping.step == .channels ? .load : any(Placement.self)
        c.energy.technology = [45, 7, 22.5][below(3)]
        c.energy.table = ["default", "tables/own.yaml", "a b"][below(3)]
        return c
    }

    private mutating func buffer() -> OperandBuffer {
        var buffer = OperandBuffer(bandwidth: Bytes(within(1...(1 << 30))))
        buffer.capacity = Bytes(within(1...(1 << 40)))
        buffer.banks = within(1...65536)
        buffer.prefetch = within(1...64)
        buffer.encoding = any(Encoding.self)
        return buffer
    }
}
