import ArgumentParser
import Reports
import Traces

/// `winosim trace fill-in`.
struct TraceFillInCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fill-in",
        abstract: "Measure how far Winograd's transforms fill in the zeros of weights and activations.",
        discussion: """
            Example:
              winosim trace fill-in digits/spatial-pruned
              winosim trace fill-in digits --layers 'conv[23]' --csv fill-in.csv

            Prints a row a layer: the shares of elements that are not exactly zero, of taps and of G g G^T, of pixels with \
            and without a ReLU, and of B^T d B without a ReLU, with one before and with one after the transform. What the \
            trace does not tell is empty. Zeros drawn from a spatial density are filled in by structure. Layers to which \
            Winograd's algorithm does not apply are left out, and named.
            """)

    @Argument(
        help: ArgumentHelp(
            "The trace: its manifest, a folder with a trace.yaml, or the name of a shipped one such as digits.",
            valueName: "trace"),
        completion: Completions.trace)
    var path: String

    @OptionGroup var traces: TraceLibraryOptions

    @OptionGroup var layers: LayerSelection

    @Option(
        help: ArgumentHelp(
            "The edge of the output tile, where not the layers' own; what lives in the Winograd domain has no other.",
            valueName: "m"))
    var tile: Int?

    @Flag(name: .customLong("json"), help: "Print the figures as JSON instead of the table.")
    var printsJSON = false

    @Option(
        name: .customLong("csv"),
        help: ArgumentHelp("Write the figures to this file too, as CSV with a row a layer.", valueName: "file"),
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
