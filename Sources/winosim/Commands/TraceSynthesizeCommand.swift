import ArgumentParser
import Files
import Traces

/// `winosim trace synthesize`.
struct TraceSynthesizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "synthesize",
        abstract: "Make a trace from a network or layer shapes, and densities.",
        discussion: """
            Example:
              winosim trace synthesize resnet-50 --batch 4 --resolution 160 \\
                  --domain spatial --weights 0.4 --activations 0.5 --output r50.yaml
              winosim trace synthesize shapes.csv --weights 0.4 --activations 0.41 \\
                  --first 0.8,1 --output trace.yaml
              winosim trace synthesize resnet-18/dense --domain spatial \\
                  --weights 0.6 --activations 0.5 --model pruned --output pruned.yaml

            <shapes> is a network that ships, such as resnet-50, mobilenet-v2, unet or bert-base; a name that is unknown lists \
            all. Its trace has the whole graph, with pools, additions and concatenations. A network of your own is a CSV file \
            of the same form: a line "# input: 3 x 224 x 224", then the columns name, operation, inputs, filters, kernel, \
            stride, padding, dilation, groups, fused.

            Or it is a trace, of which only the shapes are used, or a CSV file whose first line names the columns: layer, \
            C, K, H_in, W_in, kernel and optionally stride, pad, dilation, groups, batch. A kernel, stride, pad or dilation \
            is one number or height x width, such as 3x5; or use one column per direction: kernel_height, kernel_width, \
            stride_height and so on. H_out, W_out, dense_mults, weights are checked, note is ignored; any other column is \
            an error.

            The densities apply to layers with a Winograd form (square kernel, stride and dilation 1); for the others see \
            --others. A trace in the Winograd domain has no direct form: for machines with mapping.algorithm: direct, such \
            as dense-direct, use --domain spatial.
            """)

    @Argument(
        help: ArgumentHelp(
            "A network that ships, a CSV file of a network or of layer shapes, or a trace.", valueName: "shapes"),
        completion: Completions.shapes)
    var path: String

    @OptionGroup var traces: TraceLibraryOptions

    @Option(help: "The domain of the densities: winograd (after the transforms and the ReLU) or spatial.")
    var domain = Domain.winograd

    @OptionGroup var synthesis: SynthesisOptions

    @Option(
        help: ArgumentHelp(
            "Rows and columns of a network's input image, as 224 or 224x320; of a sequence its length. (default: the "
                + "network's)",
            valueName: "size"))
    var resolution: NetworkResolution?

    func validate() throws { try requirePaths(("<shapes>", path)) }

    func run() throws {
        let (manifest, layers) = try make()
        try synthesis.write(manifest, layers: layers)
    }

    /// The manifest, and how many layers it has.
    private func make() throws -> (manifest: String, layers: Int) {
        let shapes = try SynthesisShapes(path, traces.library())
        var settings = synthesis.settings(model: shapes.name, domain: domain)
        switch shapes.content {
        case .network(let table):
            let network = try NetworkShapes(table, batch: synthesis.batch ?? 1, resolution: resolution)
            settings.reference = table.source
            if settings.description.isEmpty { settings.description = network.description(table) }
            return (try TraceSynthesizer.manifest(network, settings), network.layers.rows.count)
        case .layers(let table, let notExported):
            guard resolution == nil else {
                throw InputError("--resolution goes with a network, and \(path) gives the size of every map", at: nil)
            }
            settings.notExported = notExported
            settings.batch = synthesis.batch
            return (try TraceSynthesizer.manifest(table, settings), table.rows.count)
        }
    }
}

extension NetworkResolution: ExpressibleByArgument {
    /// Reads `224`, or `224x320` as height x width.
    public init?(argument: String) {
        let numbers = argument.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        guard (1...2).contains(numbers.count), numbers.allSatisfy({ (1...1 << 20).contains($0) }) else { return nil }
        self.init(height: numbers[0], width: numbers[numbers.count - 1])
    }
}
