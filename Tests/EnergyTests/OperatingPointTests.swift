import DRAM
import Files
import Foundation
import Hardware
import TestSupport
import Testing

@testable import Energy
@testable import Engine

@Suite struct OperatingPointTests {
    @Test func otherNodesAreScaled() throws {
        let here = try shippedModel().energy(of: HandMachine.layer)
        let model = try shippedModel { $0.energy.technology = 16 }
        let there = model.energy(of: HandMachine.layer)
        let factor = try shippedScaling().energyFactor(from: (45, 0.9), to: (16, 0.9))
        let multiply = try #require(there.entry("multiplier", "multiply"))
        #expect(
            abs(
                multiply.total.value / (try #require(here.entry("multiplier", "multiply"))).total.value / factor
                    - 1)
                < 1e-12)
        #expect(multiply.source.contains("from 45 nm, 0.9 V to 16 nm, 0.9 V x 0.1873"))
        #expect(there.total < here.total)
        #expect(try model.totalArea < shippedModel().totalArea)
        #expect(model.point == OperatingPoint(technology: 16, voltage: 0.9))
        // The supply alone changes logic and wires, but not SRAM and DRAM.
        let low = try shippedModel { $0.energy.voltage = 0.7 }.energy(of: HandMachine.layer)
        for (a, b) in zip(here.entries, low.entries) {
            switch a.component {
            case "weight_buffer", "input_buffer", "output_buffer", "dram": #expect(a.total == b.total)
            case "leakage": #expect(abs(b.total.value / a.total.value - 7.0 / 9) < 1e-12, "\(a.action)")
            default: #expect(b.total <= a.total && (a.count == 0 || b.total < a.total), "\(a.component) \(a.action)")
            }
        }
        let wires = try #require(low.entry("broadcast", "weight_values")).total.value
        #expect(
            abs(wires / (try #require(here.entry("broadcast", "weight_values"))).total.value - 0.49 / 0.81)
                < 1e-12)
    }

    @Test(arguments: [
        ("energy.technology=5 nm", "expected 7 nm to 130 nm"), ("energy.voltage=0.3 V", "expected 0.6 V to 1.3 V"),
    ])
    func impossibleOperatingPointsAreRefused(override: String, words: String) throws {
        let configuration = try Configuration.load(path: nil, overrides: [Override(override)])
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

    @Test func warningsNameSlowBanks() throws {
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

    /// Keys without effect, and layers beyond the hardware's sizes, are shown in every report.
    @Test func warningsNameWhatDoesNotFit() throws {
        let tables = try EnergyTables.load(for: Configuration(), library: shippedLibrary())
        var configuration = Configuration()
        configuration.energy.memoryPerBit = 8
        var behind = configuration
        behind.dram = .standard(MemoryStandard(DRAMConfiguration()))
        let vain = try EnergyModel(configuration: behind, tables: tables).warnings
        #expect(vain == ["energy.memory_per_bit has no effect: DDR4-2400 has its own figures"])
        func result(_ layers: LayerActivity...) -> TraceActivity {
            TraceActivity(
                configuration: configuration, model: "m", traceDescription: "", traceDigest: "", seed: 1, layers: layers
            )
        }
        let model = try shippedModel()
        let (small, large) = (HandMachine.layer, layer("large", .winograd(tile: 4, kernel: 3)) { _ in })
        #expect(model.warnings(for: result(small)).isEmpty)
        #expect(
            model.warnings(for: result(small, large)) == [
                "large has larger patches than those of tile 2 and 3x3 kernels: the machine's area and register widths "
                    + "do not cover that"
            ])
        let both = try shippedModel { $0.mapping.tile = 4 }.warnings(for: result(small, large))
        #expect(both.isEmpty)
    }

    /// A path in a configuration file is relative to its folder; one on the command line to the working directory.
    @Test func tablesAreFoundFromTheFileThatNamesThem() throws {
        try withFiles([
            "deep/machine.yaml": "energy: {table: mine.yaml}\n", "deep/lost.yaml": "energy: {table: ours.yaml}\n",
            "deep/mine.yaml": "extends: default\nname: mine\n", "over.yaml": "extends: deep/machine.yaml\n",
        ]) { folder in
            for name in ["deep/machine", "over"] {
                let configuration = try Configuration.load(path: "\(folder)/\(name).yaml")
                let model = try EnergyModel(
                    configuration: configuration,
                    tables: EnergyTables.load(for: configuration, library: shippedLibrary()))
                #expect(model.origins[0].hasPrefix("mine over default: Arithmetic at 45 nm"), "\(model.origins)")
            }
            let lost = try Configuration.load(path: folder + "/deep/lost.yaml")
            let error = #expect(throws: FileError.self) { try EnergyTables.load(for: lost, library: shippedLibrary()) }
            #expect(error?.mark == Mark(file: folder + "/deep/lost.yaml", line: 1, column: 17))
            #expect(error?.path == folder + "/deep/ours.yaml")
        }
    }
}
