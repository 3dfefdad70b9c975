import Files
import Foundation
import Hardware
import Simulation
import TestSupport
import Testing
import Traces

/// Machines that others built and measured: the shipped configurations and traces give the published figures.
@Suite struct PublishedMachineTests {
    /// A size of NVDLA on ResNet-50, int8, batch 1, 1 GHz.
    struct NVDLA: Sendable {
        let multipliers: Int
        let framesPerSecond: Double

        /// nvdla/doc, doc/primer.rst at 04a0133c, "Example Area and Performance with NVDLA": estimates by its authors' tool.
        static let published = [
            NVDLA(multipliers: 2048, framesPerSecond: 269), NVDLA(multipliers: 1024, framesPerSecond: 153),
            NVDLA(multipliers: 512, framesPerSecond: 93), NVDLA(multipliers: 256, framesPerSecond: 46),
            NVDLA(multipliers: 128, framesPerSecond: 20), NVDLA(multipliers: 64, framesPerSecond: 7.3),
            NVDLA(multipliers: 32, framesPerSecond: 3.6),
        ]
        static let tolerance = 0.10
    }

    /// Cycles of one PE of Eyeriss v2: Accelergy-Project/micro22-sparseloop-artifact, fig12_eyerissv2_pe_setup,
    /// `ground_truth_cycles.yaml`; Wu et al., "Sparseloop", MICRO 2022, figure 12.
    static let eyerissCycles = [
        "L07": 1_702_140, "L09": 1_499_682, "L13": 1_144_158, "L19": 1_457_458, "L21": 1_677_684, "L23": 1_821_557,
        "L27": 775_316,
    ]
    static let eyerissTolerance = 0.0001

    @Test func eyerissPEHasThePublishedCycles() async throws {
        let result = try await simulator("eyeriss-v2-pe").run(trace("eyeriss-v2-pe"))
        #expect(result.layers.map(\.name) == Self.eyerissCycles.keys.sorted())
        for figures in result.figures {
            let published = try #require(Self.eyerissCycles[figures.layer])
            // The PE multiplies a pair a cycle, and its cycles are the pairs without a zero: the masks are read rightly.
            #expect(figures.multiplies == published, "\(figures.layer)")
            let difference = Double(figures.cycles) / Double(published) - 1
            #expect(abs(difference) < Self.eyerissTolerance, "\(figures.layer): \(difference)")
        }
    }

    @Test(arguments: NVDLA.published) func nvdlaHasThePublishedFrameRate(size: NVDLA) async throws {
        let result = try await simulator("nvdla-\(size.multipliers)").run(trace("resnet-50"))
        let difference = 1e6 / result.total.microseconds / size.framesPerSecond - 1
        #expect(abs(difference) < NVDLA.tolerance, "\(difference)")
    }

    /// A machine multiplies as often in a second as the published one at 1 GHz.
    @Test(arguments: NVDLA.published) func nvdlaHasThePublishedPeak(size: NVDLA) throws {
        let configuration = try simulator("nvdla-\(size.multipliers)").machine.configuration
        #expect(Double(configuration.multipliers) * configuration.clock.value == Double(size.multipliers) * 1e9)
    }

    /// 53 convolutions and the fully connected layer. 3.86 billion multiplications and 25.5 million weights are those of
    /// ResNet-50 v1 without biases and normalization.
    @Test func resNet50HasItsLayers() throws {
        let layers = try trace("resnet-50").layers
        #expect(layers.count == 54 && layers.filter { $0.operation == .linear }.count == 1)
        let weights = layers.map { layer in
            layer.shape.filters * layer.shape.channels * layer.shape.kernelHeight * layer.shape.kernelWidth
        }
        #expect(weights.reduce(0, +) == 25_502_912)
        #expect(layers.map(\.shape.denseMultiplies).reduce(0, +) == 3_857_973_248)
    }

    @Test func everyPublishedMachineIsHeldHere() throws {
        let held = NVDLA.published.map { "nvdla-\($0.multipliers)" } + ["eyeriss-v2-pe"]
        #expect(Set(try library().published().map(\.name)) == Set(held))
    }

    private func library() throws -> ConfigurationLibrary {
        try ConfigurationLibrary(
            directory: repository + "/Configs", environment: [:], executable: nil, workingDirectory: "/")
    }

    private func simulator(_ name: String) throws -> Simulator { try Simulator(machine: name, library: library()) }

    private func trace(_ name: String) throws -> Trace {
        try Trace.load(path: "\(repository)/Traces/published/\(name)/trace.yaml")
    }
}
