import Files
import TestSupport
import Testing

@testable import Traces

@Suite struct ImportTimeloopTests {
    private func network(_ text: String, file: String = "layers/conv3.yaml") throws -> ImportedNetwork {
        try imported(text, file: file)
    }

    private func error(_ text: String, as format: String? = nil) throws -> String {
        let error = #expect(throws: InputError.self) { try imported(text, file: "p.yaml", as: format) }
        return String((error?.description ?? "").prefix { $0 != "\n" })
    }

    /// The eight loops of Timeloop's shape, of which those of the inputs' size are sums.
    private static let sizes = ["R": 3, "S": 5, "P": 7, "Q": 4, "C": 6, "K": 10, "N": 2]

    @Test(arguments: ["", "  shape: cnn-layer\n", "  shape: cnn_layer\n"])
    func versionThreeIsRead(_ shape: String) throws {
        let sizes = Self.sizes.map { "  \($0.key): \($0.value)\n" }.joined()
        let network = try network("problem:\n\(shape)\(sizes)  Wstride: 2\n  Hdilation: 3\n")
        let row = try #require(network.rows.first)
        #expect(network.rows.count == 1 && row.name == "conv3" && row.operation == .convolution)
        // R and P are along the width, S and Q along the height.
        #expect(row.shape.kernelWidth == 3 && row.shape.kernelHeight == 5)
        #expect(row.shape.outputWidth == 7 && row.shape.outputHeight == 4)
        #expect(row.shape.strideWidth == 2 && row.shape.dilationHeight == 3 && row.shape.strideHeight == 1)
        #expect(row.shape.width == 6 * 2 + 2 + 1 && row.shape.height == 3 + 4 * 3 + 1)
        #expect(row.shape.denseMultiplies == Self.sizes.values.reduce(1, *))
        #expect(network.notes.contains("timeloop problems have no padding: the maps are taken as padded already"))
        #expect(network.notes.contains("a problem without a shape is taken as Timeloop's cnn-layer") == shape.isEmpty)
    }

    /// A shape as in version 4, with M for the filters and groups.
    private static func versionFour(_ instance: String) -> String {
        """
        problem:
          version: 0.4
          shape:
            name: grouped
            dimensions: [G, C, M, R, S, N, P, Q]
            coefficients:
            - {name: Wstride, default: 1}
            - {name: Hstride, default: 2}
            data_spaces:
            - name: Weights
              projection: [[[G]], [[C]], [[M]], [[R]], [[S]]]
            - name: Inputs
              projection: [[[N]], [[G]], [[C]], [[R], [P, Wstride]], [[S], [Q, Hstride]]]
            - name: Outputs
              projection: [[[N]], [[G]], [[M]], [[Q]], [[P]]]
              read_write: true
          instance: {\(instance)}
        """
    }

    @Test func versionFourWithGroupsIsRead() throws {
        let network = try network(Self.versionFour("G: 4, C: 3, M: 2, R: 3, S: 1, N: 1, P: 5, Q: 6"))
        let shape = network.rows[0].shape
        #expect(shape.groups == 4 && shape.channels == 12 && shape.filters == 8)
        #expect(shape.strideHeight == 2 && shape.strideWidth == 1 && shape.kernelWidth == 3 && shape.kernelHeight == 1)
        #expect(shape.denseMultiplies == 4 * 3 * 2 * 3 * 5 * 6)
        // A depthwise layer has one channel and one filter in each group.
        let depthwise = try self.network(Self.versionFour("G: 32, C: 1, M: 1, R: 3, S: 3, N: 1, P: 5, Q: 6"))
        #expect(depthwise.rows[0].shape.groups == 32 && depthwise.rows[0].shape.denseMultiplies == 32 * 9 * 30)
    }

    @Test func sizesOfMapAndPaddingAreRead() throws {
        // 112 outputs of stride 2 and 3 taps read 225 of 224 + 2 rows: one row above, none below.
        let sizes = "G: 1, C: 3, M: 32, R: 3, S: 3, N: 1, P: 112, Q: 112, Wstride: 2"
        let network = try network(Self.versionFour("\(sizes), H: 224, W: 224, Hpad: 1, Wpad: 1"))
        let shape = network.rows[0].shape
        #expect(shape.height == 224 && shape.width == 224 && shape.outputHeight == 112 && shape.outputWidth == 112)
        #expect(shape.paddingHeight == 1 && shape.paddingBottom == 0 && shape.paddingRight == 0)
        #expect(
            try error(Self.versionFour("\(sizes), H: 224, W: 220, Hpad: 1, Wpad: 1"))
                == "p.yaml:17:82: error: H, W, Hpad and Wpad do not fit the outputs, which read 225 x 225 "
                + "elements with the padding")
    }

    @Test func productsAreRead() throws {
        let network = try network("problem: {shape: gemm-ABZ, instance: {M: 128, N: 30, K: 64}}")
        let row = network.rows[0]
        #expect(row.operation == .linear && row.shape.batch == 128 && row.shape.filters == 30)
        #expect(row.shape.channels == 64 && row.shape.denseMultiplies == 128 * 30 * 64)
        #expect(network.notes.contains("\"B\" is taken as the weights, \"A\" as the activations"))
        let batched = try self.network(
            """
            problem:
              shape:
                dimensions: [H, M, N, K]
                data-spaces:
                - {name: A, projection: [[[H]], [[M]], [[K]]]}
                - {name: B, projection: [[[H]], [[K]], [[N]]]}
                - {name: Z, projection: [[[H]], [[M]], [[N]]], read-write: true}
              instance: {H: 12, M: 7, N: 5, K: 8}
            """
        ).rows[0]
        #expect(batched.operation == .matmul && batched.shape.groups == 12 && batched.shape.height == 7)
        #expect(batched.shape.denseMultiplies == 12 * 7 * 5 * 8)
    }

    @Test func densitiesAreRead() throws {
        let network = try network(
            """
            problem:
              shape: gemm_ABZ
              instance:
                {M: 8, N: 3, K: 4, densities: {A: {distribution: fixed_structured, density: 0.5, band_width: 0}, B: 0.25,
                 Z: 1.0}}
            mapper: {}
            mapping: []
            """)
        #expect(network.densities["conv3"]?.weights == 0.25 && network.densities["conv3"]?.activations == 0.5)
        for note in [
            "keys beside problem are not read: \"mapper\", \"mapping\"",
            "the distribution \"fixed_structured\" of A is not read, its density is",
            "the density of Z is not read: a trace has none of outputs",
        ] { #expect(network.notes.contains(note), "\(network.notes)") }
    }

    @Test(arguments: [
        ("problem: {shape: conv7d, R: 3}", "p.yaml:1:18: error: found the shape \"conv7d\", which is in another file;"),
        (
            "problem: {shape: gemm-ABZ, M: 3, N: 4}", "p.yaml:1:10: error: the key \"K\" is missing in problem"
        ),
        (
            "problem: {shape: gemm-ABZ, M: 3, N: 4, K: 5, Kstride: 1}",
            "p.yaml:1:46: error: unknown key \"Kstride\" in problem; known are"
        ),
        (
            "problem: {shape: gemm-ABZ, instance: {M: 3, N: 0, K: 5}}",
            "p.yaml:1:48: error: found \"0\", expected a whole number from 1 to 1048576"
        ),
        (
            "problem: {shape: {dimensions: [R, P], data-spaces: [{name: W, projection: [[[R, step]]]}]}, R: 1, P: 1}",
            "p.yaml:1:77: error: found [R, step], expected a dimension, or a dimension and a coefficient: dimensions "
                + "are R, P"
        ),
        (
            "problem: {shape: {dimensions: [R, P], data-spaces: [{name: W, projection: [[[R]]]}]}, R: 1, P: 1}",
            "p.yaml:1:18: error: found 1 data spaces that are read and 0 that are written (read-write: true), "
                + "expected two"
        ),
        (
            "problem: {shape: {dimensions: [M, K], data-spaces: [{name: A, projection: [[[K]]]}, {name: B, projection: "
                + "[[[K]]]}, {name: Z, projection: [[[M]]], read-write: true}]}, M: 2, K: 3}",
            "p.yaml:1:18: error: the dimension \"M\" is in fewer than two of the operands, expected it in two or three"
        ),
    ]) func wrongProblemsGiveTheirMessage(_ text: String, _ expected: String) throws {
        let found = try error(text)
        #expect(found.hasPrefix(expected), "\(found)")
    }

    /// Files of Timeloop's exercises are made of others, which its front end puts together.
    @Test(arguments: [
        ("{{include_text('../base.yaml')}}\nproblem:\n  <<<: *base\n", "1:1"),
        ("base: &base {}\nproblem:\n  <<: *base\n", "3:3"),
    ]) func templatesAreRefused(_ text: String, _ place: String) throws {
        #expect(
            try error(text).hasPrefix("p.yaml:\(place): error: found a template of Timeloop's front end, expected what")
        )
    }

    @Test func aProblemMayHaveAName() throws {
        let network = try network("problem: {name: fc1, notes: x, shape: gemm-ABZ, instance: {M: 1, N: 2, K: 3}}")
        #expect(network.rows[0].name == "fc1" && network.notes.first == "the key \"notes\" of problem is not read")
    }

    @Test func aKernelInThreeDirectionsIsRefused() throws {
        let text = """
            problem:
              shape:
                dimensions: [A, B, C, X, Y, Z]
                data-spaces:
                - {name: W, projection: [[[A]], [[B]], [[C]]]}
                - {name: I, projection: [[[A], [X]], [[B], [Y]], [[C], [Z]]]}
                - {name: O, projection: [[[X]], [[Y]], [[Z]]], read-write: true}
              instance: {A: 1, B: 2, C: 3, X: 4, Y: 5, Z: 6}
            """
        #expect(
            try error(text)
                == "p.yaml:3:5: error: the inputs slide in 3 directions; a trace has convolutions in two")
    }
}
