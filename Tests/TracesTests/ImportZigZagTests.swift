import Files
import TestSupport
import Testing

@testable import Traces

@Suite struct ImportZigZagTests {
    private func error(_ text: String) throws -> String {
        let error = #expect(throws: InputError.self) { try imported(text, file: "z.yaml") }
        return String((error?.description ?? "").prefix { $0 != "\n" })
    }

    private static let equation = "equation: \"O[b][k][oy][ox]+=W[k][c][fy][fx]*I[b][c][iy][ix]\""

    @Test func layersAreRead() throws {
        let network = try imported(
            """
            - id: 0 # stride 2 along x
              operator_type: Conv
              \(Self.equation)
              dimension_relations: [ix=2*ox+1*fx, iy = oy + 3*fy]
              loop_dims: [B, K, C, OY, OX, FY, FX]
              loop_sizes: [2, 64, 3, 11, 12, 5, 7]
              operand_precision: {W: 8, I: 8, O: 16, O_final: 8}
              operand_source: {I: 0, W: 0}
            - id: 1
              operator_type: Pooling
              equation: O[b][g][oy][ox]+=W[fx][fy]*I[b][g][iy][ix]
              dimension_relations: [ix=2*ox+1*fx, iy=2*oy+1*fy]
              loop_dims: [B, G, OY, OX, FX, FY]
              loop_sizes: [1, 64, 6, 6, 3, 3]
              operand_source: {I: 0, W: 1}
            - id: 2
              name: add
              operator_type: Add
              equation: O[b][g][oy][ox]=W[b][g][oy][ox]+I[b][g][oy][ox]
              loop_dims: [B, G, OY, OX]
              loop_sizes: [1, 64, 6, 6]
            - id: 3
              name: grouped
              operator_type: Conv
              equation: O[b][g][k][oy][ox]+=W[g][k][c][fy][fx]*I[b][g][c][iy][ix]
              dimension_relations: [ix=1*ox+1*fx, iy=1*oy+1*fy]
              loop_dims: [B, K, G, OX, OY, C, FX, FY]
              loop_sizes: [1, 2, 4, 10, 9, 3, 3, 3]
              operand_source: {I: 2, W: 3}
              pr_loop_dims: [IX, IY]
              pr_loop_sizes: [10, 9]
              padding: [[1, 1], [2, 0]]
            - {id: 4, name: fc, operator_type: Gemm, equation: "O[b][k]+=W[k][c]*I[b][c]", loop_dims: [B, K, C],
               loop_sizes: [5, 10, 64], operand_source: {I: 3, W: 4}, padding: null}
            - {id: 5, name: scores, operator_type: Gemm, equation: "O[b][k]+=I[b][c]*W[k][c]", loop_dims: [B, K, C],
               loop_sizes: [5, 10, 64], operand_source: {I: 3, W: 2}}
            """, file: "z.yaml")
        #expect(network.rows.map(\.name) == ["Layer0", "grouped", "fc", "scores"])
        #expect(network.rows.map(\.operation) == [.convolution, .convolution, .linear, .matmul])
        // ZigZag's count is the product of all loops.
        #expect(
            network.rows.map(\.shape.denseMultiplies) == [
                2 * 64 * 3 * 11 * 12 * 5 * 7, 2 * 4 * 10 * 9 * 3 * 9, 5 * 10 * 64, 5 * 10 * 64,
            ])
        let first = network.rows[0].shape
        #expect(first.strideWidth == 2 && first.strideHeight == 1 && first.dilationHeight == 3)
        #expect(first.kernelHeight == 5 && first.kernelWidth == 7 && first.width == 11 * 2 + 6 + 1)
        let grouped = network.rows[1].shape
        #expect(grouped.groups == 4 && grouped.channels == 12 && grouped.height == 9 && grouped.width == 10)
        #expect(grouped.paddingHeight == 2 && grouped.paddingBottom == 0 && grouped.paddingRight == 1)
        for note in [
            "operators that multiply nothing by weights are left out, and the trace has no graph: Pooling: \"Layer1\"",
            "operators that multiply nothing by weights are left out, and the trace has no graph: Add: \"add\"",
            "layers without padding have maps that are taken as padded already: \"Layer0\"",
            "a layer without a name is called Layer and its id, as in ZigZag",
        ] { #expect(network.notes.contains(note), "\(network.notes)") }
        let trace = try TraceFolder().load(
            TraceSynthesizer.manifest(LayerTable(rows: network.rows), TraceSynthesizer.Settings(model: "m")))
        #expect(trace.layers.map(\.shape.denseMultiplies) == network.rows.map(\.shape.denseMultiplies))
    }

    @Test func aProductWithoutSourcesIsALinearLayer() throws {
        let network = try imported(
            "- {id: 7, operator_type: Gemm, equation: \"O[b][k]+=A[b][c]*B[c][k]\", loop_dims: [B, K, C], "
                + "loop_sizes: [5, 10, 64]}", file: "z.yaml")
        #expect(network.rows[0].operation == .linear && network.rows[0].shape.filters == 10)
        #expect(network.rows[0].name == "Layer7" && network.rows[0].shape.batch == 5)
    }

    private static func layer(_ keys: String) -> String {
        "- {id: 0, operator_type: Conv, \(equation), \(keys)}"
    }

    private static let dimensions = "loop_dims: [B, K, C, OY, OX, FY, FX], loop_sizes: [1, 2, 3, 4, 5, 3, 3]"
    private static let relations = "dimension_relations: [ix=2*ox+1*fx, iy=2*oy+1*fy]"

    /// 5 outputs of stride 2 and 3 taps read 11 elements, 4 read 9.
    @Test(arguments: [
        ("[11, 9]", "[[0, 0], [0, 0]]", [0, 0, 0, 0]), ("[9, 8]", "[[1, 1], [1, 1]]", [1, 1, 0, 1]),
        ("[10, 8]", "[[1, 1], [1, 1]]", [1, 1, 0, 0]),
    ]) func paddingIsWhatTheOutputsRead(_ sizes: String, _ padding: String, _ expected: [Int]) throws {
        let keys = "\(Self.dimensions), \(Self.relations), pr_loop_dims: [IX, IY], "
        let shape = try imported(
            Self.layer(keys + "pr_loop_sizes: \(sizes), padding: \(padding)"), file: "z.yaml"
        ).rows[0].shape
        #expect(
            [
                shape.paddingHeight, shape.paddingWidth, shape.paddingBottom ?? shape.paddingHeight,
                shape.paddingRight ?? shape.paddingWidth,
            ] == expected)
        #expect(shape.outputWidth == 5 && shape.outputHeight == 4)
    }

    @Test func wrongLayersGiveTheirMessage() throws {
        let keys = "\(Self.dimensions), \(Self.relations)"
        for (layer, expected) in [
            (Self.layer("\(keys), strides: 2"), "unknown key \"strides\" in a layer; known are "),
            (
                Self.layer("loop_dims: [B, K], loop_sizes: [1]"),
                "found 1 sizes of 2 loop_dims, expected one each"
            ),
            (
                Self.layer("loop_dims: [B, K], loop_sizes: [1, 2]"),
                "the dimension \"c\" has no size in loop_dims, and no relation"
            ),
            (
                Self.layer("\(Self.dimensions), dimension_relations: [ix=ox]"),
                "found \"ix=ox\", expected a sum of two dimensions such as ix=2*ox+1*fx"
            ),
            (
                Self.layer("\(keys), pr_loop_dims: [IX, IY], pr_loop_sizes: [20, 9]"),
                "map and padding do not fit the outputs, which read 9 x 11 elements with the padding"
            ),
            (
                Self.layer("\(keys), padding: [[1, 1]]"),
                "the dimensions of this are missing: expected the key pr_loop_dims"
            ),
            (
                Self.layer("\(keys), pr_loop_dims: [IX], padding: [[1]]"),
                "found 1 numbers, expected two: padding before and after"
            ),
            (
                "- {id: 0, operator_type: Conv, equation: O+=W, \(Self.dimensions)}",
                "found \"O+=W\", expected a result of two operands such as O[b][k]+=W[k][c]*I[b][c]"
            ),
        ] {
            let found = try error(layer)
            #expect(found.hasPrefix("z.yaml:1:") && found.contains(": error: \(expected)"), "\(found)")
        }
    }
}
