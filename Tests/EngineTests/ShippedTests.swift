import DRAM
import Engine
import Foundation
import Hardware
import TestSupport
import Testing
import Traces

func shippedTrace(_ path: String) throws -> Trace {
    try Trace.load(path: "\(repository)/Traces/\(path)")
}

func shippedConfiguration(_ name: String, _ overrides: [Override] = []) throws -> Configuration {
    try Configuration.load(path: "\(repository)/Configs/\(name).yaml", overrides: overrides)
}

/// A shipped machine on ideal memory: only its array and its fetches limit.
func idealConfiguration(_ name: String, _ overrides: [Override] = []) throws -> Configuration {
    try shippedConfiguration(name, ["dram={model: ideal}"] + overrides)
}

/// A shipped machine with the DRAM that it names.
func shippedSimulator(_ name: String, _ overrides: [Override] = []) throws -> CycleModel {
    CycleModel(try shippedConfiguration(name, overrides))
}

/// The shipped memories.
let shippedPresets = DRAMPresets(folder: "\(repository)/Configs/dram")

@Suite struct ShippedTests {
    static let networks = ["vgg-nagadomi", "convpool-cnn-c", "resnet-18"]

    @Test func mobileIsTheDefaultMachineExceptItsDRAM() throws {
        var mobile = try idealConfiguration("mobile")
        mobile.name = Configuration().name
        #expect(mobile.mapping.search == .cycles)
        mobile.mapping.search = .none
        #expect(mobile == Configuration())
    }

    @Test(arguments: [("edge", 256), ("mobile", 1024), ("server", 4096), ("dense-direct", 1024)])
    func machinesHaveTheirNumberOfMultipliers(name: String, count: Int) throws {
        #expect(try shippedConfiguration(name).multipliers == count)
    }

    /// 10.4x, 6.8x and 10.8x are the reductions that Liu, Pool, Han and Dally (ICLR 2018) published for Winograd-ReLU;
    /// the traces are calibrated to them within 2 %, ResNet-18 without its 7x7 layer.
    @Test(arguments: [("vgg-nagadomi", 10.4), ("convpool-cnn-c", 6.8), ("resnet-18", 10.8)])
    func multiplyReductionsAreThePublishedOnes(network: String, published: Double) async throws {
        let result = try await CycleModel(idealConfiguration("mobile")).run(
            shippedTrace("\(network)/winograd-relu.yaml"))
        var total = Activity()
        for layer in result.layers where !(network == "resnet-18" && layer.name == "conv1") { total += layer.activity }
        let reduction = try #require(total.multiplyReduction)
        #expect(abs(reduction / published - 1) < 0.02, "observed \(reduction), published \(published)")
    }

    @Test(arguments: networks) func denseWinogradKeepsItsArrayBusy(network: String) async throws {
        let total = try await CycleModel(idealConfiguration("dense-winograd")).run(
            shippedTrace("\(network)/dense.yaml")
        ).total
        let utilization = try #require(total.array.utilization)
        #expect(utilization >= 0.95)
    }

    /// A machine that skips nothing multiplies the zeros of the padding, which are no useful products: the array still
    /// multiplies in 95 % of its slots.
    @Test(arguments: networks) func denseDirectKeepsItsArrayBusy(network: String) async throws {
        let total = try await CycleModel(idealConfiguration("dense-direct")).run(
            shippedTrace("\(network)/dense.yaml")
        ).total
        let atWork =
            Double(total.array.slots[.useful] + total.array.slots[.ineffectual]) / Double(total.array.slots.total)
        #expect(atWork >= 0.95)
        #expect(total.multiplyReduction.map { $0 <= 1 } == true)
    }

    /// If half of the buffer holds the filters of every pass, weights are not loaded again in each pass.
    @Test(arguments: networks, ["dense-direct", "dense-winograd"])
    func denseMachinesStreamNoLayerOfDenseNetworks(network: String, machine: String) async throws {
        let simulator = try shippedSimulator(machine)
        let result = try await simulator.run(shippedTrace("\(network)/dense.yaml"))
        let weights = result.total.weights
        #expect(weights.wholeGroupsCapacity <= simulator.configuration.weightBuffer.capacity.count)
        #expect(!result.repeatedLoads.contains { $0.hasPrefix("weights") }, "\(result.repeatedLoads)")
        if network == "resnet-18" && machine == "dense-direct" { #expect(result.total.cycles < 3_400_000) }
    }

    /// A single tile uses one column of 16: most slots are unmapped, and more columns would wait for the same weights.
    @Test func linearLayersAtBatchOneAreWeightBound() throws {
        let layer = Layer(
            name: "fc", operation: .linear, shape: LayerShape(channels: 2048, filters: 1024), relu: .spatial,
            weights: .density(1, .spatial, Spread()), activations: .density(0.5, .spatial, Spread()))
        let activity = try shippedSimulator("mobile").simulate(layer).activity
        #expect(activity.array.slots[.unmapped] * 10 > activity.array.slots.total * 9)
        #expect(activity.timing.held.largest == CycleHolder.dramWeights)
        #expect(activity.timing.held[.dramWeights] * 10 > activity.cycles * 8)
        #expect(activity.timing.held.total == activity.cycles)
    }

    /// 85 % on a layer of 256 channels at densities 0.40 and 0.41.
    @Test func mobileReachesItsUtilizationAtMediumDensities() throws {
        var shape = LayerShape(channels: 256, filters: 256)
        (shape.height, shape.width) = (8, 8)
        (shape.kernelHeight, shape.kernelWidth) = (3, 3)
        (shape.paddingHeight, shape.paddingWidth) = (1, 1)
        let layer = Layer(
            name: "layer", shape: shape, relu: .winograd, weights: .density(0.40, .winograd, Spread()),
            activations: .density(0.41, .winograd, Spread()))
        let utilization = try #require(
            try CycleModel(idealConfiguration("mobile")).simulate(layer).activity.array.utilization)
        #expect(utilization >= 0.85)
    }

    /// The products of the functional pass are those of the engine.
    @Test(arguments: [
        ("trace.yaml", "mobile"), ("spatial-pruned.yaml", "mobile"), ("spatial-pruned.yaml", "dense-direct"),
    ])
    func digitsHaveTheOutputsOfPyTorch(manifest: String, machine: String) async throws {
        let trace = try shippedTrace("digits/\(manifest)")
        let simulator = try shippedSimulator(machine)
        let verification = try await simulator.verify(trace, against: simulator.run(trace))
        #expect(verification.count == trace.layers.count)
        for layer in verification {
            #expect(layer.status == .verified, "\(layer.layer)")
            let error = try #require(layer.recorded)
            #expect(error.largest < 1e-6 && error.signalToNoise > 120, "\(layer.layer): \(error)")
        }
    }

    /// For the digits, under the ReLU of each layer.
    @Test(arguments: ["trace", "spatial-pruned"])
    func measuredFillInIsWhatTheMachineMultiplies(name: String) async throws {
        let trace = try shippedTrace("digits/\(name).yaml")
        let result = try await CycleModel(idealConfiguration("mobile", ["mapping.search=none"])).run(trace)
        var measured = 0
        for (layer, run) in zip(trace.layers, result.layers) where layer.winogradObstacle(tile: 2) == nil {
            let fillIn = try layer.fillIn(seed: trace.seed)
            let own =
                switch layer.relu {
                case .none: fillIn.activationDensityNoRelu
                case .spatial: fillIn.activationDensitySpatialRelu
                case .winograd: fillIn.activationDensityWinogradRelu
                }
            #expect(run.algorithm == .winograd(tile: 2, kernel: 3), "\(layer.name)")
            #expect(fillIn.weightDensityAfter == run.activity.workload.weightDensity, "\(layer.name)")
            #expect(own == run.activity.workload.activationDensity, "\(layer.name)")
            measured += 1
        }
        #expect(measured == 4)
    }

    @Test(arguments: networks) func shippedTracesLoadAndStateTheirCalibration(network: String) throws {
        for method in ["dense", "spatial-pruned", "winograd-pruned", "winograd-relu"] {
            let trace = try shippedTrace("\(network)/\(method).yaml")
            #expect(trace.description.localizedCaseInsensitiveContains("calibrat"), "\(trace.description)")
        }
    }

    /// A DRAM-bound layer whose passes end and begin in the same bursts: the memory writes these once, and only bytes
    /// that it moved count against its bandwidth.
    @Test func burstsThatTwoPassesShareAreMovedOnce() async throws {
        let trace = try shippedTrace("vgg-nagadomi/spatial-pruned.yaml")
        let result = try await shippedSimulator("mobile", ["mapping.algorithm=winograd"]).run(trace, only: [0])
        let activity = result.total
        let burst = 64
        #expect(activity.memory.commands.writes * burst == activity.memory.outputBytes)
        #expect(activity.memory.commands.reads * burst == activity.memory.weightBytes + activity.memory.inputBytes)
        #expect(activity.memory.boundCycles <= activity.cycles)
    }

    @Test(arguments: ["edge", "mobile", "mobile-hbm", "server", "dense-winograd", "dense-direct"])
    func everyMachineRunsWithTheDRAMItNames(name: String) async throws {
        let network = name.hasPrefix("dense") ? "convpool-cnn-c/dense.yaml" : "digits/trace.yaml"
        let trace = try shippedTrace(network)
        let behind = try await shippedSimulator(name, ["mapping.search=none"]).run(trace)
        let ideal = try await CycleModel(idealConfiguration(name, ["mapping.search=none"])).run(trace)
        for (a, b) in zip(behind.layers, ideal.layers) {
            #expect(a.activity.cycles > b.activity.cycles, "\(a.name)")
            #expect(a.activity.array.usefulProducts == b.activity.array.usefulProducts)
            #expect(a.activity.memory.bytes >= b.activity.memory.bytes)
            #expect(a.activity.memory.bytes - a.activity.memory.payloadBytes >= 0)
            let hits = try #require(a.activity.memory.rowHitRate)
            #expect(hits > 0.5 && hits <= 1, "\(a.name): \(hits)")
            let commands = a.activity.memory.commands
            let peak = try #require(a.activity.memory.bandwidthUtilization)
            #expect(peak <= 1)
            #expect(a.activity.memory.bytes % (commands.reads + commands.writes) == 0)
            #expect(
                a.activity.memory.outputBytes * (commands.reads + commands.writes) == commands.writes
                    * a.activity.memory.bytes)
        }
        let ledger = behind.total.timing.held
        #expect(ledger[.dramWeights] + ledger[.dramInputs] + ledger[.dramOutputs] > 0)
    }
}
