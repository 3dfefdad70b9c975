import Files
import YAML

extension TraceSynthesizer {
    /// The manifest of a trace of a network: its layers, and the graph around them.
    ///
    /// The settings' batch is that of the shapes and stays nil.
    ///
    /// - Throws: `InputError` for a density outside 0...1 or another setting that makes no valid trace.
    public static func manifest(_ network: NetworkShapes, _ settings: Settings) throws -> String {
        let layers = try manifest(network.layers, settings, head: head(of: network.graph))
        let operations = network.graph.operations
        guard !operations.isEmpty else { return layers }
        return layers + "operations:\n" + operations.map { text(of: $0, network.windows[$0.name]) }.joined()
    }

    private static func head(of graph: TraceGraph) -> String {
        var text = "inputs:\n"
        for input in graph.inputs { text += "  - {name: \(yamlScalar(input.name)), shape: \(list(input.shape))}\n" }
        return text + "outputs: \(list(graph.outputs))\n"
    }

    /// The lines of a layer on its producers and on what follows its multiplications.
    static func graphLines(inputs: [String], fused: [FusedOperation]) -> [String] {
        var lines: [String] = []
        if !inputs.isEmpty { lines.append("  inputs: \(list(inputs))") }
        if !fused.isEmpty {
            let entries = fused.map { step in
                "{operation: \(yamlScalar(step.operation))"
                    + (step.input.map { ", input: \(yamlScalar($0))" } ?? "") + "}"
            }
            lines.append("  fused: [\(entries.joined(separator: ", "))]")
        }
        return lines
    }

    private static func text(of operation: StandaloneOperation, _ window: PoolWindow?) -> String {
        var lines = [
            "- name: \(yamlScalar(operation.name))", "  operation: \(operation.kind.rawValue)",
            "  kind: \(yamlScalar(operation.source))", "  inputs: \(list(operation.inputs))",
            "  input: [\(operation.inputShapes.map(list).joined(separator: ", "))]",
            "  output: [\(operation.outputShapes.map(list).joined(separator: ", "))]",
            "  bytes: {read: \(operation.bytesRead ?? 0), written: \(operation.bytesWritten ?? 0)}",
        ]
        if let window {
            func pair(_ height: Int, _ width: Int) -> String {
                height == width ? "\(height)" : "[\(height), \(width)]"
            }
            lines.append(
                "  kernel: {height: \(window.height), width: \(window.width), "
                    + "stride: \(pair(window.strideHeight, window.strideWidth)), "
                    + "padding: \(pair(window.paddingTop, window.paddingLeft))}")
        }
        return lines.map { "  \($0)\n" }.joined()
    }

    private static func list(_ numbers: [Int]) -> String {
        "[\(numbers.map(String.init).joined(separator: ", "))]"
    }

    private static func list(_ names: [String]) -> String {
        "[\(names.map(yamlScalar).joined(separator: ", "))]"
    }
}
