import ArgumentParser

/// `winosim energy`.
struct EnergyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "energy",
        abstract: "Print the energy of a trace on a machine as CSV: one row per layer, component and action.",
        discussion: """
            Example:
              winosim energy digits --config mobile --csv energy.csv
              winosim energy digits --config mobile --sensitivity

            The rows of a layer add up to its total. --sensitivity prints another table: the energy of all layers with
            register, wire, selection, SRAM and DRAM figures halved and doubled.
            """)

    @Argument(
        help: ArgumentHelp(
            "The trace: its manifest, a folder with a trace.yaml, or a shipped name such as digits.",
            valueName: "trace"),
        completion: Completions.trace)
    var path: String

    @OptionGroup var machine: MachineOptions
    @OptionGroup var traces: TraceLibraryOptions
    @OptionGroup var layers: LayerSelection

    @Option(
        name: .customLong("csv"),
        help: ArgumentHelp("Write the CSV to this file instead of standard output.", valueName: "file"),
        completion: .file(extensions: ["csv"]))
    var file: String?

    @Flag(
        name: .customLong("sensitivity"),
        help: "Print the energy with register, wire, selection, SRAM and DRAM figures halved and doubled instead.")
    var showsSensitivity = false

    func validate() throws { try requirePaths(("<trace>", path), ("--csv", file)) }

    func run() async throws {
        let report = try await Run(path, of: traces, on: machine, layers: layers).report
        for warning in report.warnings { Console.say("winosim: \(warning)") }
        let csv = showsSensitivity ? report.sensitivityCSV() : report.energyCSV()
        guard let file else { return try Console.print(csv) }
        try OutputFile.write(csv, to: file)
        Console.say("written: \(file)")
    }
}
