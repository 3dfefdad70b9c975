import ArgumentParser
import Reports
import Simulation
import Traces

/// `winosim trace info`.
struct TraceInfoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Print a trace's layers, operands, densities and tensors; or all that a layer is.",
        discussion: """
            Example:
              winosim trace info digits
              winosim trace info digits --layers conv2

            Densities are those of the trace's operands, before any transform. With --layers each of these layers is shown alone: \
            its products under each algorithm, the densities by position of a tile, the bytes of its operands in each encoding, \
            and how far the transforms fill in its zeros.
            """)

    @Argument(
        help: ArgumentHelp(
            "The trace: its manifest, a folder with a trace.yaml, or a shipped name such as digits.",
            valueName: "trace"),
        completion: Completions.trace)
    var path: String

    @OptionGroup var traces: TraceLibraryOptions

    @OptionGroup var layers: LayerSelection

    @Flag(name: .customLong("json"), help: "Print everything as JSON instead of the tables.")
    var printsJSON = false

    func validate() throws { try requirePaths(("<trace>", path)) }

    func run() throws {
        let trace = try traces.load(path)
        if !layers.arguments.isEmpty { return try inspect(trace) }
        if printsJSON { return try Console.print(trace.json(version: winosimVersion).bytes()) }
        let width = Terminal.width
        var text = NumberText.lines(of: [trace.model, trace.description].filter { !$0.isEmpty }, within: width)
        text += "seed \(trace.seed), SHA-256 \(trace.digest)\n\n\(Self.layers(of: trace).text(within: width))"
        for warning in trace.notExported.warnings + trace.graph.operations.lines {
            text += "\n" + NumberText.lines(of: [warning], within: width)
        }
        if trace.layers.contains(where: { !$0.tensors.isEmpty }) {
            text += "\n\(Self.tensors(of: trace).text(within: width, names: 2))"
        }
        try Console.print(text)
    }

    /// Prints each selected layer alone.
    private func inspect(_ trace: Trace) throws {
        let reports = try layers.indices(in: trace).map { index in
            LayerInspectionReport(
                try LayerInspection(trace.layers[index], seed: trace.seed), version: winosimVersion)
        }
        if printsJSON {
            let layers: JSON = ["layers": .array(reports.map(\.document.summary))]
            return try Console.print(layers.bytes())
        }
        try Console.print(reports.map { $0.terminal(width: Terminal.width) }.joined(separator: "\n"))
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
                let tensor = reference.stored
                let bytes = tensor.count * tensor.type.byteWidth
                if seen.insert(reference.name).inserted { total += bytes }
                table.add([
                    reference.name, "\(layer.name), \(role)", tensor.type.rawValue,
                    tensor.shape.map(String.init).joined(separator: "x"), NumberText.grouped(bytes),
                    percent(reference.tensor.density),
                ])
            }
        }
        table.addTotal(
            ["\(seen.count) \(seen.count == 1 ? "tensor" : "tensors")", "", "", "", NumberText.grouped(total), ""])
        return table
    }

    private static func percent(_ share: Double?) -> String {
        share.map { "\(NumberText.figures($0 * 100)) %" } ?? "-"
    }
}
