import Energy
import Hardware
import TestSupport
import Testing
import Traces
import YAML

@testable import Simulation

@Suite struct ModelTests {
    private static let winograd = layer("conv", .winograd(tile: 2, kernel: 3)) {
        $0.usefulProducts = 1000
        $0.ineffectualProducts = 200
        $0.gatedProducts = 200
        $0.denseMultiplies = 5000
        $0.inputTransformAdds = 320
        $0.outputTransformAdds = 48
        $0.growthBits = 2
    }

    private static let linear = layer("fc", .linear) {
        $0.usefulProducts = 10
        $0.denseMultiplies = 40
    }

    private static func model(_ set: (inout Configuration) -> Void) throws -> EnergyModel {
        var configuration = Configuration()
        set(&configuration)
        return try EnergyModel(table: shippedTable(), configuration: configuration)
    }

    /// Widths of published figures alone: 2 x (30 + 2) = 8^2 bit and so on, so that nothing is interpolated.
    @Test func handComputedLayer() throws {
        let model = try Self.model {
            $0.datatype.weights = 2
            $0.datatype.activations = 30
            $0.datatype.accumulators = 16
        }
        let energy = model.energy(of: Self.winograd)
        #expect(energy.layer == "conv")
        #expect(
            energy.entries.map(\.component) == ["multiplier", "accumulator", "input_transform", "output_transform"])
        #expect(energy.entries.map(\.action) == ["multiply", "add", "add", "add"])
        #expect(energy.entries.map(\.count) == [1000, 1200, 320, 48])
        #expect(energy.entries.map(\.perAction.value) == [0.2, 0.05, 0.1, 0.05])
        #expect(energy.entries.map(\.total.value) == [200, 60, 32, 2.4000000000000004])
        #expect(energy.multiply == Picojoules(200))
        #expect(energy.total == Picojoules(294.4))
        let dense = try shippedTable().figure(multiplying: 2, by: 30).energy
        #expect(energy.denseMultiply.value == dense.value * 5000)
        #expect(dense < Picojoules(0.2))
    }

    @Test func aLayerWithoutTransformsHasNoneOfTheirEntries() throws {
        let energy = try Self.model { $0.datatype.accumulators = 32 }.energy(of: Self.linear)
        #expect(energy.entries.map(\.component) == ["multiplier", "accumulator"])
        #expect(energy.entries[1].total == Picojoules(1))
        #expect(energy.denseMultiply.value == energy.entries[0].perAction.value * 40)
    }

    @Test func energyFollowsTheWidths() throws {
        let wide = try Self.model {
            $0.datatype.weights = 32; $0.datatype.activations = 32
        }.energy(of: Self.linear)
        let narrow = try Self.model {
            $0.datatype.weights = 8; $0.datatype.activations = 8
        }.energy(of: Self.linear)
        #expect(wide.multiply.value == 31)
        #expect(narrow.multiply.value == 2)
        #expect(wide.entries[1] == narrow.entries[1])
        let half = try Self.model {
            $0.datatype.weights = 16; $0.datatype.activations = 16
        }.energy(of: Self.linear)
        // A power law: halving the width twice divides twice by the same factor.
        #expect(abs(wide.multiply.value / half.multiply.value - half.multiply.value / narrow.multiply.value) < 1e-12)
        let slim = try Self.model { $0.datatype.accumulators = 16 }.energy(of: Self.linear)
        #expect(slim.entries[1].total.value == half.entries[1].total.value / 2)
    }

    @Test func growthWidensMultipliersAndTransform() throws {
        let model = try Self.model { _ in }
        let quantized = layer("conv", .winograd(tile: 2, kernel: 3)) {
            $0 = Self.winograd.activity
            $0.growthBits = 0
        }
        let (grown, kept) = (model.energy(of: Self.winograd), model.energy(of: quantized))
        let table = try shippedTable()
        #expect(grown.entries[0].perAction == table.figure(multiplying: 16, by: 18).energy)
        #expect(kept.entries[0].perAction == table.figure(multiplying: 16, by: 16).energy)
        #expect(grown.entries[2].perAction == Picojoules(0.05 + (0.1 - 0.05) * (2.0 / 16)))
        #expect(kept.entries[2].perAction == Picojoules(0.05))
        #expect(grown.entries[1] == kept.entries[1])
        #expect(grown.entries[3] == kept.entries[3])
        #expect(grown.denseMultiply == kept.denseMultiply)
    }

    @Test func sumsReconcile() throws {
        let model = try Self.model { _ in }
        let result = SimulationResult(
            configuration: Configuration(), model: "m", traceDescription: "", traceDigest: "", seed: 1,
            layers: [Self.winograd, Self.linear])
        let energies = model.energy(of: result)
        #expect(energies == [model.energy(of: Self.winograd), model.energy(of: Self.linear)])
        for energy in energies {
            let total = energy.entries.reduce(0) { $0 + $1.perAction.value * Double($1.count) }
            #expect(energy.total.value == total)
            #expect(energy.multiply < energy.total)
        }
    }

    /// F(2x2, 3x3) on an 8 x 8 map: 16 tiles of 4 channels at 32 adds in, 16 tiles of 8 filters at 24 adds out.
    @Test func countsComeFromTheSimulation() throws {
        var shape = LayerShape(channels: 4, filters: 8)
        (shape.height, shape.width, shape.kernelHeight, shape.kernelWidth) = (8, 8, 3, 3)
        (shape.paddingHeight, shape.paddingWidth) = (1, 1)
        let layer = Layer(
            name: "conv", shape: shape, relu: .winograd, weights: .density(0.5, .winograd, Spread()),
            activations: .density(0.5, .winograd, Spread()))
        var configuration = Configuration()
        configuration.peArray.zeroSkipping = .weights
        configuration.peArray.gating = true
        let result = try Simulator(configuration).simulate(layer)
        let energy = try EnergyModel(table: shippedTable(), configuration: configuration).energy(of: result)
        #expect(result.activity.gatedProducts > 0)
        #expect(
            energy.entries.map(\.count)
                == [result.activity.usefulProducts, result.activity.executedProducts, 16 * 4 * 32, 16 * 8 * 24])
        #expect(energy.denseMultiply == (try shippedTable().figure(multiplying: 16, by: 16).energy) * (8 * 64 * 4 * 9))
    }

    @Test func otherTechnologiesAreRefused() throws {
        let error = #expect(throws: InputError.self) { try Self.model { $0.energy.technology = 28 } }
        #expect(
            error?.message
                == "energy.technology is 28 nm, but the energy table \"default\" (\(repository)/Configs/energy/default.yaml) "
                + "holds figures of 45 nm, and scaling from node to node is not yet there: set energy.technology to 45 nm"
        )
    }
}
