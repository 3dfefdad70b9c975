import ArgumentParser
import Files
import Reports
import Sweeps
import YAML

/// `winosim columns`, which is also `winosim help columns`.
struct ColumnsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "columns",
        abstract: "Describe the columns of the outputs, with their units.",
        discussion: """
            Example:
              winosim columns layers.csv

            Without an argument all outputs are shown. 'winosim help columns' prints the same.
            """)

    @Argument(
        help: ArgumentHelp("Outputs, such as layers.csv or sweep.csv.", valueName: "output"),
        completion: .custom { _, _, prefix in ColumnsCommand.tables.map(\.name).filter { $0.hasPrefix(prefix) } })
    var outputs: [String] = []

    @Flag(name: .customLong("json"), help: "Print the columns as JSON instead.")
    var printsJSON = false

    /// The outputs of all commands.
    static let tables = OutputTable.all + [SweepResult.columns]

    func run() throws {
        let tables = outputs.isEmpty ? Self.tables : try outputs.map(Self.find)
        if printsJSON { return try Console.print(JSON.array(tables.map(\.json)).bytes()) }
        try Console.print(tables.map { Self.text($0, width: Terminal.width) }.joined(separator: "\n"))
    }

    /// The output of this name.
    ///
    /// - Throws: `InputError` if there is none, with the nearest one.
    private static func find(_ name: String) throws -> OutputTable {
        let names = tables.map(\.name)
        guard let table = tables.first(where: { $0.name == name || $0.name == name + ".csv" }) else {
            let near = didYouMean(nearestName(to: name, among: names), otherwise: ";")
            throw InputError(
                "unknown output \(quoted(name))\(near) expected one of \(names.joined(separator: ", "))", at: nil)
        }
        return table
    }

    private static func text(_ output: OutputTable, width: Int) -> String {
        var table = TextTable([("column", .left), ("unit", .left), ("description", .left)])
        for column in output.columns { table.add([column.name, column.unit, column.description]) }
        let head = "\(output.name): \(output.rows.replacing("`", with: "")) (winosim \(output.command))."
        return (NumberText.wrapped(head, width: width) + [""] + table.lines(within: width, prose: 2))
            .map { $0 + "\n" }.joined()
    }
}
