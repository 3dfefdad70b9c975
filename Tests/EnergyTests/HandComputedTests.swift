import Foundation
import Hardware
import TestSupport
import Testing
import YAML

@testable import Energy
@testable import Engine

/// A machine, tables and a layer with round numbers, so that all figures can be computed by hand.
enum HandMachine {
    static let table = """
        name: paper
        technology: 45 nm
        voltage: 0.9 V
        operations:
          multiply: {rule: quadratic, figures: [{width: 16 bit, energy: 1 pJ, area: 3969 um2, source: paper}]}
          add: {rule: linear, figures: [{width: 32 bit, energy: 0.1 pJ, area: 100 um2, source: paper}]}
          register_write: {rule: linear, figures: [{width: 1 bit, energy: 0.01 pJ, area: 5 um2, source: paper}]}
          register_read: {rule: linear, figures: [{width: 1 bit, energy: 0.02 pJ, source: paper}]}
          register_clock: {rule: linear, figures: [{width: 1 bit, energy: 0.004 pJ, source: paper}]}
          bitwise: {rule: linear, figures: [{width: 32 bit, energy: 0.032 pJ, area: 32 um2, source: paper}]}
          compare: {rule: linear, figures: [{width: 32 bit, energy: 0.04 pJ, area: 64 um2, source: paper}]}
          shift: {rule: linear, figures: [{width: 32 bit, energy: 0.4 pJ, area: 100 um2, source: paper}]}
          multiplex: {rule: linear, figures: [{width: 32 bit, energy: 0.2 pJ, area: 100 um2, source: paper}]}
        wire: {energy: 0.5 pJ, voltage: 0.9 V, source: paper}
        leakage: {power: 10 mW, area: 1 mm2, source: paper}
        clock_and_control: {fraction: 0.25, source: paper}
        memory: {per_bit: 10 pJ, source: paper}
        """

    static let sram = """
        name: lstp
        source: paper
        temperature: 300 K
        columns: [capacity KiB, width bit, read_energy pJ, write_energy pJ, leakage mW, area um2, access_time ns, cycle_time ns]
        nodes:
          - technology: 45 nm
            supply: 1.1 V
            fit:
              read_energy: {a: 1, b: 0.01, n: 0.5, c: 1e-05}
              write_energy: {a: 1, b: 0.01, n: 0.5}
              leakage: {a: 3.7e-05, n: 0.9}
              area: {a: 4551, n: 0.9}
              access_time: {a: 0.6, n: 0.2}
            banks:
              - [4, 64, 2, 3, 0.001, 10000, 0.8, 0.9]
              - [4, 128, 4, 5, 0.001, 12000, 0.8, 0.9]
        """

    /// 2 x 4 PEs of 4 multipliers for 2 filters and 1 tile, F(2x2,3x3), steps of 16 channels.
    static var configuration: Configuration {
        var machine = Configuration()
        machine.clock = .megahertz(1000)
        machine.datatype.quantize = true
        machine.peArray.rows = 2
        machine.peArray.columns = 4
        machine.peArray.accumulatorSets = 1
        machine.weightBuffer.capacity = .kibibytes(64)
        machine.weightBuffer.bandwidth = Bytes(128)
        machine.weightBuffer.banks = 16
        machine.inputBuffer = machine.weightBuffer
        machine.outputBuffer.capacity = .kibibytes(8)
        machine.outputBuffer.banks = 2
        machine.inputTransform.units = 2
        machine.outputTransform.units = 4
        return machine
    }

    static func model(_ set: (inout Configuration) -> Void = { _ in }) throws -> EnergyModel {
        var machine = configuration
        set(&machine)
        let table = try EnergyTable(Document.parse(table, file: "paper"), path: "paper") { throw $0.error("no base") }
        let tables = EnergyTables(
            table: table, companion: nil, scaling: try shippedScaling(),
            sram: try SRAMTable(Document.parse(sram, file: "sram"), path: "sram"))
        return try EnergyModel(configuration: machine, tables: tables)
    }

    static var layer: LayerActivity {
        EnergyTests.layer("conv", .winograd(tile: 2, kernel: 3)) {
            $0.timing.cycles = 1000
            $0.array.usefulProducts = 900
            $0.workload.denseMultiplies = 5000
            $0.array.accumulatorUpdates = 400
            $0.outputs.accumulatorDrains = 64
            $0.array.entriesExamined = 300
            $0.workload.maskBits = 16
            $0.weights.broadcast = ValueCount(values: 3200, nonZeros: 1000)
            $0.weights.queued = ValueCount(values: 12800, nonZeros: 4000)
            $0.inputs.broadcast = ValueCount(values: 1600, nonZeros: 800)
            $0.inputs.queued = ValueCount(values: 3200, nonZeros: 1600)
            $0.inputs.encoded = ValueCount(values: 640, nonZeros: 320)
            $0.inputs.decoded = 100
            $0.outputs.encoded = ValueCount(values: 128, nonZeros: 64)
            $0.outputs.indexBits = 128
            $0.transforms.inputTiles = 40
            $0.transforms.inputAdds = 40 * 32
            $0.outputs.pairs = 8
            $0.transforms.outputAdds = 8 * 24
            $0.weights.bufferReads = 200
            $0.weights.bufferWrites = 50
            $0.inputs.bufferReads = 150
            $0.inputs.bufferWrites = 40
            $0.outputs.bufferWrites = 16
            $0.memory.weightBytes = 100
            $0.memory.inputBytes = 50
            $0.memory.outputBytes = 30
        }
    }
}

/// The expected figures were computed by hand from the page `Components` and the round numbers above.
@Suite struct HandComputedTests {
    /// Per PE: 4 multipliers 15,876, 4 adders 400, 1 x 2 x 16 accumulators of 32 bits 5,120, 8 entries of 2 * 272 + 272
    /// = 816 bits 32,640, 2 entries x 2 pairs x 16 AND gates 64 and 32 prefix adders of 5 bits 2,000, multiplexers for
    /// 64 and 32 choices 4 * 21 * 50 = 4,200 and 4 * 11 * 50 = 2,200: 62,500 um2, so the pitch is 0.25 mm.
    @Test func areasMatchTheHandComputation() throws {
        let model = try HandMachine.model()
        let expected: [(String, String, Int, Double)] = [
            ("multiplier", "multiplier", 32, 3969), ("adder_tree", "adder", 32, 100),
            ("accumulator_register", "register bit", 8192, 5), ("fifo", "register bit", 52224, 5),
            ("selection", "and gate", 512, 1), ("selection", "prefix adder", 1024, 15.625),
            ("selection", "weight multiplexer", 672, 50), ("selection", "activation multiplexer", 352, 50),
            ("encoder", "comparator", 48, 32), ("encoder", "shifter", 48, 50), ("decoder", "shifter", 32, 50),
            ("input_transform", "adder", 64, 50), ("input_transform", "register bit", 1536, 5),
            ("output_transform", "adder", 96, 100), ("output_transform", "register bit", 1536, 5),
            // 16 lanes of an addition of 32 bits, with 4 stages.
            ("vector_unit", "adder", 16, 100), ("vector_unit", "register bit", 2048, 5),
            ("weight_buffer", "bank", 16, 10000), ("input_buffer", "bank", 16, 10000),
            ("output_buffer", "bank", 2, 12000),
        ]
        #expect(model.areas.map(\.component) == expected.map(\.0))
        #expect(model.areas.map(\.part) == expected.map(\.1))
        #expect(model.areas.map(\.count) == expected.map(\.2))
        for (area, row) in zip(model.areas, expected) {
            #expect(area.figure.area.value == row.3, "\(area.component) \(area.part)")
        }
        #expect(model.pitch == 0.25)
        #expect(model.totalArea.value == 500_000 + 33_696 + 11_840 + 344_000)
    }

    @Test func energiesMatchTheHandComputation() throws {
        let model = try HandMachine.model()
        let energy = model.energy(of: HandMachine.layer)
        let expected: [(String, String, Int, Double)] = [
            ("multiplier", "multiply", 900, 900), ("adder_tree", "add", 500, 50), ("accumulator", "add", 400, 40),
            ("accumulator_register", "read", 12800, 256), ("accumulator_register", "write", 12800, 128),
            ("accumulator_register", "drain", 2048, 40.96),
            // Masks of 12,800 + 3,200 bits, values of 64,000 + 25,600; 8 PEs of 8 gates and two pointers of 3 bits.
            ("fifo", "write_masks", 16_000, 160), ("fifo", "read_masks", 16_000, 320),
            ("fifo", "write_values", 89_600, 896), ("fifo", "read_values", 89_600, 1792),
            ("fifo", "clock", 112_000, 448),
            ("selection", "mask_and", 9600, 9.6), ("selection", "prefix_add", 19200, 300),
            ("selection", "choose_weight", 900, 270), ("selection", "choose_activation", 900, 270),
            // 4 and 2 PEs of 0.25 mm.
            ("broadcast", "weight_masks", 3200, 1600), ("broadcast", "weight_values", 16000, 8000),
            ("broadcast", "input_masks", 1600, 400), ("broadcast", "input_values", 12800, 3200),
            ("encoder", "test_input", 640, 12.8), ("encoder", "pack_input", 320, 64),
            ("decoder", "unpack_input", 100, 20), ("encoder", "test_output", 128, 2.56),
            ("encoder", "pack_output", 64, 12.8),
            ("input_transform", "add", 1280, 64), ("input_transform", "register", 30720, 307.2),
            ("output_transform", "add", 192, 19.2), ("output_transform", "register", 3072, 30.72),
            ("weight_buffer", "read", 200, 400), ("weight_buffer", "write", 50, 150),
            ("weight_buffer", "leakage", 1000, 16),
            ("input_buffer", "read", 150, 300), ("input_buffer", "write", 40, 120),
            ("input_buffer", "leakage", 1000, 16),
            ("output_buffer", "read", 16, 64), ("output_buffer", "write", 16, 80),
            ("output_buffer", "leakage", 1000, 2),
            ("dram", "read", 1200, 12000), ("dram", "write", 240, 2400),
            // 10 mW/mm2 and 1 ns: 0.01 pJ per um2.
            ("leakage", "multiplier", 1000, 1270.08), ("leakage", "adder_tree", 1000, 32),
            ("leakage", "accumulator_register", 1000, 409.6), ("leakage", "fifo", 1000, 2611.2),
            ("leakage", "selection", 1000, 677.12), ("leakage", "encoder", 1000, 39.36),
            ("leakage", "decoder", 1000, 16), ("leakage", "input_transform", 1000, 108.8),
            ("leakage", "output_transform", 1000, 172.8), ("leakage", "vector_unit", 1000, 118.4),
            ("clock_and_control", "layer", 1, 5181.96),
        ]
        #expect(energy.entries.map(\.component) == expected.map(\.0))
        #expect(energy.entries.map(\.action) == expected.map(\.1))
        #expect(energy.entries.map(\.count) == expected.map(\.2))
        for (entry, row) in zip(energy.entries, expected) {
            #expect(
                abs(entry.total.value / row.3 - 1) < 1e-12,
                "\(row.0) \(row.1): observed \(entry.total.value), expected \(row.3)")
        }
        #expect(abs(energy.total.value / 45799.16 - 1) < 1e-12, "observed \(energy.total.value)")
        #expect(energy.multiply == Picojoules(900))
        #expect(energy.denseMultiply == Picojoules(5000))
    }

    /// Banks of 4 KiB with ports of 64 bits: what both operands did, and the banks' area and leakage once.
    @Test func aSharedBufferStandsInForBoth() throws {
        let apart = try HandMachine.model()
        let model = try HandMachine.model {
            $0.operandBuffer.capacity = .kibibytes(128)
            $0.operandBuffer.port = Bytes(8)
        }
        let banks = try #require(model.areas.first { $0.component == "operand_buffer" })
        #expect(banks.part == "bank" && banks.count == 32 && banks.figure.area.value == 10000)
        #expect(model.areas.filter { $0.component.hasSuffix("_buffer") }.count == 2)
        #expect(model.totalArea == apart.totalArea)
        let (energy, both) = (model.energy(of: HandMachine.layer), apart.energy(of: HandMachine.layer))
        let entries = energy.entries.filter { $0.component.hasSuffix("_buffer") }
        #expect(
            entries.map(\.component) == Array(repeating: "operand_buffer", count: 3)
                + Array(repeating: "output_buffer", count: 3))
        #expect(entries.prefix(3).map(\.action) == ["read", "write", "leakage"])
        #expect(entries.prefix(3).map(\.count) == [350, 90, 1000])
        #expect(entries.prefix(3).map { ($0.total.value * 1e6).rounded() / 1e6 } == [700, 270, 32])
        #expect(abs(energy.total.value / both.total.value - 1) < 1e-12)
        let small = try HandMachine.model {
            $0.operandBuffer.capacity = .kibibytes(96)
            $0.operandBuffer.port = Bytes(8)
        }
        #expect(
            small.areas.contains { $0.component == "operand_buffer" && $0.count == 32 && $0.figure.area.value < 10000 })
    }

    /// 16 positions of one unit in 3 cycles need 6 lanes, not 5; so do 16 outputs of 4 units.
    @Test func unitsThatTakeSeveralCyclesNeedWholeLanes() throws {
        let model = try HandMachine.model {
            $0.inputTransform.units = 1
            $0.inputTransform.interval = 3
            $0.outputTransform.interval = 3
        }
        let lanes = model.areas.filter { $0.component == "encoder" || $0.component == "decoder" }
        #expect(lanes.map(\.component) == ["encoder", "encoder", "decoder"])
        #expect(lanes.map(\.count) == [6 + 6, 6 + 6, 6])
    }

    /// Tiles are packed behind the 32 lanes of the input transform, pixels behind 16 of the output units; nothing is put back. A buffer
    /// of all values takes 128 B of 16 bits a cycle from DRAM and packs them again for the array.
    @Test func storedTilesArePackedBehindTheTransformOnly() throws {
        func lanes(_ encoding: Encoding) throws -> [Int] {
            let model = try HandMachine.model {
                $0.mapping.activationStorage = .transformed
                $0.inputBuffer.encoding = encoding
            }
            return model.areas.filter { $0.component == "encoder" || $0.component == "decoder" }.map(\.count)
        }
        #expect(try lanes(.bitmask) == [32 + 16, 32 + 16])
        #expect(try lanes(.dense) == [32 + 16 + 64, 32 + 16 + 64, 64])
    }

    /// A prefix sum over 7 bits has 3 levels of 4 adders of 4 bits.
    @Test func prefixSumsOfOddWidthsRoundUp() throws {
        let model = try HandMachine.model { $0.mapping.stepWidth = 7 }
        let adders = try #require(model.areas.first { $0.part == "prefix adder" })
        // 8 PEs of 2 entries of 2 pairs.
        #expect(adders.count == 8 * 2 * 2 * 12 && adders.figure.area.value == 100 * 4 / 32)
        let examined = layer("conv", .winograd(tile: 2, kernel: 3)) {
            $0.array.entriesExamined = 300
            $0.workload.maskBits = 7
        }
        let entry = try #require(model.energy(of: examined).entry("selection", "prefix_add"))
        #expect(entry.count == 300 * 2 * 12 && abs(entry.perAction.value - 0.1 * 4 / 32) < 1e-15)
    }

    @Test func sourcesStateTheShareOfMasks() throws {
        let masked = layer("conv", .winograd(tile: 2, kernel: 3)) {
            $0.weights.bufferReads = 10
            $0.weights.bufferReadBytes = 500
            $0.weights.readIndexBits = 1600
            $0.weights.movedIndexBits = 200
            $0.inputs.movedIndexBits = 100
            $0.memory.weightBytes = 100
            $0.memory.inputBytes = 50
            $0.outputs.encoded = ValueCount(values: 128, nonZeros: 64)
            $0.outputs.indexBits = 128
            $0.memory.outputBytes = 30
        }
        let energy = try HandMachine.model().energy(of: masked)
        // 1,600 of 4,000 bits, 300 of 1,200 and 128 of 240.
        for (component, action, share) in [
            ("weight_buffer", "read", "40"), ("dram", "read", "25"), ("dram", "write", "53.33"),
        ] {
            let source = try #require(energy.entry(component, action)).source
            #expect(source.hasPrefix("\(share) % of the bits are masks, "), "\(component) \(action): \(source)")
        }
        #expect(energy.entry("weight_buffer", "write")?.source.contains("masks") == false)
        // With the 500 bytes of inputs, 1,600 of 8,000.
        var shared = masked.activity
        shared.inputs.bufferReadBytes = 500
        let layer = LayerActivity(
            name: "conv", shape: masked.shape, algorithm: masked.algorithm, note: nil, activity: shared)
        let read = try HandMachine.model {
            $0.operandBuffer.capacity = .kibibytes(128)
            $0.inputBuffer.encoding = .dense
        }.energy(of: layer).entry("operand_buffer", "read")
        #expect(read?.source.hasPrefix("20 % of the bits are masks, ") == true)
    }

    @Test func sourcesStateHowAFigureWasMade() throws {
        let energy = try HandMachine.model().energy(of: HandMachine.layer)
        func source(_ component: String, _ action: String) -> String? {
            energy.entries.first { $0.component == component && $0.action == action }?.source
        }
        #expect(source("broadcast", "weight_values") == "1 mm, 4 PEs of 0.25 mm, at 0.5 pJ/bit/mm, as given; paper")
        #expect(
            source("selection", "choose_weight")
                == "3 levels of 4 to 1 for 64 values of 16 bit, in proportion to 32 bit (0.2 pJ); paper")
        #expect(source("weight_buffer", "leakage")?.hasPrefix("16 banks, 0.016 mW, a cycle, as tabulated") == true)
        #expect(source("leakage", "fifo") == "0.2611 mm2, 2.611 mW, a cycle, as given; paper")
        #expect(
            source("clock_and_control", "layer") == "0.25 of 20730 pJ of dynamic energy on chip, as given; paper")
        #expect(source("dram", "read") == "a bit of a memory without a standard, as given; paper")
    }
}
