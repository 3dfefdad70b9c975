import Files
import Testing

@testable import Traces

/// The network around the layers: who produces what, and what does not multiply.
@Suite struct GraphTests {
    /// Two convolutions, a pool between them, and an addition of the input of the pool to the second one's outputs.
    private static let manifest = """
        format: winosim-trace/1
        model: test
        inputs:
          - {name: x, shape: [1, 4, 8, 8]}
        outputs: [fc]
        layers:
          - {name: conv1, operation: convolution, inputs: [x], input: {channels: 4, height: 8, width: 8},
             output: {channels: 4}, kernel: {height: 3, width: 3, padding: 1}, weights: {density: 1},
             activations: {density: 1}, fused: [{operation: bias}, {operation: relu}]}
          - {name: conv2, operation: convolution, inputs: [pool], input: {channels: 4, height: 4, width: 4},
             output: {channels: 4}, kernel: {height: 3, width: 3, padding: 1}, weights: {density: 1},
             activations: {density: 1}, fused: [{operation: add, input: pool}]}
          - {name: scores, operation: matmul, inputs: [conv2, conv2], input: {channels: 4, height: 4, batch: 4},
             output: {channels: 4}, weights: {density: 1}, activations: {density: 1}}
          - {name: fc, operation: linear, inputs: [scores], input: {channels: 64}, output: {channels: 10},
             weights: {density: 1}, activations: {density: 1}}
        operations:
          - {name: pool, operation: pool, kind: max_pool2d, inputs: [conv1], input: [[1, 4, 8, 8]],
             output: [[1, 4, 4, 4]], bytes: {read: 1024, written: 256}, kernel: {height: 2, width: 2, stride: 2}}
        """

    @Test func theGraphIsRead() throws {
        let trace = try TraceFolder().load(Self.manifest)
        #expect(trace.graph.inputs.map(\.name) == ["x"] && trace.graph.outputs == ["fc"])
        #expect(trace.layers.map(\.inputs) == [["x"], ["pool"], ["conv2", "conv2"], ["scores"]])
        #expect(trace.layers[1].fused.map(\.input) == ["pool"])
        let pool = try #require(trace.graph.operations.first)
        #expect(pool.kind == .pool && pool.source == "max_pool2d" && pool.outputShapes == [[1, 4, 4, 4]])
        #expect(pool.bytesRead == 1024 && pool.bytesWritten == 256)
    }

    @Test(arguments: [
        ("inputs: [x], input", "inputs: [y], input", "layer 'conv1': the producer 'y' is no input, layer or operation"),
        ("inputs: [pool], input", "inputs: [pol], input", "did you mean 'pool'?"),
        ("inputs: [conv1], input: [[", "inputs: [conv2], input: [[", "the input of operation 'pool' has 256 elements"),
        ("shape: [1, 4, 8, 8]", "shape: [1, 3, 8, 8]", "the input of layer 'conv1' has 256 elements"),
        ("outputs: [fc]", "outputs: [fd]", "the network's outputs: the producer 'fd' is no input"),
        ("name: pool, operation: pool", "name: conv1, operation: pool", "is that of the layer in line"),
        ("operation: add, input: pool", "operation: add, input: conv1", "its fused add, has 64 elements"),
        ("operation: bias", "operation: bias, output: x", "output"),
        // A part of the elements would do for a factor of a product, not for a layer's input.
        ("shape: [1, 4, 8, 8]", "shape: [1, 4, 8, 4]", "the input of layer 'conv1' has 256 elements"),
        ("inputs: [scores], input", "inputs: [scores, conv1], input", "has 2 producers, expected one"),
        ("operation: pool, kind", "operation: pol, kind", "expected pool, elementwise or move"),
        ("kernel: {height: 2, width: 2, stride: 2}", "kernel: {hight: 2}", "hight"),
        ("bytes: {read: 1024, ", "bytes: {", "read"),
        (
            "kernel: {height: 2,", "kernel: {height: 10,",
            "the window spans 10 rows, the padded map has 8; expected at most as many"
        ),
        ("width: 2, stride: 2}", "width: 6, dilation: 3}", "the window spans 16 columns, the padded map has 8"),
        (
            "width: 2, stride: 2}", "width: 2, padding: [1, 2, 3]}",
            "found a list of 3, expected one number or [height, width]"
        ),
        (
            "shape: [1, 4, 8, 8]", "shape: [1099511627776, 2]",
            "1099511627776 * 2 is too large; at most 2^40 is expected"
        ),
    ])
    func faultsAreNamed(from: String, to: String, fault: String) throws {
        let text = Self.manifest.replacing(from, with: to)
        #expect(text != Self.manifest)
        let outcome = try TraceFolder().outcome(text)
        #expect(outcome.replacing("\"", with: "'").contains(fault), "\(outcome)")
    }

    /// conv1 waits for conv2, which waits for the pool, which waits for conv1.
    @Test func cyclesAreNamed() throws {
        let text = Self.manifest.replacing("shape: [1, 4, 8, 8]", with: "shape: [1, 4, 4, 4]").replacing(
            "inputs: [x], input: {channels: 4, height: 8, width: 8}",
            with: "inputs: [conv2], input: {channels: 4, height: 4, width: 4}"
        ).replacing("input: [[1, 4, 8, 8]]", with: "input: [[1, 4, 4, 4]]")
        let outcome = try TraceFolder().outcome(text)
        #expect(outcome.contains("the graph has a cycle: "), "\(outcome)")
        for name in ["conv1", "pool", "conv2"] { #expect(outcome.contains(name)) }
    }

    @Test func factorsOfProductsAreActivationsOfOneBatch() throws {
        let trace = try TraceFolder().load(Self.manifest)
        #expect(throws: InputError.self) { try trace.with(batch: 2) }
        #expect(try trace.with(batch: 1).graph == trace.graph)
    }

    /// Their names stay, so that results still say what is not simulated.
    @Test func operationsOfAnotherBatchHaveNoSizes() throws {
        var trace = try TraceFolder().load(Self.manifest)
        trace.layers.removeAll { $0.operation == .matmul }
        let pool = try #require(try trace.with(batch: 2).graph.operations.first)
        #expect(pool.name == "pool" && pool.bytesRead == nil && pool.bytesWritten == nil && pool.outputShapes.isEmpty)
    }
}
