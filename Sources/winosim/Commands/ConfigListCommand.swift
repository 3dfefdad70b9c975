import ArgumentParser
import Hardware
import Reports
import Traces

/// `winosim config list`.
struct ConfigListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract:
            "List the machines, memories, energy tables, comparisons, sweeps and traces that ship with winosim, and where they are.",
        discussion: """
            Example:
              winosim config list
            """)

    @Flag(name: .customLong("json"), help: "Print the lists as JSON instead.")
    var printsJSON = false

    @OptionGroup var shipped: LibraryOptions
    @OptionGroup var traces: TraceLibraryOptions

    func run() throws {
        let (library, traces) = try (shipped.library(), traces.library())
        let folder = try library.requiredFolder()
        let lists = try [
            ShippedList("configurations", "machine", in: folder, library.list()),
            ShippedList("memories", "memory", in: folder + "/dram", library.memories()),
            ShippedList("energy_tables", "energy table", in: folder + "/energy", library.energyTables()),
            ShippedList("comparisons", "comparison", in: folder + "/comparisons", library.comparisons()),
            ShippedList("sweeps", "sweep", in: folder + "/sweeps", library.sweeps()),
        ]
        let shippedTraces = try traces.folder.map { ShippedList("traces", "trace", in: $0, try traces.list()) }
        let all = (lists + (shippedTraces.map { [$0] } ?? [])).filter { !$0.items.isEmpty }
        if printsJSON {
            return try Console.print(JSON.object(all.map { ($0.key, $0.json) }).bytes())
        }
        try Console.print(all.map { $0.text(within: Terminal.width) }.joined(separator: "\n"))
    }
}

/// `winosim trace list`.
struct TraceListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the traces that ship with winosim, and where they are.",
        discussion: """
            Example:
              winosim trace list

            Every command that takes a trace takes these names, from any folder.
            """)

    @Flag(name: .customLong("json"), help: "Print the list as JSON instead of the table.")
    var printsJSON = false

    @OptionGroup var traces: TraceLibraryOptions

    func run() throws {
        let library = try traces.library()
        let items = try library.list()
        let list = ShippedList("traces", "trace", in: library.folder ?? "", items)
        try Console.print(
            printsJSON ? JSON.object([(list.key, list.json)]).bytes() : Array(list.text(within: Terminal.width).utf8))
    }
}
