import ArgumentParser
import Files
import Foundation
import Traces
import YAML

/// `winosim trace synthesize`.
struct TraceSynthesizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "synthesize",
        abstract: "Make a trace from layer shapes and densities.",
        discussion: """
            Example:
              winosim trace synthesize shapes.csv --weights 0.4 --activations 0.41 \\
                  --first 0.8,1 --output trace.yaml
              winosim trace synthesize resnet-18/dense --domain spatial \\
                  --weights 0.6 --activations 0.5 --model pruned --output pruned.yaml

            <shapes> is a trace, of which only the shapes are used, or a CSV file whose first line names the columns: layer, \
            C, K, H_in, W_in, kernel and optionally stride, pad, dilation, groups, batch. A kernel, stride, pad or dilation \
            is one number or height x width, such as 3x5; or use one column per direction: kernel_height, kernel_width, \
            stride_height and so on. H_out, W_out, dense_mults, weights are checked, note is ignored; any other column is \
            an error.

            The densities apply to layers with a Winograd form (square kernel, stride and dilation 1); for the others see \
            --others. A trace in the Winograd domain has no direct form: for machines with mapping.algorithm: direct, such \
            as dense-direct, use --domain spatial.
            """)

    @Argument(
        help: ArgumentHelp("A CSV file of layer shapes, or a trace.", valueName: "shapes"),
        completion: Completions.shapes)
    var path: String

    @OptionGroup var traces: TraceLibraryOptions

    @Option(help: "The domain of the densities: winograd (after the transforms and the ReLU) or spatial.")
    var domain = Domain.winograd

    @OptionGroup var synthesis: SynthesisOptions

    func validate() throws { try requirePaths(("<shapes>", path)) }

    func run() throws {
        let (table, name, notExported) = try shapes()
        var settings = synthesis.settings(model: name, domain: domain)
        settings.notExported = notExported
        settings.batch = synthesis.batch
        try synthesis.write(TraceSynthesizer.manifest(table, settings), layers: table.rows.count)
    }

    /// The layers' shapes, the model's name, and its products outside of layers.
    private func shapes() throws -> (table: LayerTable, name: String, notExported: [NotExported]) {
        if path.lowercased().hasSuffix(".csv") {
            let bytes = try InputFile.bytes(of: path, limit: Document.sizeLimit)
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw InputError("invalid UTF-8: the file must be UTF-8", at: Mark(file: path, line: 1, column: 1))
            }
            let name = ((path as NSString).lastPathComponent as NSString).deletingPathExtension
            return (try LayerTable(csv: text, file: path), name.isEmpty ? "synthetic" : name, [])
        }
        let trace = try traces.load(path)
        return (LayerTable(trace), trace.model, trace.notExported)
    }
}
