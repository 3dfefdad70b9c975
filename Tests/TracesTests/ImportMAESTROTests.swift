import Files
import TestSupport
import Testing

@testable import Traces

@Suite struct ImportMAESTROTests {
    private func network(_ layers: String) throws -> ImportedNetwork {
        try imported("Network Tiny {\n\(layers)\n}\n", file: "m.m")
    }

    private func error(_ layer: String) throws -> String {
        let error = #expect(throws: InputError.self) { try network(layer) }
        return String((error?.description ?? "").prefix { $0 != "\n" })
    }

    @Test func layersAreRead() throws {
        let network = try imported(
            """
            // sizes of the first layer
            Constant Channels 3;
            Constant Tile 16;
            Network Tiny {
            Layer CONV1 {
            \tType: CONV
            \tStride { X: 3, Y: 2 }
            \tDimensions { K: 96, C: Channels R: 5, S: 4, Y:16, X:20 } // no comma behind C
            \tDataflow { TemporalMap(Tile,Tile) K; SpatialMap(Sz(R),1) Y; Cluster(64, P); }
            }
            Layer DW { Type: DSCONV Dimensions { K: 1, C: 96, R: 3, S: 3, Y': 4, X': 5, N: 2 } }
            Layer NG { Type: NGCONV Stride {X: 2, Y: 2} Dimensions { G: 4, K: 2, C: 3, R: 3, S: 3, Y: 9, X: 9 } }
            Layer FC { Type: CONV Dimensions { K: 10, C: 64, R: 1, S: 1, Y: 1, X: 1 } }
            Layer GEMM1 { Type: GEMM Dimensions { K: 64, M: 128, N: 30 } }
            Layer BMM1 { Type: BMM Dimensions { B: 12, K: 8, M: 7, N: 5 } }
            Layer FC { Type: CONV Dimensions { K: 10, C: 64, R: 1, S: 1, Y: 1, X: 1 } }
            }
            Accelerator { PE { NumPEs: 128; } }
            """.replacing("\n", with: "\r\n"), file: "m.m")
        #expect(network.name == "Tiny")
        #expect(network.rows.map(\.name) == ["CONV1", "DW", "NG", "FC", "GEMM1", "BMM1", "FC#2"])
        #expect(
            network.rows.map(\.operation)
                == [.convolution, .convolution, .convolution, .linear, .linear, .matmul, .linear])
        // Outputs are (Y - R) / stride + 1, rounded down: 6 x 6, 4 x 5, 4 x 4.
        #expect(
            network.rows.map(\.shape.denseMultiplies) == [
                96 * 3 * 5 * 4 * (11 / 2 + 1) * (16 / 3 + 1), 2 * 96 * 9 * 4 * 5, 4 * 2 * 3 * 9 * 4 * 4, 640,
                128 * 64 * 30, 12 * 7 * 5 * 8, 640,
            ])
        #expect(network.rows[1].shape.groups == 96 && network.rows[1].shape.height == 6)
        #expect(network.rows[2].shape.channels == 12 && network.rows[2].shape.filters == 8)
        for note in [
            "dataflows are no part of a workload and are not read",
            "DSCONV layers have a group a channel, and K filters in each: \"DW\"",
            "a name that is there already gets a number behind it: \"FC#2\"",
            "the accelerator is no part of a workload and is not read",
            "maestro files have no padding: Y and X are taken as the map with its padding",
        ] { #expect(network.notes.contains(note), "\(network.notes)") }
        #expect(network.notes.contains { $0.hasPrefix("K and C of an NGCONV") && $0.hasSuffix(": \"NG\"") })
        let trace = try TraceFolder().load(
            TraceSynthesizer.manifest(LayerTable(rows: network.rows), TraceSynthesizer.Settings(model: "m")))
        #expect(trace.layers.map(\.shape) == network.rows.map(\.shape))
    }

    /// The first up-convolution of U-Net: 28 x 28 pixels become 56 x 56.
    @Test func transposedConvolutionsAreRead() throws {
        let network = try network("Layer up { Type: TRCONV Dimensions { K: 512, C: 1024, R: 2, S: 2, Y: 28, X: 28 } }")
        let row = network.rows[0]
        #expect(row.operation == .transposedConvolution)
        #expect(row.shape.outputHeight == 56 && row.shape.outputWidth == 56)
        #expect(row.shape.denseMultiplies == 1024 * 28 * 28 * 512 * 4)
        #expect(network.notes.contains { $0.hasPrefix("TRCONV layers become transposed") })
        let trace = try TraceFolder().load(
            TraceSynthesizer.manifest(LayerTable(rows: network.rows), TraceSynthesizer.Settings(model: "m")))
        #expect(trace.layers[0].shape.outputHeight == 56 && trace.layers[0].shape.insertionWidth == 2)
        #expect(trace.layers[0].shape.denseMultiplies == row.shape.denseMultiplies)
    }

    @Test(arguments: [
        (
            "Layer a { Type: CONV Dimensions { K: 4, C: 3, R: 9, S: 3, Y: 8, X: 8 } }",
            "m.m:2:50: error: the kernel spans 9 rows, the padded input has 8; expected at most as many"
        ),
        (
            "Layer a { Type: POOL Dimensions { K: 4 } }",
            "m.m:2:17: error: found the type \"POOL\", expected CONV, DSCONV, NGCONV, TRCONV, GEMM or BMM: MAESTRO "
                + "has no"
        ),
        (
            "Layer a { Typ: CONV }",
            "m.m:2:11: error: found \"Typ\" in a layer: did you mean \"Type\"? expected Type, Stride"
        ),
        (
            "Layer a { Type: CONV Dimensions { K: 4, C: 3, R: 3, S: 3, Y: 8 } }",
            "m.m:2:7: error: the layer \"a\" has no X in Dimensions"
        ),
        (
            "Layer a { Type: CONV Dimensions { K: 4, R: 3, S: 3, Y: 8, X: 8 } }",
            "m.m:2:7: error: the layer \"a\" has no C in Dimensions"
        ),
        (
            "Layer a { Type: CONV Dimensions { K: x } }",
            "m.m:2:38: error: found \"x\" as K, expected a whole number from 1 to 2^20, or a Constant"
        ),
        (
            "Layer a { Type: CONV Dimensions { K: 4, W: 3 } }",
            "m.m:2:41: error: found \"W\" in Dimensions, expected N, G, K, C, R, S, Y, X, Y', X', M or B"
        ),
        ("Layer a { Type: CONV Dimensions { K: 4, K: 3 } }", "m.m:2:41: error: K is there twice in Dimensions"),
        (
            "Layer a { Type: CONV Dimensions { K: 4, C: 1, R: 1, S: 1, Y: 8, X: 8, Y': 8 } }",
            "m.m:2:75: error: Y and Y' are both there, expected one of them"
        ),
        (
            "Layer a { Type: GEMM Dimensions { K: 4, M: 1, N: 1, R: 1 } }",
            "m.m:2:56: error: a GEMM has no R, expected M, N or K"
        ),
        ("Layer a { Dimensions { K: 4 } }", "m.m:2:7: error: the layer \"a\" has no Type"),
        ("Lyer a { }", "m.m:2:1: error: found \"Lyer\", expected Layer or } at the network's end"),
        (
            "Layer a { Type: GEMM Dimensions { K: 4, M: 1, N: 1 }",
            "m.m:3:1: error: the network is not closed, expected }"
        ),
        ("", "m.m:1:1: error: the file has no layers"),
    ]) func wrongModelsGiveTheirMessage(_ text: String, _ expected: String) throws {
        let found = try error(text)
        #expect(found.hasPrefix(expected), "\(found)")
    }
}
