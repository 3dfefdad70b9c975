import ArgumentParser
import Sweeps

/// `winosim merge`.
struct MergeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge",
        abstract: "Merge the shards of a sweep.",
        discussion: """
            Example:
              winosim merge shard-1 shard-2 --output results

            The folders are those of winosim sweep mine.yaml --shard 1/2 --output shard-1, and so on. Writes the same \
            sweep.csv and sweep.json as a sweep in one process.
            """)

    @Argument(help: ArgumentHelp("The folders of all shards.", valueName: "folder"), completion: .directory)
    var folders: [String]

    @Option(
        name: .customLong("output"),
        help: ArgumentHelp(
            "Write sweep.csv and sweep.json into this folder; it is created if needed.", valueName: "folder"),
        completion: .directory)
    var output: String

    @Flag(name: .customLong("json"), help: "Print sweep.json instead of the table.")
    var printsJSON = false

    func validate() throws {
        for folder in folders { try requirePaths(("<folder>", folder)) }
        try requirePaths(("--output", output))
    }

    func run() throws {
        try SweepMerge.result(of: folders).show(folder: output, printsJSON: printsJSON)
    }
}
