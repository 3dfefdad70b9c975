import ArgumentParser

/// The program's version: the one place that states it.
let winosimVersion = "0.1.0"

/// The program: its commands, and the way from an error to an exit code.
@main
struct Winosim: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "winosim",
        abstract: "Simulates sparse Winograd and direct convolutions on a zero-skipping accelerator, cycle by cycle.",
        discussion: """
            Example:
              winosim simulate digits --config mobile

            Results go to standard output, talk to standard error. Exit codes: 0 done, 1 the work failed (a verification), \
            64 bad usage, 65 bad input data, 66 a file cannot be read, 70 a bug in winosim, 73 an output cannot be written.
            """,
        version: "winosim \(winosimVersion)",
        subcommands: [
            SimulateCommand.self, CompareCommand.self, SweepCommand.self, MergeCommand.self, EnergyCommand.self,
            TraceCommand.self, ConfigCommand.self, ColumnsCommand.self, DRAMCommand.self,
        ])

    /// Runs the command that the arguments name.
    static func main() async {
        Signals.install()
        var command: any ParsableCommand
        do {
            let broken = Arguments.broken()
            if let fault = broken ?? CommandNames.fault(in: Array(CommandLine.arguments.dropFirst())) {
                Console.say(fault)
                exit(withError: ExitCode.validationFailure)
            }
            // The columns are what is asked for, not how the command that prints them is called.
            let words = Array(CommandLine.arguments.dropFirst())
            command = try parseAsRoot(words.starts(with: ["help", "columns"]) ? Array(words.dropFirst()) : words)
        } catch {
            Failure.leave(error, to: Winosim.self)
        }
        do {
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            Failure.exit(error, of: type(of: command))
        }
    }
}
