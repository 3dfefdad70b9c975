import ArgumentParser
import Files
import Hardware
import Sweeps
import Traces
import YAML

/// `winosim sweep`.
struct SweepCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sweep",
        abstract: "Run traces on many machines, and show the Pareto front.",
        discussion: """
            Example:
              winosim sweep multipliers-lookahead --output results
              winosim sweep mine.yaml --output results --resume

            A sweep is a file with axes over keys of a configuration and over traces, or the name of a shipped one (winosim \
            config list). Prints the Pareto front. --output writes sweep.csv with one row per point, sweep.json, and during \
            the run a journal of finished points, from which --resume continues. A failed point has a row with the reason; \
            the exit code is then 1.
            """)

    @Argument(
        help: ArgumentHelp("The sweep: a file, or a shipped name.", valueName: "sweep"),
        completion: Completions.sweep)
    var path: String

    @Option(
        name: .customLong("output"),
        help: ArgumentHelp(
            "Write sweep.csv, sweep.json and the journal into this folder; it is created if needed.",
            valueName: "folder"),
        completion: .directory)
    var folder: String?

    @Flag(name: .customLong("resume"), help: "With --output: continue from the folder's journal.")
    var resumes = false

    @Option(
        help: ArgumentHelp("With --output: run only every N-th point, from the I-th; I is 1 to N.", valueName: "i/n"))
    var shard: String?

    @Option(help: ArgumentHelp("Concurrent points. (default: the number of cores)", valueName: "n"))
    var jobs: Int?

    @Option(
        help: ArgumentHelp(
            "The limit of the cache that points share, such as '1 GiB'. (default: half of the free memory)",
            valueName: "size"))
    var memory: String?

    @Flag(name: .customLong("json"), help: "Print sweep.json instead of the table.")
    var printsJSON = false

    @OptionGroup var shipped: LibraryOptions
    @OptionGroup var traces: TraceLibraryOptions

    func validate() throws {
        try requirePaths(("<sweep>", path), ("--output", folder))
        if let jobs, !(1...4096).contains(jobs) {
            throw ValidationError("--jobs is \(jobs), expected a whole number from 1 to 4096.")
        }
        if let shard {
            guard Shard(shard) != nil else {
                throw ValidationError("--shard is \(quoted(shard)), expected I/N with I from 1 to N, such as 2/4.")
            }
            if folder == nil {
                throw ValidationError("--shard requires --output, a separate folder for its journal.")
            }
        }
        if resumes && folder == nil {
            throw ValidationError("--resume requires --output, the folder of the journal.")
        }
    }

    func run() async throws {
        let library = try shipped.library()
        let kept = try memory.map(Self.bytes) ?? Bytes(FreeMemory.bytes / 2)
        let plan = try SweepPlan(
            Sweep.load(path: library.resolveSweep(path), library: library), library: library, traces: traces.library())
        let shard = shard.flatMap(Shard.init) ?? .whole
        let runner = try SweepRunner(plan, version: winosimVersion, shard: shard, jobs: jobs, memory: kept)
        let journal = try folder.map {
            try Journal(folder: $0, plan: plan, shard: shard, version: winosimVersion, resumes: resumes)
        }
        if let note = plan.note { Console.say(note) }
        if let damaged = journal?.damagedLines, damaged > 0 {
            Console.say(
                "\(damaged) of the journal's lines \(damaged == 1 ? "is" : "are") damaged: their points run again")
        }
        let progress = SweepProgress()
        let result = try await runner.run(journal: journal) { progress.tell(done: $0, of: $1) }
        progress.end()
        try result.show(folder: folder, printsJSON: printsJSON)
    }

    private static func bytes(_ text: String) throws -> Bytes {
        Bytes(try Document.parse(text, file: "--memory").wholeQuantity(.capacity, in: 0...1 << 50))
    }
}

extension SweepResult {
    /// Writes the files if a folder is given, prints the front, and ends with exit code 1 if a point failed.
    func show(folder: String?, printsJSON: Bool) throws {
        if let folder {
            let files = try Signals.holding { try write(to: folder) }
            Console.say("written to \(folder): \(files.joined(separator: ", "))")
        }
        try Console.print(printsJSON ? json() : Array(terminal(width: Terminal.width).utf8))
        if failures > 0 { throw ExitCode(Failure.Code.work.rawValue) }
    }
}

extension ConfigurationLibrary {
    /// The file of a sweep: an existing one, or a shipped one.
    ///
    /// - Throws: `FileError` if there is neither, with the nearest shipped name.
    func resolveSweep(_ nameOrPath: String) throws -> String {
        // A folder of that name may have an earlier run's results.
        if nameOrPath.contains("/") || InputFile.isFile(nameOrPath) { return nameOrPath }
        return try item(nameOrPath, among: sweeps(), what: "sweep").path
    }
}
