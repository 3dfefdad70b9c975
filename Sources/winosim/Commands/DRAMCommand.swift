import ArgumentParser
import DRAM
import Hardware
import Reports
import YAML

/// `winosim dram`.
struct DRAMCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dram",
        abstract: "Replay an address trace on a memory: cycles, bandwidth, latency, row hits, energy.",
        discussion: """
            Example:
              winosim dram requests.txt --dram DDR4-2400 --set dram.ranks=2 --csv dram.csv

            <requests> is a text file with one line per request, "0x1f40 READ 12": its address, READ or WRITE, and its \
            earliest memory clock. Up to one request per channel is offered in each clock, in order; a refused request \
            blocks those after it. winosim config list has the names of memories.

            The second line shows what limited the bandwidth: the share of clocks in which the data bus moved bursts, and the \
            cause that delayed the next burst in the others. The columns idle_* have all causes.
            """)

    @Argument(help: ArgumentHelp("The address trace.", valueName: "requests"), completion: .file())
    var path: String

    @Option(
        name: .customLong("dram"),
        help: ArgumentHelp("The memory: a shipped standard such as DDR4-2400.", valueName: "standard"),
        completion: Completions.memory)
    var standard: String

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Change one key of the memory, such as dram.ranks=2 or dram.timings.tRCD=18. May be repeated; the last value applies.",
            valueName: "key=value"),
        transform: Override.init(_:))
    var overrides: [Override] = []

    @Flag(name: .customLong("json"), help: "Print all figures and the whole memory as JSON instead of the table.")
    var printsJSON = false

    @Option(
        name: .customLong("csv"),
        help: ArgumentHelp("Also write the figures to this file, as CSV with one row.", valueName: "file"),
        completion: .file(extensions: ["csv"]))
    var file: String?

    @OptionGroup var shipped: LibraryOptions

    func validate() throws { try requirePaths(("<requests>", path), ("--csv", file)) }

    func run() throws {
        let memory = try DRAMConfiguration.named(standard, overrides: overrides, shipped.library())
        let requests = try RequestTrace.load(path: path)
        let report = DRAMReport(
            result: try DRAMReplay.run(requests, memory), tracePath: path, version: winosimVersion)
        let capacity = memory.organization.capacity
        let outside = requests.count { $0.address >= capacity }
        if outside > 0 {
            Console.say(
                "winosim: \(NumberText.grouped(outside)) of \(NumberText.grouped(requests.count)) requests are beyond the "
                    + "memory's \(QuantityKind.capacity.format(Double(capacity))); their addresses wrap around")
        }
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
