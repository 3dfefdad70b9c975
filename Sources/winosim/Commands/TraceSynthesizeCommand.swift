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

    @Option(help: ArgumentHelp("The share of non-zero weights, 0 to 1.", valueName: "density"))
    var weights = 1.0

    @Option(help: ArgumentHelp("The share of non-zero activations, 0 to 1.", valueName: "density"))
    var activations = 1.0

    @Option(help: "The domain of the densities: winograd (after the transforms and the ReLU) or spatial.")
    var domain = Domain.winograd

    @Option(help: ArgumentHelp("The domain of the weights' density, if not --domain.", valueName: "domain"))
    var weightDomain: Domain?

    @Option(help: ArgumentHelp("The domain of the activations' density, if not --domain.", valueName: "domain"))
    var activationDomain: Domain?

    @Option(help: ArgumentHelp("The edge m of the Winograd output tile.", valueName: "m"))
    var tile = 2

    @Option(
        help: ArgumentHelp("The first layer's densities, as weights,activations.", valueName: "w,a"))
    var first: DensityPair?

    @Option(
        help: ArgumentHelp(
            "The spatial densities of layers without a Winograd form, as weights,activations. (default: 1,1)",
            valueName: "w,a"))
    var others: DensityPair?

    @Option(help: ArgumentHelp("The seed of all drawn values.", valueName: "n"))
    var seed = 1

    @Option(help: ArgumentHelp("The batch size, instead of that of the shapes.", valueName: "n"))
    var batch: Int?

    @Option(help: ArgumentHelp("The model's name. (default: the name of the shapes)", valueName: "name"))
    var model: String?

    @Option(help: ArgumentHelp("A description of the trace in one line.", valueName: "text"))
    var description = ""

    @Option(
        name: .customLong("output"),
        help: ArgumentHelp("Write the manifest to this file instead of standard output.", valueName: "file"),
        completion: .file(extensions: ["yaml"]))
    var file: String?

    func validate() throws {
        try requirePaths(("<shapes>", path), ("--output", file))
        for (option, density) in [("weights", weights), ("activations", activations)]
        where !(0...1).contains(density) {
            throw ValidationError("--\(option) is \(density), expected a density from 0 to 1.")
        }
        guard seed >= 0 else { throw ValidationError("--seed is \(seed), expected at least 0.") }
        if let batch, !(1...1 << 20).contains(batch) {
            throw ValidationError("--batch is \(batch), expected a whole number from 1 to \(1 << 20).")
        }
        guard (1...7).contains(tile) else { throw ValidationError("--tile is \(tile), expected 1 to 7.") }
        if model?.isEmpty == true { throw ValidationError("--model is empty, expected a name.") }
    }

    func run() throws {
        let (table, name, notExported) = try shapes()
        var settings = TraceSynthesizer.Settings(model: model ?? name)
        settings.notExported = notExported
        settings.description = description
        settings.seed = seed
        settings.batch = batch
        settings.weights = weights
        settings.activations = activations
        settings.weightDomain = weightDomain ?? domain
        settings.activationDomain = activationDomain ?? domain
        settings.tile = tile
        settings.first = first.map { ($0.weights, $0.activations) }
        settings.others = others.map { ($0.weights, $0.activations) }
        let manifest = try TraceSynthesizer.manifest(table, settings)
        guard let file else { return try Console.print(manifest) }
        try OutputFile.write(Array(manifest.utf8), to: file)
        Console.say("written: \(file), \(table.rows.count) layers")
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

extension Domain: ExpressibleByArgument {}

/// An option's two densities: `0.8,1`.
struct DensityPair: ExpressibleByArgument {
    let weights: Double
    let activations: Double

    init?(argument: String) {
        let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map {
            Double($0.trimmingCharacters(in: .whitespaces))
        }
        guard numbers.count == 2, let weights = numbers[0], let activations = numbers[1],
            (0...1).contains(weights), (0...1).contains(activations)
        else { return nil }
        (self.weights, self.activations) = (weights, activations)
    }
}
