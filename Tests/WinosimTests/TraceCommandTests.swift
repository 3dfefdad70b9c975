import Foundation
import TestSupport
import Testing

@Suite struct TraceCommandTests {
    let folder: Folder

    init() throws { folder = try Folder.withTraces() }

    @Test func infoShowsLayersAndTensors() throws {
        let outcome = try Program.run("trace", "info", "trace.yaml", in: folder, environment: ["COLUMNS": "140"])
        #expect(outcome.code == 0 && outcome.talk.isEmpty, "\(outcome)")
        // 3 * 6 * 6 * 2 * 9 and 4 * 4 * 4 * 8 * 9 multiplies; the inputs' values are 0, 1, 2, 3 in turn.
        let lines = outcome.output.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        #expect(
            lines.contains("conv1 2x6x6 3x6x6 3x3 pad 1 none tensor, spatial 79.6 % tensor, spatial 75.0 % 1,944"),
            "\(outcome)")
        #expect(
            lines.contains(
                "conv2 8x4x4 4x4x4 3x3 pad 1 spatial density, spatial 50.0 % density, spatial 50.0 % 4,608"),
            "\(outcome)")
        #expect(lines.contains("2 layers 6,552"), "\(outcome)")
        #expect(lines.contains("conv1.weight conv1, weights F32 3x2x3x3 216 79.6 %"), "\(outcome)")
        #expect(lines.contains("2 tensors 504"), "\(outcome)")
    }

    @Test func infoMatchesItsJSON() throws {
        let outcome = try Program.run("trace", "info", "trace.yaml", "--json", in: folder)
        #expect(outcome.code == 0 && outcome.talk.isEmpty, "\(outcome)")
        let trace = try object(outcome.output)
        #expect(trace["name"] as? String == "small" && trace["dense_multiplies"] as? Int == 6552)
        let layers = try #require(trace["layers"] as? [[String: Any]])
        #expect(layers.map { $0["name"] as? String } == ["conv1", "conv2"])
        #expect(layers.map { $0["dense_multiplies"] as? Int } == [1944, 4608])
        let weights = try #require(layers.map { $0["weights"] } as? [[String: Any]])
        #expect(weights.map { $0["source"] as? String } == ["tensor", "density"])
        #expect(
            abs((weights[0]["density"] as? Double ?? 0) - 43.0 / 54) < 1e-9 && weights[1]["density"] as? Double == 0.5)
        #expect(weights[0]["tensor"] as? String == "conv1.weight" && weights[1]["tensor"] is NSNull)
        let kernel = try #require(layers[0]["kernel"] as? [String: Any])
        #expect(kernel["size"] as? [Int] == [3, 3] && kernel["padding"] as? [Int] == [1, 1])
        let tensors = try #require(trace["tensors"] as? [[String: Any]])
        #expect(tensors.map { $0["name"] as? String } == ["conv1.weight", "conv1.input"])
        #expect(tensors.map { $0["bytes"] as? Int } == [216, 288])
    }

    @Test func everyOperationIsShown() throws {
        let operands = "weights: {density: 1}, activations: {density: 1}"
        _ = try folder.write(
            """
            format: winosim-trace/1
            model: m
            inputs: [{name: x, shape: [1, 4, 5, 5]}]
            layers:
              - {name: up, operation: transposed_convolution, input: {channels: 4, height: 5, width: 5},
                 output: {channels: 6}, kernel: {height: 3, width: 3, stride: 2, padding: 1, output_padding: 1}, \(operands)}
              - {name: uneven, operation: convolution, input: {channels: 4, height: 8, width: 8}, output: {channels: 4},
                 kernel: {height: 4, width: 4, padding: [1, 1, 2, 2]}, \(operands)}
              - {name: scores, operation: matmul, input: {channels: 16, height: 7, batch: 3}, output: {channels: 5}, \(operands)}
            operations:
              - {name: pool, operation: pool, kind: max_pool2d, inputs: [x], input: [[1, 4, 5, 5]], output: [[1, 4, 2, 2]],
                 bytes: {read: 400, written: 64}}
            """, to: "all.yaml")
        let outcome = try Program.run("trace", "info", "all.yaml", in: folder)
        let lines = outcome.output.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        for line in [
            "up 4x5x5 6x10x10 transposed 3x3 stride 2 pad 1,1,0,0 none",
            "uneven 4x8x8 4x8x8 4x4 pad 1,1,2,2 none", "scores 3x7x16 3x7x5 matmul none",
        ] { #expect(lines.contains { $0.hasPrefix(line) }, "\(outcome)") }
        #expect(outcome.output.contains("1 operation that does not multiply: 1 pool (max_pool2d); they read 400 bytes"))
        let checked = try Program.run("trace", "validate", "all.yaml", in: folder)
        #expect(checked.output.contains("valid: 3 layers, 0 tensors"), "\(checked)")
    }

    @Test func notExportedProductsAreReported() throws {
        let warning =
            "at least 1,234 multiplications of the model are not in the trace: up (Conv1d, 1,234), a: b (matmul, an "
            + "unknown number)"
        func oneLine(_ text: String) -> String { text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
        let info = try Program.run("trace", "info", "partial.yaml", in: folder)
        #expect(info.code == 0 && oneLine(info.output).contains(warning), "\(info)")
        let listed = try object(Program.run("trace", "info", "partial.yaml", "--json", in: folder).output)
        let missing = try #require(listed["not_exported"] as? [[String: Any]])
        #expect(missing.map { $0["operation"] as? String } == ["Conv1d", "matmul"])
        #expect(missing[0]["multiplications"] as? Int == 1234 && missing[1]["multiplications"] is NSNull)
        let ran = try Program.run("simulate", "partial.yaml", "--config", "Configs/small.yaml", in: folder)
        #expect(ran.code == 0 && oneLine(ran.output).contains("Notes: \(warning)"), "\(ran)")
        let json = try Program.run("simulate", "partial.yaml", "--config", "Configs/small.yaml", "--json", in: folder)
        #expect(json.code == 0 && json.output.contains("\"\(warning)\""), "\(json)")
        let compared = try Program.run(
            "compare", "partial.yaml@Configs/small.yaml", "densities.yaml@Configs/small.yaml", in: folder)
        #expect(compared.code == 0, "\(compared)")
        #expect(oneLine(compared.output).components(separatedBy: "small: \(warning)").count == 2, "\(compared)")
        let whole = try Program.run("simulate", "densities.yaml", "--config", "Configs/small.yaml", in: folder)
        #expect(whole.code == 0 && !whole.output.contains("are not in the trace"), "\(whole)")
    }

    @Test func synthesizeKeepsNotExportedProducts() throws {
        for (options, number) in [([], ", multiplications: 1234"), (["--batch", "2"], "")] {
            let outcome = try Program.run(
                ["trace", "synthesize", "partial.yaml", "--output", "made.yaml"] + options, in: folder)
            #expect(outcome.code == 0, "\(outcome)")
            let text = try folder.text("made.yaml")
            #expect(text.contains("\n  - {name: up, operation: Conv1d\(number)}\n"), "\(text)")
            #expect(text.contains("\n  - {name: \"a: b\", operation: matmul}\n"), "\(text)")
            #expect(try Program.run("trace", "validate", "made.yaml", in: folder).code == 0)
        }
    }

    @Test func validateChecksAllAndEndsWithTheFirstFault() throws {
        let good = try Program.run("trace", "validate", "trace.yaml", "densities.yaml", in: folder)
        #expect(good.code == 0 && good.talk.isEmpty, "\(good)")
        #expect(
            good.output == """
                trace.yaml: valid: 2 layers, 2 tensors, 6,552 dense multiplies
                densities.yaml: valid: 2 layers, 0 tensors, 6,552 dense multiplies

                """)
        try folder.write("format: winosim-trace/1\nmodl: x\n", to: "broken.yaml")
        let bad = try Program.run("trace", "validate", "broken.yaml", "missing.yml", "trace.yaml", in: folder)
        #expect(bad.code == 65, "\(bad)")
        #expect(bad.output == "trace.yaml: valid: 2 layers, 2 tensors, 6,552 dense multiplies\n")
        #expect(bad.talk.hasPrefix("broken.yaml:") && bad.talk.contains("missing.yml"), "\(bad)")
    }

    @Test func synthesizePrintsWhatItWrites() throws {
        let options = ["--weights", "0.4", "--activations", "0.25", "--first", "0.8,1", "--seed", "9", "--batch", "2"]
        func run(_ more: String...) throws -> Outcome {
            try Program.shell(
                "\"$WINOSIM\" trace synthesize shapes.csv " + (options + more).joined(separator: " "), in: folder)
        }
        let printed = try run()
        #expect(printed.code == 0 && printed.talk.isEmpty, "\(printed)")
        #expect(printed.output.contains("model: shapes\n") && printed.output.contains("seed: 9\n"), "\(printed)")
        #expect(printed.output.contains("weights: {density: 0.8, domain: winograd}"), "\(printed)")
        #expect(printed.output.contains("weights: {density: 0.4, domain: winograd}"), "\(printed)")
        #expect(printed.output.contains("batch: 2"), "\(printed)")
        let written = try run("--output", "made.yaml")
        #expect(written.code == 0 && written.output.isEmpty, "\(written)")
        #expect(try folder.text("made.yaml") == printed.output)
        #expect(try Program.run("trace", "validate", "made.yaml", in: folder).code == 0)
    }

    @Test func synthesizeTakesTheShapesOfATrace() throws {
        let outcome = try Program.run(
            "trace", "synthesize", ".", "--domain", "spatial", "--weights", "0.5", "--model", "m", in: folder)
        #expect(outcome.code == 0 && outcome.output.contains("model: m\n"), "\(outcome)")
        #expect(outcome.output.contains("name: conv2") && !outcome.output.contains("winograd:"), "\(outcome)")
    }

    @Test func aBrokenTableHasAMark() throws {
        try folder.write("layer,C,K,H_in,W_in,kernel\none,3,x,8,8,3\n", to: "broken.csv")
        let outcome = try Program.run("trace", "synthesize", "broken.csv", in: folder)
        #expect(outcome.code == 65 && outcome.talk.hasPrefix("broken.csv:2:7: error: "), "\(outcome)")
    }

    @Test(arguments: [
        ["--weights", "1.5"], ["--activations", "nan"], ["--seed", "-1"], ["--batch", "0"], ["--tile", "9"],
        ["--first", "0.5"], ["--others", "1,2"], ["--domain", "frequency"], ["--model", ""],
    ]) func synthesizeRefusesValues(_ option: [String]) throws {
        let outcome = try Program.run("trace", "synthesize", "shapes.csv", option[0], option[1], in: folder)
        #expect(outcome.code == 64 && outcome.output.isEmpty, "\(outcome)")
        #expect(outcome.talk.contains(option[0]), "\(outcome)")
    }
}
