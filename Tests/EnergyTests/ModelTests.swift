import DRAM
import Foundation
import Hardware
import TestSupport
import Testing
import Traces
import YAML

@testable import Energy
@testable import Engine

@Suite struct ModelTests {
    private static let linear = layer("fc", .linear) {
        $0.array.usefulProducts = 10
        $0.workload.denseMultiplies = 40
    }

    /// A layer with sparse weights and activations, small enough to run quickly.
    static func conv(
        _ weights: Double = 0.4, _ activations: Double = 0.5, channels: Int = 20, domain: Domain = .winograd
    ) -> Layer {
        var shape = LayerShape(channels: channels, filters: 40)
        (shape.height, shape.width, shape.kernelHeight, shape.kernelWidth) = (9, 8, 3, 3)
        (shape.paddingHeight, shape.paddingWidth) = (1, 1)
        return Layer(
            name: "conv", shape: shape, relu: domain == .winograd ? .winograd : .spatial,
            weights: .density(weights, domain, Spread()), activations: .density(activations, domain, Spread()))
    }

    private static func energy(
        _ layer: Layer = conv(), _ set: (inout Configuration) -> Void = { _ in }
    ) throws -> (energy: LayerEnergy, activity: Activity) {
        var configuration = Configuration()
        set(&configuration)
        let result = try CycleModel(configuration).simulate(layer)
        return (try shippedModel { set(&$0) }.energy(of: result), result.activity)
    }

    // MARK: Laws

    /// On every kind of machine, every product and value of the algorithm is useful, ineffectual, gated or skipped. The
    /// engine's counts are compared with the naive machine's in `EngineAgainstNaiveTests`.
    @Test(arguments: ZeroSkipping.allCases, [false, true])
    func multipliesAndReadsReconcile(skipping: ZeroSkipping, gating: Bool) throws {
        for domain in [Domain.winograd, .spatial] {
            let (energy, activity) = try Self.energy(Self.conv(domain: domain)) {
                $0.peArray.zeroSkipping = skipping
                $0.peArray.gating = gating
                $0.mapping.algorithm = domain == .winograd ? .auto : .direct
                $0.weightBuffer.encoding = skipping == .none ? .dense : .bitmask
            }
            let multiplies = try #require(energy.entry("multiplier", "multiply")).count
            let ineffectual = activity.array.ineffectualProducts - activity.array.gatedProducts
            #expect(
                activity.workload.algorithmicProducts
                    == activity.array.usefulProducts + ineffectual + activity.array.gatedProducts
                    + activity.skippedProducts)
            #expect(multiplies == activity.array.usefulProducts + ineffectual)
            #expect(
                activity.array.gatedProducts
                    == (gating ? activity.array.executedProducts - activity.array.usefulProducts : 0))
            #expect((activity.skippedProducts == 0) == (skipping == .none))
            let adds = ["adder_tree", "accumulator"].compactMap { energy.entry($0, "add")?.count }
            #expect(adds.reduce(0, +) == activity.array.executedProducts)
            for operand in [activity.weights, activity.inputs] {
                #expect(operand.algorithmicReads == operand.read.nonZeros + operand.read.zeros + operand.skippedReads)
                #expect(operand.skippedReads >= 0)
            }
            let isBitmask = skipping != .none
            #expect((activity.weights.read.zeros == 0) == isBitmask)
        }
    }

    @Test func entriesAddUpToTheTotal() throws {
        let result = TraceActivity(
            configuration: Configuration(), model: "m", traceDescription: "", traceDigest: "", seed: 1,
            layers: [HandMachine.layer, Self.linear])
        let model = try shippedModel()
        let energies = model.energy(of: result)
        #expect(energies == [model.energy(of: HandMachine.layer), model.energy(of: Self.linear)])
        for energy in energies {
            let total = energy.entries.reduce(0) { $0 + $1.perAction.value * Double($1.count) }
            #expect(energy.total.value == total)
            #expect(energy.multiply < energy.total)
            let parts = energy.components.map(\.energy.value).reduce(0, +)
            #expect(abs(parts / total - 1) < 1e-12)
        }
    }

    /// Doubling a layer's filters doubles actions per filter, and does not change actions per input and per cycle.
    @Test func halvingACountHalvesItsRow() throws {
        var half = HandMachine.layer
        half = LayerActivity(
            name: half.name, shape: half.shape, algorithm: half.algorithm, note: nil,
            activity: {
                var activity = half.activity
                activity.array.usefulProducts /= 2
                activity.array.accumulatorUpdates /= 2
                activity.weights.queued = ValueCount(values: 6400, nonZeros: 2000)
                activity.weights.bufferReads /= 2
                return activity
            }())
        let model = try HandMachine.model()
        let (full, less) = (model.energy(of: HandMachine.layer), model.energy(of: half))
        let halved: Set = [
            "multiplier multiply", "accumulator add", "adder_tree add", "selection choose_weight",
            "selection choose_activation", "accumulator_register read", "accumulator_register write",
            "weight_buffer read",
        ]
        for (a, b) in zip(full.entries, less.entries) where a.component != "clock_and_control" && a.component != "fifo"
        {
            let ratio = halved.contains("\(a.component) \(a.action)") ? 2.0 : 1
            #expect(a.total.value == ratio * b.total.value, "\(a.component) \(a.action)")
        }
        for (action, bits) in [("write_masks", 12800), ("write_values", 64000)] {
            let (fifo, fewer) = (full.entry("fifo", action), less.entry("fifo", action))
            #expect((fifo?.count ?? 0) - (fewer?.count ?? 0) == bits / 2)
        }
    }

    /// Multiplies scale by the square of the width; registers, buses and adders in proportion to it.
    @Test func halvingAWidthScalesEnergyByTheTable() throws {
        let wide = try HandMachine.model().energy(of: HandMachine.layer)
        let narrow = try HandMachine.model {
            $0.datatype.weights = 8
            $0.datatype.activations = 8
            $0.datatype.accumulators = 16
        }.energy(of: HandMachine.layer)
        func ratio(_ component: String, _ action: String) throws -> Double {
            try #require(wide.entry(component, action)).total.value
                / #require(narrow.entry(component, action)).total.value
        }
        #expect(try ratio("multiplier", "multiply") == 4)
        for (component, action) in [
            ("adder_tree", "add"), ("accumulator", "add"), ("accumulator_register", "read"),
            ("selection", "choose_weight"), ("encoder", "pack_input"), ("input_transform", "add"),
            ("input_transform", "register"), ("output_transform", "register"),
        ] {
            #expect(abs(try ratio(component, action) - 2) < 1e-12, "\(component) \(action)")
        }
        #expect(try ratio("selection", "mask_and") == 1)
        // Mask bits are unchanged; values are half.
        #expect(try ratio("fifo", "write_masks") == 1 && ratio("fifo", "write_values") == 2)
    }

    // MARK: Machines

    @Test func growthWidensMultipliersAndTransform() throws {
        let grown = layer("conv", .winograd(tile: 2, kernel: 3)) {
            $0 = HandMachine.layer.activity
            $0.workload.growthBits = 2
        }
        let model = try shippedModel()
        let (wide, kept) = (model.energy(of: grown), model.energy(of: HandMachine.layer))
        func derivation(_ energy: LayerEnergy, _ component: String, _ action: String) -> String? {
            energy.entry(component, action)?.figure.source.derivation
        }
        #expect(derivation(wide, "multiplier", "multiply")?.hasPrefix("16 x 18 bit taken as sqrt(16 * 18)") == true)
        #expect(derivation(kept, "multiplier", "multiply")?.hasPrefix("16 bit, by a power law") == true)
        #expect(wide.entry("input_transform", "add")?.perAction == Picojoules(0.05 + (0.1 - 0.05) * (2.0 / 16)))
        #expect(kept.entry("input_transform", "add")?.perAction == Picojoules(0.05))
        #expect(wide.entry("input_transform", "register")?.count == 40 * 16 * (3 * 16 + 2 * 2))
        #expect(wide.entry("output_transform", "add") == kept.entry("output_transform", "add"))
        #expect(wide.denseMultiply == kept.denseMultiply)
        // F(4x4,3x3) grows by 7 bits, and so does its multiplier.
        let built = try shippedModel { $0.mapping.tile = 4 }.areas.first { $0.component == "multiplier" }
        #expect(built?.figure.source.derivation.hasPrefix("16 x 23 bit") == true)
    }

    @Test(arguments: [
        (NumberFormat.integer, 4, "4 bit"), (.integer, 32, "32 bit"), (.float, 16, "fp16"), (.bfloat, 16, "bf16"),
        (.float, 32, "fp32"),
    ])
    func multipliersFollowNumberFormatAndWidth(format: NumberFormat, width: Int, words: String) throws {
        let model = try shippedModel {
            $0.datatype.format = format
            $0.datatype.weights = width
            $0.datatype.activations = width
        }
        let grown = layer("conv", .winograd(tile: 2, kernel: 3)) { $0.workload.growthBits = 2 }
        let source = try #require(model.energy(of: Self.linear).entry("multiplier", "multiply")).source
        #expect(source.hasPrefix(words), "\(source)")
        // Floating-point numbers do not grow in a transform.
        let transformed = try #require(model.energy(of: grown).entry("multiplier", "multiply")).source
        #expect(transformed.hasPrefix(words) == (format != .integer), "\(transformed)")
    }

    /// A dense machine has no energy and no area of masks, selection or encoders.
    @Test func denseMachinesHaveNoMaskEnergy() throws {
        func dense(_ machine: inout Configuration) {
            machine.peArray.zeroSkipping = .none
            machine.peArray.skipEmptySteps = .none
            machine.weightBuffer.encoding = .dense
            machine.inputBuffer.encoding = .dense
            machine.mapping.activationStorage = .dense
        }
        let sparse = try Self.energy()
        let without = try Self.energy { dense(&$0) }
        let ofMasks: Set = ["selection", "encoder", "decoder"]
        #expect(ofMasks.isSubset(of: Set(try Self.energy(Self.conv(domain: .spatial)).energy.entries.map(\.component))))
        #expect(ofMasks.isDisjoint(with: without.energy.entries.map(\.component)))
        #expect(ofMasks.isDisjoint(with: try shippedModel { dense(&$0) }.areas.map(\.component)))
        // Its FIFO holds P values per operand and no mask.
        let bits = try #require(without.energy.entry("fifo", "write_values")).count
        #expect(without.energy.entry("fifo", "write_masks") == nil)
        let queued = without.activity.weights.queued.values + without.activity.inputs.queued.values
        #expect(bits == 16 * queued)
        let masked = try ["write_masks", "write_values"].reduce(0) {
            try $0 + #require(sparse.energy.entry("fifo", $1)).count
        }
        #expect(masked < bits)
    }

    @Test func oneSidedMachinesMoveTheOtherOperandDensely() throws {
        let (energy, activity) = try Self.energy { $0.peArray.zeroSkipping = .weights }
        let weights = activity.weights.broadcast
        #expect(energy.entry("broadcast", "weight_masks")?.count == weights.values)
        #expect(energy.entry("broadcast", "weight_values")?.count == 16 * weights.nonZeros)
        #expect(energy.entry("broadcast", "input_masks") == nil)
        #expect(energy.entry("broadcast", "input_values")?.count == 16 * activity.inputs.broadcast.values)
        #expect(energy.entry("selection", "mask_and") == nil)
        // Masked values of the buffer are decoded: zeros are inserted.
        #expect(energy.entry("decoder", "unpack_input")?.count == activity.inputs.read.nonZeros)
    }

    @Test func directLayersHaveOutputRegistersButNoTransforms() throws {
        let (energy, activity) = try Self.energy(Self.conv(domain: .spatial)) { $0.mapping.algorithm = .direct }
        #expect(!energy.entries.contains { $0.component == "input_transform" })
        #expect(energy.entries.filter { $0.component == "output_transform" }.map(\.action) == ["register"])
        #expect(energy.entry("output_transform", "register")?.count == 32 * activity.outputs.pairs)
        #expect(activity.outputs.accumulatorDrains == activity.outputs.pairs)
    }

    /// F(2x2, 3x3) on a 9 x 8 map: 5 x 4 tiles of 20 channels at 32 adds in and of 40 filters at 24 out.
    @Test func countsComeFromTheSimulation() throws {
        let (energy, _) = try Self.energy()
        #expect(energy.entry("input_transform", "add")?.count == 20 * 20 * 32)
        #expect(energy.entry("input_transform", "register")?.count == 20 * 20 * 16 * (3 * 16 + 2 * 2))
        #expect(energy.entry("output_transform", "add")?.count == 20 * 40 * 24)
        #expect(energy.entry("output_transform", "register")?.count == 20 * 40 * 12 * 32)
        #expect(energy.entry("accumulator_register", "drain")?.count == 20 * 40 * 16 * 32)
        let figure = try #require(energy.entry("multiplier", "multiply"))
        #expect(energy.denseMultiply < figure.perAction * (40 * 20 * 9 * 72))
    }

    /// Masks have separate rows on buses and in FIFOs; the rows of buffers and DRAM state their share.
    @Test func costsOfEncodingsAreShown() throws {
        let (energy, activity) = try Self.energy()
        let weights = activity.weights
        #expect(weights.readIndexBits == weights.broadcast.values)
        let share = Double(weights.readIndexBits) / Double(8 * weights.bufferReadBytes) * 100
        let read = try #require(energy.entry("weight_buffer", "read"))
        #expect(read.source.hasPrefix("\(NumberForm.hundredths(share)) % of the bits are masks, "), "\(read.source)")
        #expect(energy.entry("dram", "read")?.source.contains(" % of the bits are masks") == true)
        #expect(energy.entry("dram", "write")?.source.contains(" % of the bits are masks") == true)
        #expect(activity.dramIndexBits == weights.movedIndexBits + activity.outputs.values)
    }

    // MARK: DRAM

    @Test(arguments: ["HBM2", "LPDDR4-3200"])
    func dramRowsAreItsCommands(standard: String) throws {
        let configuration = try Configuration.decode(
            Document.parse("{name: test, dram: {standard: \(standard), channels: 2}}", file: "test"),
            library: shippedLibrary())
        let dram = try #require(configuration.dram.dramConfiguration)
        let result = try CycleModel(configuration).simulate(Self.conv())
        let energy = try shippedModel { $0 = configuration }.energy(of: result)
        let rows = energy.entries.filter { $0.component == "dram" }
        #expect(
            rows.map(\.action) == [
                "activate", "read", "write", "refresh", "background_active", "background_precharged",
            ])
        let activity = result.activity
        let burst = dram.organization.requestBytes
        #expect(rows[1].count * burst == activity.memory.weightBytes + activity.memory.inputBytes)
        #expect(rows[2].count * burst == activity.memory.outputBytes)
        #expect(rows[0].count > 0)
        // Standby covers all of the layer's time, rank by rank.
        let clocks = Double(activity.cycles) / 800e6 * 1e9 / dram.clockNanoseconds
        #expect(abs(Double(rows[4].count + rows[5].count) / 2 - clocks) <= 1)
        let total = DRAMEnergy(activity.memory.commands, cycles: activity.memory.clocks, configuration: dram).total
        #expect(abs(energy.dram.value / total - 1) < 1e-12)
        if standard == "LPDDR4-3200" {
            #expect(rows[1].perAction == Picojoules(8 * 8 * Double(burst)))
            #expect(rows[1].source.contains(" masks, a burst of 64 B at 8 pJ/bit; 8 pJ/bit: Accelergy's plug-in"))
            #expect(
                rows[4].source.hasPrefix("a memory clock of a rank with a row open, contained in the pJ/bit of reads"))
        } else {
            #expect(rows.allSatisfy { $0.count == 0 || $0.total > .zero })
        }
    }

    @Test func memoryEnergyPerBitIsTheTablesOrConfigured() throws {
        func dram(_ set: (inout Configuration) -> Void) throws -> [EnergyEntry] {
            try shippedModel { set(&$0) }.energy(of: HandMachine.layer).entries.filter { $0.component == "dram" }
        }
        let table = try dram { _ in }
        #expect(table.map(\.count) == [8 * 150, 8 * 30] && table.map(\.perAction.value) == [8, 8])
        #expect(table[0].source.contains("8 pJ/bit as for LPDDR4"))
        let own = try dram { $0.energy.memoryPerBit = 20 }
        #expect(own.map(\.count) == [8 * 150, 8 * 30] && own.map(\.perAction.value) == [20, 20])
        #expect(own[0].source.hasSuffix("energy.memory_per_bit of the configuration"))
    }
}
