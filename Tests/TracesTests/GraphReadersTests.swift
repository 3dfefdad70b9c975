import Testing

@testable import Traces

/// Which layer says how a value is stored.
@Suite struct GraphReadersTests {
    private static func layer(_ name: String, _ inputs: [String], fused: String? = nil) -> Layer {
        var layer = Layer(
            name: name, shape: LayerShape(channels: 4, filters: 4), weights: .density(1, .spatial, Spread()),
            activations: .density(1, .spatial, Spread()))
        layer.inputs = inputs
        if let fused { layer.fused = [FusedOperation(operation: "add", input: fused)] }
        return layer
    }

    private static func operation(_ name: String, _ kind: StandaloneOperation.Kind, _ inputs: [String])
        -> StandaloneOperation
    {
        StandaloneOperation(name: name, kind: kind, source: name, inputs: inputs, bytesRead: 1, bytesWritten: 1)
    }

    @Test func withoutAGraphTheNextLayerReads() {
        let readers = GraphReaders(
            Trace(model: "m", layers: [Self.layer("a", []), Self.layer("b", []), Self.layer("c", [])]))
        #expect(readers.layer(reading: "a").map { [$0.index, $0.isOnlyReader ? 1 : 0] } == [1, 1])
        #expect(readers.layer(reading: "b")?.index == 2)
        #expect(readers.layer(reading: "c") == nil)
    }

    /// The shape of a residual block with a projection: `c` reads the block's input and not its neighbour's output.
    @Test func aGraphNamesTheReader() {
        var graph = TraceGraph()
        graph.operations = [
            Self.operation("pool", .pool, ["a"]), Self.operation("sum", .elementwise, ["d", "a"]),
            Self.operation("cat", .move, ["sum", "pool"]),
        ]
        let layers = [
            Self.layer("a", ["x"]), Self.layer("b", ["pool"]), Self.layer("c", ["pool"], fused: "b"),
            Self.layer("d", ["c"]), Self.layer("e", ["cat"]),
        ]
        let readers = GraphReaders(Trace(model: "m", layers: layers, graph: graph))
        func reader(_ name: String) -> [Int]? {
            readers.layer(reading: name).map { [$0.index, $0.isOnlyReader ? 1 : 0] }
        }
        // Through the pool; the addition says nothing.
        #expect(reader("a") == [1, 0])
        #expect(reader("pool") == [1, 0])
        #expect(reader("c") == [3, 1])
        // Only added to something, and only read by an addition.
        #expect(reader("b") == nil)
        #expect(reader("d") == nil)
        #expect(reader("sum") == [4, 0])
        #expect(reader("e") == nil)
    }
}
