import DRAM
import Foundation
import Hardware
import TestSupport
import Testing
import Traces
import YAML

@testable import Energy
@testable import Simulation

@Suite struct ModelTests {
    private static let linear = layer("fc", .linear) {
        $0.usefulProducts = 10
        $0.denseMultiplies = 40
    }

    /// A layer of a trace that has both sides sparse, small enough to run at once.
    private static func conv(
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
        let result = try Simulator(configuration).simulate(layer)
        return (try shippedModel { set(&$0) }.energy(of: result), result.activity)
    }

    private static func entry(_ energy: LayerEnergy, _ component: String, _ action: String) -> EnergyEntry? {
        energy.entries.first { $0.component == component && $0.action == action }
    }

    // MARK: Laws

    /// Every product and every value that the algorithm wants is useful, ineffectual, gated or skipped, on every kind of machine;
    /// the engine's own counts are held against the naive machine's elsewhere.
    @Test(arguments: ZeroSkipping.allCases, [false, true])
    func multipliesAndReadsReconcile(skipping: ZeroSkipping, gating: Bool) throws {
        for domain in [Domain.winograd, .spatial] {
            let (energy, activity) = try Self.energy(Self.conv(domain: domain)) {
                $0.peArray.zeroSkipping = skipping
                $0.peArray.gating = gating
                $0.mapping.algorithm = domain == .winograd ? .auto : .direct
                $0.weightBuffer.encoding = skipping == .none ? .dense : .bitmask
            }
            let multiplies = try #require(Self.entry(energy, "multiplier", "multiply")).count
            let ineffectual = activity.ineffectualProducts - activity.gatedProducts
            #expect(
                activity.algorithmicProducts
                    == activity.usefulProducts + ineffectual + activity.gatedProducts + activity.skippedProducts)
            #expect(multiplies == activity.usefulProducts + ineffectual)
            #expect(activity.gatedProducts == (gating ? activity.executedProducts - activity.usefulProducts : 0))
            #expect((activity.skippedProducts == 0) == (skipping == .none))
            let adds = ["adder_tree", "accumulator"].compactMap { Self.entry(energy, $0, "add")?.count }
            #expect(adds.reduce(0, +) == activity.executedProducts)
            for operand in [activity.weightOperands, activity.inputOperands] {
                #expect(operand.algorithmicReads == operand.read.nonZeros + operand.read.zeros + operand.skippedReads)
                #expect(operand.skippedReads >= 0)
            }
            let isBitmask = skipping != .none
            #expect((activity.weightOperands.read.zeros == 0) == isBitmask)
        }
    }

    @Test func entriesAddUpToTheTotal() throws {
        let result = SimulationResult(
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

    /// Doubling a layer's filters doubles what is done a filter, and leaves what is done an input and cycle alone.
    @Test func halvingACountHalvesItsRow() throws {
        var half = HandMachine.layer
        half = LayerResult(
            name: half.name, shape: half.shape, algorithm: half.algorithm, note: nil,
            activity: {
                var activity = half.activity
                activity.usefulProducts /= 2
                activity.accumulatorUpdates /= 2
                activity.weightOperands.queued = ValueCount(values: 6400, nonZeros: 2000)
                activity.weightOperands.bufferReads /= 2
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
            let (fifo, fewer) = (Self.entry(full, "fifo", action), Self.entry(less, "fifo", action))
            #expect((fifo?.count ?? 0) - (fewer?.count ?? 0) == bits / 2)
        }
    }

    /// By the square of the width a multiply, in proportion the registers, buses and adders.
    @Test func halvingAWidthMovesWhatTheTableSays() throws {
        let wide = try HandMachine.model().energy(of: HandMachine.layer)
        let narrow = try HandMachine.model {
            $0.datatype.weights = 8
            $0.datatype.activations = 8
            $0.datatype.accumulators = 16
        }.energy(of: HandMachine.layer)
        func ratio(_ component: String, _ action: String) throws -> Double {
            try #require(Self.entry(wide, component, action)).total.value
                / #require(Self.entry(narrow, component, action)).total.value
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
        // A mask bit stays; values are half.
        #expect(try ratio("fifo", "write_masks") == 1 && ratio("fifo", "write_values") == 2)
    }

    // MARK: Machines

    @Test func growthWidensMultipliersAndTransform() throws {
        let grown = layer("conv", .winograd(tile: 2, kernel: 3)) {
            $0 = HandMachine.layer.activity
            $0.growthBits = 2
        }
        let model = try shippedModel()
        let (wide, kept) = (model.energy(of: grown), model.energy(of: HandMachine.layer))
        func derivation(_ energy: LayerEnergy, _ component: String, _ action: String) -> String? {
            Self.entry(energy, component, action)?.figure.source.derivation
        }
        #expect(derivation(wide, "multiplier", "multiply")?.hasPrefix("16 x 18 bit taken as sqrt(16 * 18)") == true)
        #expect(derivation(kept, "multiplier", "multiply")?.hasPrefix("16 bit, by a power law") == true)
        #expect(Self.entry(wide, "input_transform", "add")?.perAction == Picojoules(0.05 + (0.1 - 0.05) * (2.0 / 16)))
        #expect(Self.entry(kept, "input_transform", "add")?.perAction == Picojoules(0.05))
        #expect(Self.entry(wide, "input_transform", "register")?.count == 40 * 16 * (3 * 16 + 2 * 2))
        #expect(Self.entry(wide, "output_transform", "add") == Self.entry(kept, "output_transform", "add"))
        #expect(wide.denseMultiply == kept.denseMultiply)
        // F(4x4,3x3) grows by 7 bits, and so does the multiplier that is built for it.
        let built = try shippedModel { $0.mapping.tile = 4 }.areas.first { $0.component == "multiplier" }
        #expect(built?.figure.source.derivation.hasPrefix("16 x 23 bit") == true)
    }

    @Test(arguments: [
        (NumberFormat.integer, 4, "4 bit"), (.integer, 32, "32 bit"), (.float, 16, "fp16"), (.bfloat, 16, "bf16"),
        (.float, 32, "fp32"),
    ])
    func multipliersByTypeAndWidth(format: NumberFormat, width: Int, words: String) throws {
        let model = try shippedModel {
            $0.datatype.format = format
            $0.datatype.weights = width
            $0.datatype.activations = width
        }
        let grown = layer("conv", .winograd(tile: 2, kernel: 3)) { $0.growthBits = 2 }
        let source = try #require(Self.entry(model.energy(of: Self.linear), "multiplier", "multiply")).source
        #expect(source.hasPrefix(words), "\(source)")
        // Floating-point numbers do not grow in a transform.
        let transformed = try #require(Self.entry(model.energy(of: grown), "multiplier", "multiply")).source
        #expect(transformed.hasPrefix(words) == (format != .integer), "\(transformed)")
    }

    /// A dense machine pays for no mask, selection or encoder, and its areas have none.
    @Test func aDenseMachinePaysForNoMasks() throws {
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
        // Its FIFO holds P values an operand and no mask.
        let bits = try #require(Self.entry(without.energy, "fifo", "write_values")).count
        #expect(Self.entry(without.energy, "fifo", "write_masks") == nil)
        let queued = without.activity.weightOperands.queued.values + without.activity.inputOperands.queued.values
        #expect(bits == 16 * queued)
        let masked = try ["write_masks", "write_values"].reduce(0) {
            try $0 + #require(Self.entry(sparse.energy, "fifo", $1)).count
        }
        #expect(masked < bits)
    }

    @Test func oneSidedMachinesSendTheOtherSideWhole() throws {
        let (energy, activity) = try Self.energy { $0.peArray.zeroSkipping = .weights }
        let weights = activity.weightOperands.broadcast
        #expect(Self.entry(energy, "broadcast", "weight_masks")?.count == weights.values)
        #expect(Self.entry(energy, "broadcast", "weight_values")?.count == 16 * weights.nonZeros)
        #expect(Self.entry(energy, "broadcast", "input_masks") == nil)
        #expect(Self.entry(energy, "broadcast", "input_values")?.count == 16 * activity.inputOperands.broadcast.values)
        #expect(Self.entry(energy, "selection", "mask_and") == nil)
        // What the buffer holds as a mask is put back among zeros.
        #expect(Self.entry(energy, "decoder", "unpack_input")?.count == activity.inputOperands.read.nonZeros)
    }

    @Test func directLayersHaveNoTransformsAndRegistersOnTheirWayOut() throws {
        let (energy, activity) = try Self.energy(Self.conv(domain: .spatial)) { $0.mapping.algorithm = .direct }
        #expect(!energy.entries.contains { $0.component == "input_transform" })
        #expect(energy.entries.filter { $0.component == "output_transform" }.map(\.action) == ["register"])
        #expect(Self.entry(energy, "output_transform", "register")?.count == 32 * activity.pairs)
        #expect(activity.accumulatorDrains == activity.pairs)
    }

    /// F(2x2, 3x3) on a 9 x 8 map: 5 x 4 tiles of 20 channels at 32 adds in and of 40 filters at 24 out.
    @Test func countsComeFromTheSimulation() throws {
        let (energy, _) = try Self.energy()
        #expect(Self.entry(energy, "input_transform", "add")?.count == 20 * 20 * 32)
        #expect(Self.entry(energy, "input_transform", "register")?.count == 20 * 20 * 16 * (3 * 16 + 2 * 2))
        #expect(Self.entry(energy, "output_transform", "add")?.count == 20 * 40 * 24)
        #expect(Self.entry(energy, "output_transform", "register")?.count == 20 * 40 * 12 * 32)
        #expect(Self.entry(energy, "accumulator_register", "drain")?.count == 20 * 40 * 16 * 32)
        let figure = try #require(Self.entry(energy, "multiplier", "multiply"))
        #expect(energy.denseMultiply < figure.perAction * (40 * 20 * 9 * 72))
    }

    /// Masks have rows of their own on buses and in FIFOs; of buffers and DRAM the rows say their share.
    @Test func whatEncodingsCostIsSaid() throws {
        let (energy, activity) = try Self.energy()
        let weights = activity.weightOperands
        #expect(weights.readMaskBits == weights.broadcast.values)
        let share = Double(weights.readMaskBits) / Double(8 * weights.bufferReadBytes) * 100
        let read = try #require(Self.entry(energy, "weight_buffer", "read"))
        #expect(read.source.hasPrefix("\(NumberForm.hundredths(share)) % of the bits are masks, "), "\(read.source)")
        #expect(Self.entry(energy, "dram", "read")?.source.contains(" % of the bits are masks") == true)
        #expect(Self.entry(energy, "dram", "write")?.source.contains(" % of the bits are masks") == true)
        #expect(activity.dramMaskBits == weights.movedMaskBits + activity.outputs)
    }

    // MARK: DRAM

    @Test(arguments: ["HBM2", "LPDDR4-3200"])
    func dramRowsAreItsCommands(standard: String) throws {
        let memory = try Document.parse("{standard: \(standard), channels: 2}", file: "test")
        let dram = try DRAMConfiguration.decode(memory, presets: repository + "/Configs/dram")
        var configuration = try Configuration.decode(
            Document.parse("dram: {standard: \(standard), channels: 2}", file: "test"))
        configuration.name = "test"
        let result = try Simulator(configuration, dram: dram).simulate(Self.conv())
        let energy = try shippedModel(dram: dram) { $0 = configuration }.energy(of: result)
        let rows = energy.entries.filter { $0.component == "dram" }
        #expect(
            rows.map(\.action) == [
                "activate", "read", "write", "refresh", "background_active", "background_precharged",
            ])
        let activity = result.activity
        let burst = dram.organization.requestBytes
        #expect(rows[1].count * burst == activity.dramWeightBytes + activity.dramInputBytes)
        #expect(rows[2].count * burst == activity.dramOutputBytes)
        #expect(rows[0].count > 0)
        // Standby covers all of the layer's time, rank by rank.
        let clocks = Double(activity.cycles) / 800e6 * 1e9 / dram.clockNanoseconds
        #expect(abs(Double(rows[4].count + rows[5].count) / 2 - clocks) <= 1)
        let total = DRAMEnergy(activity.dramCommands, cycles: activity.dramClocks, configuration: dram).total
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

    @Test func aMemoryWithoutAStandardHasTheTablesBitOrOnesOwn() throws {
        func dram(_ set: (inout Configuration) -> Void) throws -> [EnergyEntry] {
            try shippedModel { set(&$0) }.energy(of: HandMachine.layer).entries.filter { $0.component == "dram" }
        }
        let table = try dram { _ in }
        #expect(table.map(\.count) == [8 * 150, 8 * 30] && table.map(\.perAction.value) == [20, 20])
        #expect(table[0].source.contains("640 pJ for 32 bit"))
        let own = try dram { $0.energy.memoryPerBit = 8 }
        #expect(own.map(\.count) == [8 * 150, 8 * 30] && own.map(\.perAction.value) == [8, 8])
        #expect(own[0].source.hasSuffix("energy.memory_per_bit of the configuration"))
    }

    // MARK: Nodes, supplies and what does not fit

    @Test func otherNodesAreScaled() throws {
        let here = try shippedModel().energy(of: HandMachine.layer)
        let model = try shippedModel { $0.energy.technology = 16 }
        let there = model.energy(of: HandMachine.layer)
        let factor = try shippedScaling().energyFactor(from: (45, 0.9), to: (16, 0.9))
        let multiply = try #require(Self.entry(there, "multiplier", "multiply"))
        #expect(
            abs(
                multiply.total.value / (try #require(Self.entry(here, "multiplier", "multiply"))).total.value / factor
                    - 1)
                < 1e-12)
        #expect(multiply.source.contains("from 45 nm, 0.9 V to 16 nm, 0.9 V x 0.1873"))
        #expect(there.total < here.total)
        #expect(try model.totalArea < shippedModel().totalArea)
        #expect(model.point == OperatingPoint(technology: 16, voltage: 0.9))
        // The supply alone moves logic and wires, and leaves SRAM and DRAM.
        let low = try shippedModel { $0.energy.voltage = 0.7 }.energy(of: HandMachine.layer)
        for (a, b) in zip(here.entries, low.entries) {
            switch a.component {
            case "weight_buffer", "input_buffer", "output_buffer", "dram", "leakage": #expect(a.total == b.total)
            default: #expect(b.total <= a.total && (a.count == 0 || b.total < a.total), "\(a.component) \(a.action)")
            }
        }
        let wires = try #require(Self.entry(low, "broadcast", "weight_values")).total.value
        #expect(
            abs(wires / (try #require(Self.entry(here, "broadcast", "weight_values"))).total.value - 0.49 / 0.81)
                < 1e-12)
    }

    @Test(arguments: [
        ("energy.technology=5 nm", "expected 7 nm to 130 nm"), ("energy.voltage=0.3 V", "expected 0.6 V to 1.3 V"),
    ])
    func whatCannotBeScaledToIsRefused(override: String, words: String) throws {
        let configuration = try Configuration.load(path: nil, overrides: [override])
        let error = #expect(throws: InputError.self) {
            try shippedModel { $0 = configuration }
        }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        #expect(error?.mark?.file == "--set \(override)")
    }

    @Test func tablesThatLackAFigureAreRefused() throws {
        try withFiles([
            "bare.yaml":
                "name: bare\ntechnology: 45 nm\nvoltage: 0.9 V\noperations:\n  add: {rule: linear, figures: [{width: 8 bit, energy: 1 pJ, source: a}]}\n"
        ]) { folder in
            let error = #expect(throws: InputError.self) {
                try shippedModel { $0.energy.table = folder + "/bare.yaml" }
            }
            #expect(
                error?.message == "the energy table \"bare\" has no figures for multiply, and it names no companion")
            #expect(error?.mark?.file == folder + "/bare.yaml")
            let missing = "name: lost\ntechnology: 45 nm\nvoltage: 0.9 V\ncompanion: logic-41nm\noperations: {}\n"
            try Data(missing.utf8).write(to: URL(fileURLWithPath: folder + "/lost.yaml"))
            let lost = #expect(throws: InputError.self) {
                try shippedModel { $0.energy.table = folder + "/lost.yaml" }
            }
            #expect(lost?.message.contains("did you mean \"logic-40nm\"?") == true, "\(lost?.message ?? "")")
            #expect(lost?.mark?.line == 4)
        }
    }

    @Test func slowBanksAreNamed() throws {
        #expect(try shippedModel().warnings.isEmpty)
        let warnings = try shippedModel {
            $0.clock = .megahertz(2000)
            $0.outputBuffer.banks = 64
        }.warnings
        #expect(warnings.count == 3 || warnings.count == 2)
        #expect(warnings.first?.hasPrefix("a bank of weight_buffer takes ") == true)
        #expect(warnings.first?.contains("and a cycle has 0.5 ns") == true)
        #expect(
            try shippedModel {
                $0.clock = .megahertz(2000); $0.energy.sram = .hp
            }.warnings.isEmpty)
    }

    // MARK: Sensitivity

    @Test func changedFiguresMoveTheirFamilyAndTheClock() throws {
        let energy = try HandMachine.model().energy(of: HandMachine.layer)
        func total(_ family: FigureFamily, _ factor: Double) -> Double {
            energy.changed(by: FigureChange(family: family, factor: factor)).total.value
        }
        // Wires take 13,200 pJ, and a quarter of that again as clock and control.
        #expect(abs(total(.wire, 2) - energy.total.value - 13_200 * 1.25) < 1e-9)
        #expect(abs(total(.wire, 0.5) - energy.total.value + 6_600 * 1.25) < 1e-9)
        // Of the buffers' 1,148 pJ, 34 leak.
        #expect(abs(total(.sram, 2) - energy.total.value - (1_114 * 1.25 + 34)) < 1e-9)
        // DRAM is behind the chip.
        #expect(abs(total(.dram, 2) - energy.total.value - 14_400) < 1e-9)
        let registers = 256 + 128 + 40.96 + 1056 + 2112 + 448 + 307.2 + 30.72
        #expect(abs(total(.register, 2) - energy.total.value - registers * 1.25) < 1e-9)
        #expect(FigureChange.all.count == 8)
        for change in FigureChange.all {
            let changed = energy.changed(by: change)
            #expect(changed.multiply == energy.multiply && changed.denseMultiply == energy.denseMultiply)
        }
    }
}
