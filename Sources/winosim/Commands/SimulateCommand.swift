import ArgumentParser
import Foundation
import Reports
import Simulation

/// `winosim simulate`.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Run a trace on a machine: cycles, utilization, multiplies, energy.",
        discussion: """
            Example:
              winosim simulate Traces/digits --config mobile --verify
              winosim simulate Traces/digits --config mobile --layers 'conv[23]' \\
                  --set pe_array.multipliers=8 --output /tmp/run

            Prints a table. --output also writes layers.csv, energy.csv and summary.json.
            """)

    @Argument(help: ArgumentHelp("The trace: its manifest, or a folder with a trace.yaml.", valueName: "trace"))
    var path: String

    @OptionGroup var machine: MachineOptions
    @OptionGroup var layers: LayerSelection

    @Option(
        name: .customLong("output"),
        help: ArgumentHelp(
            "Write layers.csv, energy.csv and summary.json into this folder; it is made if needed.",
            valueName: "folder"))
    var folder: String?

    @Flag(
        name: .customLong("verify"),
        help: "Compute the layers' outputs from the operands that the machine multiplies, and compare them.")
    var verifies = false

    @Option(
        help: ArgumentHelp(
            "With --verify: the largest error, as a share of max|outputs|. (default: 1e-4)", valueName: "x"))
    var tolerance: Double?

    @Flag(name: .customLong("json"), help: "Print the summary as JSON instead of the table.")
    var printsJSON = false

    @Option(help: ArgumentHelp("Layers at once. (default: as many as there are cores)", valueName: "n"))
    var jobs: Int?

    func validate() throws {
        try requirePaths(("<trace>", path), ("--output", folder))
        if let jobs, !(1...4096).contains(jobs) {
            throw ValidationError("--jobs is \(jobs), expected a whole number from 1 to 4096.")
        }
        if let tolerance {
            guard verifies else { throw ValidationError("--tolerance has no meaning without --verify.") }
            guard tolerance >= 0, tolerance.isFinite else {
                throw ValidationError("--tolerance is \(tolerance), expected a number of at least 0, such as 1e-4.")
            }
        }
    }

    func run() async throws {
        let run = try await Run(path, on: machine, layers: layers, jobs: jobs)
        let verification = try await verify(run)
        if let folder {
            try Signals.holding { try run.report.write(to: folder) }
            Console.say("written to \(folder): layers.csv, energy.csv, summary.json")
        }
        if printsJSON {
            try Console.print(Self.json(run.report, verification))
        } else {
            try Console.print(run.report.terminal())
            if let verification { try Console.print("\n" + verification.text) }
        }
        try verification.map(Self.judge)
    }

    private func verify(_ run: Run) async throws -> VerificationReport? {
        guard verifies else { return nil }
        let tolerance = tolerance ?? 1e-4
        return VerificationReport(
            layers: try await run.simulator.verify(
                run.trace, against: run.result, tolerance: tolerance, concurrency: jobs),
            tolerance: tolerance)
    }

    /// Ends the command with exit code 1 where outputs are wrong, or none was compared.
    private static func judge(_ verification: VerificationReport) throws {
        let failed = verification.failed
        if !failed.isEmpty {
            Console.say("winosim: verification failed: \(failed.joined(separator: ", "))")
        } else if !verification.comparedAny {
            Console.say("winosim: nothing could be verified: every layer was skipped")
        } else {
            return
        }
        throw ExitCode(Failure.Code.work.rawValue)
    }

    /// The summary, with the verification as its last key.
    private static func json(_ report: SimulationReport, _ verification: VerificationReport?) throws -> [UInt8] {
        let summary = report.summaryJSON()
        guard let verification else { return summary }
        return try JSONSplice.adding("verification", verification.json(), to: summary)
    }
}
