import ArgumentParser

/// The program's version, defined only here.
let winosimVersion = "0.1.0"

/// The program with its commands.
@main
struct Winosim: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "winosim",
        abstract: "Simulates sparse Winograd and direct convolutions on a zero-skipping accelerator, cycle by cycle.",
        discussion: """
            Example:
              winosim simulate digits --config mobile

            Results go to standard output, messages to standard error. Exit codes: 0 success, 1 failed work (a verification), \
            64 bad usage, 65 bad input data, 66 a file cannot be read, 70 a bug in winosim, 73 an output cannot be written.
            """,
        version: "winosim \(winosimVersion)",
        subcommands: [
            SimulateCommand.self, CompareCommand.self, SweepCommand.self, MergeCommand.self, EnergyCommand.self,
            TraceCommand.self, ConfigCommand.self, ColumnsCommand.self, DRAMCommand.self,
        ])

    /// Runs the command of the arguments.
    static func main() async {
        Signals.install()
        var command: any ParsableCommand
        do {
            let broken = Arguments.broken()
            if let fault = broken ?? CommandNames.fault(in: Array(CommandLine.arguments.dropFirst())) {
                Console.say(fault)
                exit(withError: ExitCode.validationFailure)
            }
            // 'help columns' prints the columns, not the help of the command.
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
