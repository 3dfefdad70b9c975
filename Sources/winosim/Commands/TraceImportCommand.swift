import ArgumentParser
import Files
import Traces

/// `winosim trace import`.
struct TraceImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Make a trace from another simulator's workload file.",
        discussion: """
            Example:
              winosim trace import Resnet18.csv --weights 0.4 --activations 0.5 \\
                  --others 0.4,0.5 --output resnet-18.yaml

            Reads topologies of SCALE-Sim (CSV: convolutions, or products M, N, K), problems of Timeloop (YAML, one \
            layer a file), workloads of ZigZag (YAML), models of MAESTRO. What a file does not say is named on standard \
            error, with what is taken instead.

            Densities that a file gives come before those of the options.
            """)

    @Argument(
        help: ArgumentHelp("Workload files, whose layers follow each other.", valueName: "file"),
        completion: .file())
    var paths: [String]

    @Option(
        help: ArgumentHelp(
            "The files' format: \((["auto"] + WorkloadFormat.all.map(\.name)).formattedChoice).", valueName: "format"))
    var format = "auto"

    @Option(help: "The domain of the densities: winograd (after the transforms and the ReLU) or spatial.")
    var domain = Domain.spatial

    @OptionGroup var synthesis: SynthesisOptions

    func validate() throws {
        for path in paths { try requirePaths(("<file>", path)) }
        let names = ["auto"] + WorkloadFormat.all.map(\.name)
        guard names.contains(format) else {
            throw ValidationError(
                "--format is \(quoted(format)), expected \(names.formattedChoice)"
                    + didYouMean(nearestName(to: format, among: names), otherwise: "."))
        }
    }

    func run() throws {
        var network = try WorkloadFormat.network(paths, as: format == "auto" ? nil : format)
        if let batch = synthesis.batch { try network.setBatch(batch) }
        var settings = synthesis.settings(model: network.name ?? "imported", domain: domain)
        settings.exporter = "winosim trace import"
        settings.layers = network.densities
        let manifest = try TraceSynthesizer.manifest(LayerTable(rows: network.rows), settings)
        for note in network.notes { Console.say("note: \(note)") }
        if !synthesis.hasDensities, network.densities.isEmpty {
            Console.say("note: no density is given, so no operand has zeros: see --weights and --activations")
        }
        try synthesis.write(manifest, layers: network.rows.count)
    }
}
