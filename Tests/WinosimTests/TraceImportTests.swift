import Foundation
import TestSupport
import Testing

@Suite struct TraceImportTests {
    let folder: Folder

    init() throws {
        folder = try Folder.withTraces()
        try folder.write(
            """
            Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,
            one, 8, 9, 3, 3, 3, 4, 2,
            two, 6, 6, 3, 3, 4, 4, 1, 1:2,

            """, to: "net.csv")
    }

    private func run(_ arguments: String...) throws -> Outcome {
        try Program.run(["trace", "import"] + arguments, in: folder)
    }

    @Test func importPrintsWhatItWritesAndItRuns() throws {
        let printed = try run("net.csv", "--others", "0.5,0.25", "--activations", "0.75", "--batch", "2")
        #expect(printed.code == 0, "\(printed)")
        #expect(
            printed.talk == """
                note: scale-sim files have no padding: the maps are taken as padded already
                note: SCALE-Sim rounds output sizes up, so zeros are added below and right of the map: "one"
                note: a trace has no N:M pattern, so weights of 1:2 are drawn with a density of 0.5, spatial: "two"

                """)
        for line in [
            "model: net\nsource: {exporter: winosim trace import}\n",
            "    input: {channels: 3, height: 8, width: 9, batch: 2}\n",
            "    kernel: {height: 3, width: 3, stride: 2, padding: [0, 0, 1, 0]}\n",
            "    weights: {density: 0.5}\n    activations: {density: 0.25}\n",
            "    weights: {density: 0.5}\n    activations: {density: 0.75}\n",
        ] { #expect(printed.output.contains(line), "\(printed)") }
        let written = try run(
            "net.csv", "--others", "0.5,0.25", "--activations", "0.75", "--batch", "2", "--output", "net.yaml")
        #expect(written.code == 0 && written.output.isEmpty, "\(written)")
        #expect(written.talk == printed.talk + "written: net.yaml, 2 layers\n")
        #expect(try folder.text("net.yaml") == printed.output)
        // 2 images of 4 x 4 and 4 x 4 outputs.
        let checked = try Program.run("trace", "validate", "net.yaml", in: folder)
        #expect(checked.output == "net.yaml: valid: 2 layers, 0 tensors, 8,064 dense multiplies\n", "\(checked)")
        let ran = try Program.run("simulate", "net.yaml", "--config", "Configs/small.yaml", in: folder)
        #expect(ran.code == 0, "\(ran)")
    }

    @Test func filesOfAllFormatsAreImported() throws {
        try folder.write("problem: {shape: gemm-ABZ, M: 2, N: 3, K: 4}\n", to: "fc.yaml")
        try folder.write("Network n { Layer a { Type: GEMM Dimensions { M: 2, N: 3, K: 4 } } }\n", to: "n.m")
        try folder.write(
            "- {id: 0, operator_type: Gemm, equation: \"O[b][k]+=W[k][c]*I[b][c]\", loop_dims: [B, K, C], "
                + "loop_sizes: [2, 3, 4]}\n", to: "z.yaml")
        let outcome = try run("fc.yaml", "n.m", "z.yaml", "--model", "all", "--output", "all.yaml")
        #expect(outcome.code == 0 && outcome.talk.hasSuffix("written: all.yaml, 3 layers\n"), "\(outcome)")
        #expect(outcome.talk.contains("note: no density is given, so no operand has zeros"), "\(outcome)")
        let checked = try Program.run("trace", "validate", "all.yaml", in: folder)
        #expect(checked.output == "all.yaml: valid: 3 layers, 0 tensors, 72 dense multiplies\n", "\(checked)")
        let refused = try run("fc.yaml", "--batch", "2")
        #expect(refused.code == 65 && refused.talk.contains("layer \"fc\" is a product of matrices"), "\(refused)")
    }

    @Test(arguments: [
        (["missing.csv"], 66, "missing.csv: error: cannot be read"),
        (
            ["shapes.csv"], 65,
            "shapes.csv:1:1: error: this looks like a table of layer shapes, which winosim trace synth"
        ),
        (["trace.yaml"], 65, "trace.yaml:1:1: error: this looks like a trace already, which winosim simulate reads"),
        (["net.csv", "--format", "timelop"], 64, "or maestro: did you mean \"timeloop\"?"),
        (["net.csv", "--format", "zigzag"], 65, "net.csv:1:1: error: found "),
        (["", "net.csv"], 64, "<file> is an empty"),
        (["net.csv", "--weights", "1.5"], 64, "--weights is 1.5, expected a density from 0 to 1"),
    ]) func wrongUseGivesItsMessage(_ arguments: [String], _ code: Int32, _ expected: String) throws {
        let outcome = try Program.run(["trace", "import"] + arguments, in: folder)
        #expect(outcome.code == code && outcome.output.isEmpty && outcome.talk.contains(expected), "\(outcome)")
    }
}
