import ArgumentParser
import Foundation
import Reports
import Traces

/// `winosim trace info`.
struct TraceInfoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Print what is in a trace: its layers, their operands and densities, the tensors.",
        discussion: """
            Example:
              winosim trace info Traces/digits

            Densities are those of the operands as the trace gives them, before any transform.
            """)

    @Argument(help: ArgumentHelp("The trace: its manifest, or a folder with a trace.yaml.", valueName: "trace"))
    var path: String

    func validate() throws { try requirePaths(("<trace>", path)) }

    func run() throws {
        let trace = try TraceFile.load(path)
        var text = "\(NumberText.printable(trace.model))\n"
        if !trace.description.isEmpty { text += "\(NumberText.printable(trace.description))\n" }
        text += "seed \(trace.seed), SHA-256 \(trace.digest)\n\n\(Self.layers(of: trace).text)"
        for warning in trace.notExported.warnings {
            text += "\n" + NumberText.wrapped(warning, width: 120).joined(separator: "\n") + "\n"
        }
        if trace.layers.contains(where: { !$0.tensors.isEmpty }) { text += "\n\(Self.tensors(of: trace).text)" }
        try Console.print(text)
    }

    private static func layers(of trace: Trace) -> TextTable {
        var table = TextTable([
            ("layer", .left), ("input", .right), ("output", .right), ("kernel", .left), ("ReLU", .left),
            ("weights", .left), ("density", .right), ("activations", .left), ("density", .right),
            ("dense multiplies", .right),
        ])
        for layer in trace.layers {
            table.add([
                layer.name, layer.inputText, layer.outputText, layer.kernelText, layer.relu.rawValue,
                layer.weights.text, percent(layer.weights.density), layer.activations.text,
                percent(layer.activations.density), NumberText.grouped(layer.shape.denseMultiplies),
            ])
        }
        let count = trace.layers.count
        table.addTotal(
            ["\(count) \(count == 1 ? "layer" : "layers")"] + Array(repeating: "", count: 8)
                + [NumberText.grouped(trace.denseMultiplies)])
        return table
    }

    private static func tensors(of trace: Trace) -> TextTable {
        var table = TextTable([
            ("tensor", .left), ("of", .left), ("type", .left), ("shape", .left), ("bytes", .right),
            ("non-zero", .right),
        ])
        var total = 0
        var seen: Set<String> = []
        for layer in trace.layers {
            for (role, reference) in layer.tensors {
                let tensor = reference.tensor
                let bytes = tensor.count * tensor.type.byteWidth
                if seen.insert(reference.name).inserted { total += bytes }
                table.add([
                    reference.name, "\(layer.name), \(role)", tensor.type.rawValue,
                    tensor.shape.map(String.init).joined(separator: "x"), NumberText.grouped(bytes),
                    percent(tensor.density),
                ])
            }
        }
        table.addTotal(
            ["\(seen.count) \(seen.count == 1 ? "tensor" : "tensors")", "", "", "", NumberText.grouped(total), ""])
        return table
    }

    private static func percent(_ share: Double?) -> String {
        share.map { String(format: "%.1f %%", $0 * 100) } ?? "-"
    }
}
