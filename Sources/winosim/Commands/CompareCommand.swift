import ArgumentParser
import Comparisons
import Hardware
import Reports

/// `winosim compare`.
struct CompareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Compare traces on machines with a baseline: cycles, multiplies, energy, DRAM bytes, area.",
        discussion: """
            Example:
              winosim compare digits@mobile digits@edge digits@mobile@pe_array.rows=8
              winosim compare vgg-nagadomi --output results

            A run is a trace, or a trace and a machine, with its own settings: TRACE@CONFIG@KEY=VALUE@KEY=VALUE. --set \
            applies to all runs; a run's own settings take precedence. The second form runs a comparison file, a shipped \
            one (winosim config list) or your own: several runs under several conditions.
            Prints a table. --output also writes compare.csv and compare.json; with --sensitivity also sensitivity.csv.
            """)

    @Argument(
        help: ArgumentHelp(
            "Runs, each TRACE, TRACE@CONFIG or TRACE@CONFIG@KEY=VALUE; or one comparison, by name or file.",
            valueName: "run"),
        completion: Completions.run)
    var runs: [String]

    @Option(
        help: ArgumentHelp(
            "The run with which the others are compared: one of the runs, as written. (default: the first)",
            valueName: "run"))
    var baseline: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Change one key of every machine, such as pe_array.rows=32. May be repeated; the last value applies.",
            valueName: "key=value"),
        transform: Override.init(_:))
    var overrides: [Override] = []

    @OptionGroup var shipped: LibraryOptions
    @OptionGroup var traces: TraceLibraryOptions
    @OptionGroup var layers: LayerSelection

    @Option(
        name: .customLong("output"),
        help: ArgumentHelp(
            "Write compare.csv, compare.json and, with --sensitivity, sensitivity.csv into this folder; it is created if needed.",
            valueName: "folder"),
        completion: .directory)
    var folder: String?

    @Flag(
        name: .customLong("sensitivity"),
        help: "Also show the ratios with register, wire, selection, SRAM and DRAM figures halved and doubled.")
    var showsSensitivity = false

    @Flag(name: .customLong("per-layer"), help: "Show every layer, even with several cases.")
    var showsLayers = false

    @Flag(name: .customLong("json"), help: "Print the summary as JSON instead of the tables.")
    var printsJSON = false

    @Option(help: ArgumentHelp("Concurrent layers. (default: the number of cores)", valueName: "n"))
    var jobs: Int?

    func validate() throws {
        for run in runs { try requirePaths(("<run>", run)) }
        try RunArguments.check(runs)
        try requirePaths(("--output", folder))
        if let jobs, !(1...4096).contains(jobs) {
            throw ValidationError("--jobs is \(jobs), expected a whole number from 1 to 4096.")
        }
    }

    func run() async throws {
        let library = try shipped.library()
        let comparison = try RunArguments(
            arguments: runs, baseline: baseline, overrides: overrides, library: library, traces: traces.library()
        ).comparison()
        let layers = layers
        let runner = ComparisonRunner(library: library, concurrency: jobs) { try layers.indices(in: $0) }
        let progress = ProgressLine("reading")
        defer { progress.end() }
        let result = try await runner.run(comparison) { done, all, run in
            progress.tell("\(done) of \(all) runs, \(run)", share: Double(done) / Double(all))
        }
        progress.end()
        let report = ComparisonReport(
            result: result, version: winosimVersion, showsSensitivity: showsSensitivity,
            showsLayers: showsLayers || comparison.cases.count == 1)
        if let folder {
            let files = try Signals.holding { try report.write(to: folder) }
            Console.say("written to \(folder): \(files.joined(separator: ", "))")
        }
        try Console.print(printsJSON ? report.json() : Array(report.terminal(width: Terminal.width).utf8))
    }
}
