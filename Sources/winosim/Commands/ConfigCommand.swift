import ArgumentParser
import Energy
import Foundation
import Hardware
import Reports
import YAML

/// `winosim config`.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Show, check and list machines.",
        discussion: """
            Example:
              winosim config show --config mobile > mine.yaml
            """,
        subcommands: [ConfigShowCommand.self, ConfigCheckCommand.self, ConfigListCommand.self])
}

/// `winosim config show`.
struct ConfigShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Print a machine with every key, as YAML that loads back equal.",
        discussion: """
            Example:
              winosim config show --config mobile --set pe_array.rows=32
            """)

    @OptionGroup var machine: MachineOptions

    func run() throws {
        try Console.print(machine.configuration(machine.shipped.library()).yaml())
    }
}

/// `winosim config check`.
struct ConfigCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check configuration files: keys, values, units, what they extend, the energy table, the memory.",
        discussion: """
            Example:
              winosim config check mine.yaml other.yaml

            Checks all files and ends with the exit code of the first that is wrong.
            """)

    @Argument(
        help: ArgumentHelp("Files, or names of shipped configurations.", valueName: "file"),
        completion: Completions.machine)
    var files: [String]

    @OptionGroup var shipped: LibraryOptions

    func validate() throws {
        for file in files { try requirePaths(("<file>", file)) }
    }

    func run() throws {
        let library = try shipped.library()
        var first: Failure.Code?
        for file in files {
            do {
                let configuration = try Configuration.load(path: library.resolve(file))
                _ = try Machine(configuration, library: library)
                try Console.print(
                    "\(file): valid: \(quoted(configuration.name)), \(NumberText.grouped(configuration.multipliers)) multipliers\n"
                )
            } catch {
                let isOutput = (error as? FileError)?.operation == .write
                guard !isOutput, let code = Failure.report(error) else { throw error }
                first = first ?? code
            }
        }
        if let first { throw ExitCode(first.rawValue) }
    }
}

/// `winosim config list`.
struct ConfigListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract:
            "List the machines, memories, energy tables, comparisons and sweeps that ship with winosim, and where they are.",
        discussion: """
            Example:
              winosim config list
            """)

    @OptionGroup var shipped: LibraryOptions

    func run() throws {
        let library = try shipped.library()
        var text = Self.table(of: try library.list(), "name")
        let memories = try library.memories()
        if !memories.isEmpty { text += "\n" + Self.table(of: memories, "memory") }
        let comparisons = library.comparisons()
        let tables = library.energyTables()
        if !tables.isEmpty { text += "\n" + Self.table(of: tables, "energy table") }
        if !comparisons.isEmpty { text += "\n" + Self.table(of: comparisons, "comparison") }
        let sweeps = library.sweeps()
        if !sweeps.isEmpty { text += "\n" + Self.table(of: sweeps, "sweep") }
        try Console.print(text)
    }

    private static func table(of items: [ConfigurationLibrary.Item], _ title: String) -> String {
        var table = TextTable([(title, .left), ("what it is", .left), ("file", .left)])
        for item in items { table.add([item.name, item.comment, shown(item.path)]) }
        return table.text
    }

    /// The path, from the working directory where the file lies below it.
    private static func shown(_ path: String) -> String {
        let here = FileManager.default.currentDirectoryPath + "/"
        return path.hasPrefix(here) ? String(path.dropFirst(here.count)) : path
    }
}
