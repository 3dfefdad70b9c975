import Files
import Testing

@testable import Traces

@Suite struct SynthesizerTests {
    private static let csv = """
        layer,C,K,H_in,W_in,kernel,stride,pad,H_out,note
        conv1,3,64,224,224,7,2,3,112,"dense; 3x3/2, maxpool"
        res2a_2a,64,64,56,56,3,1,1,56,
        res2a_1,64,64,56,56,1,1,0,56,"1x1 projection"

        fc,512,1000,1,1,1,1,0,1,
        """

    @Test func tableBecomesATrace() throws {
        let table = try LayerTable(csv: Self.csv.replacing("\n", with: "\r\n"), file: "net.csv")
        var settings = TraceSynthesizer.Settings(model: "net: 1")
        settings.description = "by hand"
        (settings.weights, settings.activations, settings.tile, settings.seed) = (0.35, 0.487, 4, 5)
        settings.first = (0.8, 1)
        let text = try TraceSynthesizer.manifest(table, settings)
        let folder = try TraceFolder()
        let trace = try folder.load(text)
        #expect(trace.model == "net: 1" && trace.description == "by hand" && trace.seed == 5)
        #expect(trace.layers.map(\.name) == ["conv1", "res2a_2a", "res2a_1", "fc"])
        #expect(trace.layers.map(\.operation) == [.convolution, .convolution, .convolution, .linear])
        #expect(trace.layers.map(\.relu) == [.spatial, .winograd, .spatial, .spatial])
        #expect(trace.layers.map(\.shape.outputHeight) == [112, 56, 56, 1])
        #expect(trace.layers[1].winograd?.tile == 4 && trace.layers[0].winograd == nil)
        let densities = trace.layers.flatMap { layer in
            [layer.weights, layer.activations].map { source in
                if case .density(let density, let domain, _) = source { "\(density) \(domain)" } else { "?" }
            }
        }
        #expect(
            densities == [
                "0.8 spatial", "1.0 spatial", "0.35 winograd", "0.487 winograd", "1.0 spatial", "1.0 spatial",
                "1.0 spatial", "1.0 spatial",
            ])
        // The written trace can give the shapes of another one.
        #expect(try TraceSynthesizer.manifest(LayerTable(trace), settings) == text)
    }

    /// The shapes of a trace with operations that a table does not have come back as they were.
    @Test func everyOperationKeepsItsShape() throws {
        let folder = try TraceFolder()
        let operands = "weights: {density: 0.5}, activations: {density: 0.5}"
        let trace = try folder.load(
            """
            format: winosim-trace/1
            model: m
            layers:
              - {name: up, operation: transposed_convolution, input: {channels: 4, height: 5, width: 6, batch: 2},
                 output: {channels: 6}, kernel: {height: 3, width: 4, stride: [2, 3], padding: [1, 0, 2, 1],
                 output_padding: [1, 2], dilation: [2, 1], groups: 2}, \(operands)}
              - {name: down, operation: transposed_convolution, input: {channels: 4, height: 5, width: 6},
                 output: {channels: 6}, kernel: {height: 2, width: 2, stride: 2, output_padding: 1}, \(operands)}
              - {name: scores, operation: matmul, input: {channels: 16, height: 7, batch: 3}, output: {channels: 5}, \(operands)}
              - {name: uneven, operation: convolution, input: {channels: 4, height: 8, width: 8}, output: {channels: 4},
                 kernel: {height: 4, width: 4, padding: [1, 1, 2, 2]}, \(operands)}
            """)
        let again = try folder.load(
            TraceSynthesizer.manifest(LayerTable(trace), TraceSynthesizer.Settings(model: "m")))
        #expect(again.layers.map(\.operation) == trace.layers.map(\.operation))
        for (one, other) in zip(trace.layers, again.layers) {
            #expect(
                one.shape.outputHeight == other.shape.outputHeight && one.shape.outputWidth == other.shape.outputWidth)
            #expect(one.shape.denseMultiplies == other.shape.denseMultiplies, "\(one.name)")
            #expect(
                (one.shape.paddedHeight, one.shape.paddedWidth, one.shape.paddingHeight, one.shape.paddingWidth)
                    == (
                        other.shape.paddedHeight, other.shape.paddedWidth, other.shape.paddingHeight,
                        other.shape.paddingWidth
                    ),
                "\(one.name)")
            #expect(one.shape.groups == other.shape.groups && one.shape.dilationHeight == other.shape.dilationHeight)
        }
        var settings = TraceSynthesizer.Settings(model: "m")
        settings.batch = 2
        #expect(throws: InputError.self) { try TraceSynthesizer.manifest(LayerTable(trace), settings) }
    }

    @Test func weightsAndActivationsHaveTheirOwnDomains() throws {
        var settings = TraceSynthesizer.Settings(model: "m")
        (settings.weights, settings.activationDomain, settings.batch) = (0.6, .spatial, 4)
        let folder = try TraceFolder()
        let trace = try folder.load(
            TraceSynthesizer.manifest(try LayerTable(csv: Self.csv, file: "net.csv"), settings))
        #expect(trace.layers[1].relu == .spatial && trace.layers[1].weights.domain == .winograd)
        #expect(trace.layers[1].activations.domain == .spatial && trace.layers[1].shape.batch == 4)
    }

    @Test(arguments: [
        ("layer,C,K,H_in,W_in\n", "t.csv:1:1: error: the column kernel is missing"),
        ("layer,C,K,H_in,W_in,kernel\n", "t.csv:1:1: error: the table has no layers"),
        ("", "t.csv:1:1: error: the table has no layers"),
        ("layer,C,K,H_in,W_in,C,kernel\n", "t.csv:1:21: error: the column \"C\" is there twice"),
        ("layer,C,K,H_in,W_in,kernel\na,3,x,5,5,3\n", "t.csv:2:5: error: found \"x\" as K"),
        ("layer,C,K,H_in,W_in,kernel\na,3,4,5,5\n", "t.csv:2:10: error: found \"\" as kernel"),
        ("layer,C,K,H_in,W_in,kernel\na,3,4,5,5,7\n", "t.csv:2:1: error: the kernel spans 7 rows"),
        ("layer,C,K,H_in,W_in,kernel\n,3,4,5,5,7\n", "t.csv:2:1: error: the layer has no name"),
        ("layer,C,K,H_in,W_in,kernel\na,3,4,5,5,3\na,3,4,5,5,3\n", "t.csv:3:1: error: the layer \"a\" is there twice"),
    ])
    func brokenTablesAreRefused(text: String, message: String) {
        let error = #expect(throws: InputError.self) { try LayerTable(csv: text, file: "t.csv") }
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
    }

    @Test func brokenSettingsAreRefused() throws {
        let table = try LayerTable(csv: Self.csv, file: "net.csv")
        var settings = TraceSynthesizer.Settings(model: "m")
        settings.weights = 1.5
        #expect(throws: InputError("found a density of 1.5, expected 0 to 1", at: nil)) {
            try TraceSynthesizer.manifest(table, settings)
        }
        settings = TraceSynthesizer.Settings(model: "m")
        settings.batch = 0
        #expect(throws: InputError.self) { try TraceSynthesizer.manifest(table, settings) }
    }
}
