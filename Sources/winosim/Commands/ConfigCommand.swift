import ArgumentParser
import Reports
import YAML

/// `winosim config`.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Show machines, check files of every kind, explain keys, and list shipped files.",
        discussion: """
            Example:
              winosim config show --config mobile > mine.yaml
            """,
        subcommands: [
            ConfigShowCommand.self, ConfigCheckCommand.self, ConfigExplainCommand.self, ConfigListCommand.self,
        ])
}

/// `winosim config show`.
struct ConfigShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Print a machine with every key, as YAML that loads as the same machine.",
        discussion: """
            Example:
              winosim config show --config mobile --set pe_array.rows=32
            """)

    @OptionGroup var machine: MachineOptions

    @Flag(name: .customLong("json"), help: "Print the machine as JSON instead.")
    var printsJSON = false

    func run() throws {
        let yaml = try machine.configuration(machine.shipped.library()).yaml()
        try Console.print(printsJSON ? JSON(Document.parse(yaml, file: "configuration")).bytes() : Array(yaml.utf8))
    }
}
