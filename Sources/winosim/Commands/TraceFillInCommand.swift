import ArgumentParser
import Reports
import Traces

/// `winosim trace fill-in`.
struct TraceFillInCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fill-in",
        abstract: "Measure how the Winograd transforms fill in zeros of weights and activations.",
        discussion: """
            Example:
              winosim trace fill-in digits/spatial-pruned
              winosim trace fill-in digits --layers 'conv[23]' --csv fill-in.csv

            Prints one row per layer: the shares of elements that are not exactly zero, of taps and of G g G^T, of pixels \
            with and without a ReLU, and of B^T d B without a ReLU, with one before and with one after the transform. Values \
            that the trace does not determine are empty. Zeros drawn from a spatial density are filled in by structure. \
            Layers without a Winograd form are skipped, and named.
            """)

    @Argument(
        help: ArgumentHelp(
            "The trace: its manifest, a folder with a trace.yaml, or a shipped name such as digits.",
            valueName: "trace"),
        completion: Completions.trace)
    var path: String

    @OptionGroup var traces: TraceLibraryOptions

    @OptionGroup var layers: LayerSelection

    @Option(
        help: ArgumentHelp(
            "The edge of the output tile, instead of the layers' own. Operands in the Winograd domain have a fixed tile.",
            valueName: "m"))
    var tile: Int?

    @Flag(name: .customLong("json"), help: "Print the figures as JSON instead of the table.")
    var printsJSON = false

    @Option(
        name: .customLong("csv"),
        help: ArgumentHelp("Also write the figures to this file, as CSV with one row per layer.", valueName: "file"),
        completion: .file(extensions: ["csv"]))
    var file: String?

    func validate() throws {
        try requirePaths(("<trace>", path), ("--csv", file))
        if let tile, !(1...7).contains(tile) {
            throw ValidationError("--tile is \(tile), expected 1 to 7.")
        }
    }

    func run() throws {
        let trace = try traces.load(path)
        var measured: [FillIn] = []
        var leftOut: [LeftOutLayer] = []
        for index in try layers.indices(in: trace) {
            let layer = trace.layers[index]
            if let reason = layer.winogradObstacle(tile: tile ?? layer.modelTile) {
                leftOut.append(LeftOutLayer(layer: layer.name, reason: reason))
            } else {
                measured.append(try layer.fillIn(tile: tile, seed: trace.seed))
            }
        }
        let report = FillInReport(of: trace, layers: measured, leftOut: leftOut, version: winosimVersion)
        if let file {
            try OutputFile.write(report.csv(), to: file)
            Console.say("written: \(file)")
        }
        if printsJSON {
            try Console.print(report.json())
        } else {
            try Console.print(report.terminal(width: Terminal.width))
        }
    }
}
