import ArgumentParser
import Foundation
import Hardware
import Reports
import Traces

/// `winosim config list`.
struct ConfigListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract:
            "List the shipped machines, memories, energy tables, comparisons, sweeps and traces, and their folders.",
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
            ShippedList("published", "published machine", in: folder + "/published", library.published()),
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
        abstract: "List the shipped traces and their folder.",
        discussion: """
            Example:
              winosim trace list

            Every command that takes a trace takes these names, in any folder. Below them stand the networks of which trace \
            synthesize makes one.
            """)

    @Flag(name: .customLong("json"), help: "Print the list as JSON instead of the table.")
    var printsJSON = false

    @OptionGroup var traces: TraceLibraryOptions

    func run() throws {
        let library = try traces.library()
        let items = try library.list()
        let list = ShippedList("traces", "trace", in: library.folder ?? "", items)
        let networks = NetworkLibrary(library).names
        if printsJSON {
            let json: JSON = [list.key: list.json, "networks": .array(networks.map(JSON.text))]
            return try Console.print(json.bytes())
        }
        var text = list.text(within: Terminal.width)
        if !networks.isEmpty {
            let names = networks.map(NumberText.printable).joined(separator: ", ")
            text += "\n" + NumberText.lines(of: ["Networks for trace synthesize: \(names)"], within: Terminal.width)
        }
        try Console.print(text)
    }
}

/// Shipped files of one kind, as a table or JSON.
struct ShippedList {
    /// A shipped file.
    struct Item {
        let name: String
        let description: String
        let file: String
        /// The number of a trace's layers; nil for other kinds.
        var layers: Int?
    }

    /// The kind's key in JSON.
    let key: String
    let items: [Item]
    private let title: String
    private let folder: String

    init(_ key: String, _ title: String, in folder: String, _ items: [ConfigurationLibrary.Item]) {
        (self.key, self.title, self.folder) = (key, title, folder)
        self.items = items.map { Item(name: $0.name, description: $0.comment, file: $0.path) }
    }

    init(_ key: String, _ title: String, in folder: String, _ items: [TraceLibrary.Item]) {
        (self.key, self.title, self.folder) = (key, title, folder)
        self.items = items.map {
            Item(name: $0.name, description: $0.description, file: $0.path, layers: $0.layers)
        }
    }

    /// A list of objects.
    var json: JSON {
        .array(
            items.map { item in
                .object(
                    [("name", .text(item.name)), ("description", .text(item.description)), ("file", .text(item.file))]
                        + (item.layers.map { [("layers", .integer($0))] } ?? []))
            })
    }

    /// A line with the folder, and a table with descriptions of at most two lines.
    func text(within width: Int) -> String {
        let hasLayers = items.contains { $0.layers != nil }
        let heads: [(title: String, alignment: TextTable.Alignment)] =
            [(title, .left)] + (hasLayers ? [("layers", .right)] : []) + [("description", .left)]
        func cells(_ item: Item) -> [String] { [item.name] + (hasLayers ? ["\(item.layers ?? 0)"] : []) }
        var names = TextTable(heads)
        for item in items { names.add(cells(item) + [""]) }
        let space = width - (names.width - names.width(ofColumn: heads.count - 1))
        var table = TextTable(heads)
        for item in items { table.add(cells(item) + [NumberText.cut(item.description, to: 2 * max(space, 24) - 12)]) }
        return "In \(Self.shown(folder)):\n" + table.text(within: width, prose: heads.count - 1)
    }

    /// The path, relative to the working directory if it is below it.
    private static func shown(_ path: String) -> String {
        let here = FileManager.default.currentDirectoryPath + "/"
        return NumberText.printable(path.hasPrefix(here) ? String(path.dropFirst(here.count)) : path)
    }
}
