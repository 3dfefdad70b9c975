import ArgumentParser
import Engine
import Foundation
import Reports

/// `winosim simulate`.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Run a trace on a machine: cycles, utilization, multiplies, energy.",
        discussion: """
            Example:
              winosim simulate digits --config mobile --verify
              winosim simulate digits --config mobile --layers 'conv[23]' \\
                  --set pe_array.multipliers=8 --output /tmp/run

            Prints a table. --output also writes layers.csv, energy.csv, area.csv, mapping.csv and summary.json;
            with --explain-mapping candidates.csv and candidates.json instead;
            with --sensitivity also sensitivity.csv; with --timeline also timeline.json, the activity of each unit over time.
            Open it in ui.perfetto.dev or chrome://tracing; 1 us there is 1 cycle.
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
        name: .customLong("output"),
        help: ArgumentHelp(
            "Write layers.csv, energy.csv, area.csv, mapping.csv, summary.json and, with --sensitivity, sensitivity.csv into this folder; it is created if needed.",
            valueName: "folder"),
        completion: .directory)
    var folder: String?

    @Flag(
        name: .customLong("timeline"),
        help: "With --output: also write timeline.json, which Perfetto and chrome://tracing open.")
    var recordsTimeline = false

    @Flag(
        name: .customLong("sensitivity"),
        help: "Also show the energy with register, wire, selection, SRAM and DRAM figures halved and doubled.")
    var showsSensitivity = false

    @Flag(
        name: .customLong("verify"),
        help: "Compute the layers' outputs from the multiplied operands, and compare them with the trace's.")
    var verifies = false

    @Option(
        help: ArgumentHelp(
            "With --verify: the largest allowed error, as a share of max|outputs|. (default: 1e-4; 2e-3 where the trace has them as float16)",
            valueName: "x"))
    var tolerance: Double?

    @Option(
        name: .customLong("explain-mapping"),
        help: ArgumentHelp(
            "Instead of a simulation: show the mappings of these layers that the search of mapping.search compares, with estimates and exact figures.",
            valueName: "glob"))
    var explained: String?

    @Flag(
        name: .customLong("every-mapping"),
        help: "With --explain-mapping: simulate every mapping exactly, to see what the estimate misses. It takes long.")
    var simulatesEvery = false

    @Flag(name: .customLong("json"), help: "Print the summary as JSON instead of the table.")
    var printsJSON = false

    @Option(help: ArgumentHelp("Concurrent layers. (default: the number of cores)", valueName: "n"))
    var jobs: Int?

    func validate() throws {
        try requirePaths(("<trace>", path), ("--output", folder))
        if let jobs, !(1...4096).contains(jobs) {
            throw ValidationError("--jobs is \(jobs), expected a whole number from 1 to 4096.")
        }
        if recordsTimeline && folder == nil {
            throw ValidationError("--timeline requires --output, the folder of timeline.json.")
        }
        if simulatesEvery && explained == nil {
            throw ValidationError("--every-mapping requires --explain-mapping.")
        }
        if explained != nil, verifies || recordsTimeline || showsSensitivity {
            throw ValidationError(
                "--explain-mapping runs no simulation: leave out --verify, --timeline, --sensitivity.")
        }
        if let tolerance {
            guard verifies else { throw ValidationError("--tolerance requires --verify.") }
            guard tolerance >= 0, tolerance.isFinite else {
                throw ValidationError("--tolerance is \(tolerance), expected a number of at least 0, such as 1e-4.")
            }
        }
    }

    func run() async throws {
        if let explained {
            try await explain(explained)
            return
        }
        let report = try await Run(
            path, of: traces, on: machine, layers: layers, jobs: jobs, verifies: verifies, tolerance: tolerance,
            recordsTimeline: recordsTimeline,
            showsSensitivity: showsSensitivity
        ).report
        if let folder {
            let files = try Signals.holding { try report.write(to: folder) }
            Console.say("written to \(folder): \(files.joined(separator: ", "))")
        }
        if printsJSON {
            try Console.print(report.summaryJSON())
        } else {
            try Console.print(report.terminal(width: Terminal.width))
        }
        try Self.judge(report)
    }

    /// Shows the mappings of some layers.
    private func explain(_ glob: String) async throws {
        let report = try await MappingRun(
            path, of: traces, on: machine, layers: glob, jobs: jobs, every: simulatesEvery
        ).report
        if let folder {
            let files = try Signals.holding {
                try report.write(to: folder)
            }
            Console.say("written to \(folder): \(files.joined(separator: ", "))")
        }
        try Console.print(printsJSON ? report.json() : Array(report.terminal(width: Terminal.width).utf8))
    }

    /// Ends the command with exit code 1 if outputs are wrong, or none was compared.
    private static func judge(_ report: SimulationReport) throws {
        guard let layers = report.verification else { return }
        let failed = layers.filter { if case .failed = $0.status { true } else { false } }.map(\.layer)
        if !failed.isEmpty {
            Console.say("winosim: verification failed: \(failed.joined(separator: ", "))")
            if let advice = report.verificationAdvice { Console.say("winosim: \(advice)") }
        } else if layers.allSatisfy({ if case .skipped = $0.status { true } else { false } }) {
            Console.say("winosim: nothing was verified: every layer was skipped")
        } else {
            return
        }
        throw ExitCode(Failure.Code.work.rawValue)
    }
}
