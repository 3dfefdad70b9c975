import ArgumentParser
import Files

/// `winosim config check`.
struct ConfigCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check files: configurations, sweeps, comparisons, traces, energy tables, memories.",
        discussion: """
            Example:
              winosim config check mine.yaml sweep.yaml mobile

            What a file is stands in it. Everything that it names is read too: what a configuration extends, its energy \
            table and its memory; the traces and machines of a sweep or a comparison, and every value of a sweep. Checks \
            all files and ends with the exit code of the first that is wrong.
            """)

    @Argument(help: ArgumentHelp("Files, or names of what ships.", valueName: "file"), completion: Completions.any)
    var files: [String]

    @OptionGroup var shipped: LibraryOptions
    @OptionGroup var traces: TraceLibraryOptions

    func validate() throws {
        for file in files { try requirePaths(("<file>", file)) }
    }

    func run() throws {
        let checker = try FileChecker(library: shipped.library(), traces: traces.library())
        var first: Failure.Code?
        for file in files {
            do {
                try Console.print("\(file): valid: \(checker.check(file))\n")
            } catch {
                let isOutput = (error as? FileError)?.operation == .write
                guard !isOutput, let code = Failure.report(error) else { throw error }
                first = first ?? code
            }
        }
        if let first { throw ExitCode(first.rawValue) }
    }
}
