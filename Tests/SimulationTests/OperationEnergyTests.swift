import Energy
import Engine
import Hardware
import Testing
import Traces

@testable import Simulation

/// What operations that do not multiply take.
@Suite struct OperationEnergyTests {
    private static let trace: Trace = {
        var layer = Layer(
            name: "fc", operation: .linear, shape: LayerShape(channels: 16, filters: 32),
            weights: .density(1, .spatial, Spread()),
            activations: .density(1, .spatial, Spread()))
        layer.inputs = ["x"]
        var graph = TraceGraph()
        graph.operations = [
            StandaloneOperation(
                name: "softmax", kind: .elementwise, source: "softmax", inputs: ["fc"], inputShapes: [[1, 32]],
                outputShapes: [[1, 32]], bytesRead: 128, bytesWritten: 128)
        ]
        return Trace(model: "m", layers: [layer], graph: graph)
    }()

    /// 32 values in five passes: 160 additions of 0.1 pJ at 32 bit (45 nm), and no multiplication.
    @Test func operationsTakeTheUnitsThatTheyUse() async throws {
        let result = try await Simulator(machine: nil).run(Self.trace)
        let softmax = try #require(result.operations.first)
        #expect(softmax.energy.multiply == .zero && softmax.energy.denseMultiply == .zero)
        let entry = try #require(
            softmax.energy.entries.first { $0.component == "vector_unit" && $0.action == "operation" })
        #expect(entry.count == 160 && abs(entry.total.value - 16) < 1e-9)
        let names = Set(softmax.energy.entries.map(\.component))
        #expect(names.isSuperset(of: ["vector_unit", "input_buffer", "output_buffer", "dram", "leakage"]))
        #expect(names.isDisjoint(with: ["multiplier", "adder_tree", "selection", "broadcast", "output_transform"]))
        #expect(softmax.energy.entries.allSatisfy { $0.count > 0 })
        // The total has the operation, and each figure a row.
        #expect(result.figures.map(\.layer) == ["fc", "softmax"])
        let sum = result.figures.map(\.energy.value).reduce(0, +)
        #expect(abs(result.total.energy.value - sum) < 1e-6 * sum)
        #expect(result.total.cycles == result.figures.map(\.cycles).reduce(0, +))
    }

    @Test func theUnitHasAnArea() throws {
        let machine = try Machine.load(path: nil)
        var larger = machine.configuration
        larger.vectorUnit.lanes *= 2
        let areas = { (machine: Machine) in
            machine.model.areas.filter { $0.component == "vector_unit" }.map(\.total).sum().value
        }
        let before = areas(machine)
        let after = areas(try Machine(larger, tables: machine.model.tables))
        #expect(before > 0 && abs(after - 2 * before) < 1e-6 * after)
    }
}
