import ArgumentParser
import DRAM
import Files
import Hardware
import Reports
import YAML

/// `winosim config explain`.
struct ConfigExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Explain keys of a configuration: type, unit, range, default, what they govern.",
        discussion: """
            Example:
              winosim config explain pe_array.lookahead

            Without a key all keys are listed. A section such as pe_array explains all of its keys. The named pages are in \
            the documentation: swift package generate-documentation, or the folders Sources/*/*.docc.
            """)

    @Argument(
        help: ArgumentHelp("Keys with dots, or sections.", valueName: "key"),
        completion: .custom { _, _, prefix in KeyTable.entries.map(\.key).filter { $0.hasPrefix(prefix) } })
    var keys: [String] = []

    @Flag(name: .customLong("json"), help: "Print the entries as JSON instead.")
    var printsJSON = false

    func run() throws {
        let entries = keys.isEmpty ? KeyTable.entries : try keys.flatMap(KeyTable.find)
        if printsJSON { return try Console.print(JSON.array(entries.map(KeyTable.json)).bytes()) }
        if keys.isEmpty { return try Console.print(KeyTable.list(width: Terminal.width)) }
        try Console.print(entries.map { KeyTable.text($0, width: Terminal.width) }.joined(separator: "\n"))
    }
}

/// All keys of a configuration, and the texts of their entries.
enum KeyTable {
    /// In the order of files; those of a DRAM standard follow the memory's other keys.
    static let entries: [KeyEntry] = {
        var entries = Configuration.keyEntries
        let end = entries.lastIndex { $0.key.hasPrefix("dram") } ?? entries.endIndex - 1
        entries.insert(contentsOf: DRAMConfiguration.keyEntries.map { $0.inside("dram") }, at: end + 1)
        return entries
    }()

    /// The entry of a key, followed by its keys if it is a mapping.
    ///
    /// - Throws: `InputError` for an unknown key, with the nearest one.
    static func find(_ key: String) throws -> [KeyEntry] {
        let found = entries.filter { $0.key == key || $0.key.hasPrefix(key + ".") }
        guard found.first?.key == key else {
            let names = entries.map(\.key)
            // A missing section is as common as a misspelt name.
            let near = names.first { $0.hasSuffix("." + key) } ?? nearestName(to: key, among: names)
            let hint = didYouMean(near, otherwise: "; 'winosim config explain' lists all")
            throw InputError("unknown key \(quoted(key)) of a configuration\(hint)", at: nil)
        }
        return found
    }

    /// An entry: the key, what it governs, and one line for each property.
    static func text(_ entry: KeyEntry, width: Int) -> String {
        let facts = [
            ("type", entry.type), ("range", entry.range), ("unit", entry.unit), ("default", entry.defaultValue),
            ("modelled", "page \(entry.page)"),
        ]
        let lines = facts.filter { !$0.1.isEmpty }.flatMap { name, value in
            NumberText.wrapped("\(name): \(value)", width: width, first: 2, rest: 4)
        }
        return ([entry.key] + NumberText.wrapped(plain(entry.governs) + ".", width: width, first: 2) + lines)
            .map { $0 + "\n" }.joined()
    }

    /// All keys in a table.
    static func list(width: Int) -> String {
        var table = TextTable([("key", .left), ("default", .left), ("what it governs", .left)])
        for entry in entries { table.add([entry.key, entry.defaultValue, plain(entry.governs)]) }
        return table.text(within: width, prose: 2)
    }

    /// A text without Markdown's marks of code.
    private static func plain(_ text: String) -> String { text.replacing("`", with: "") }

    static func json(_ entry: KeyEntry) -> JSON {
        [
            "key": .text(entry.key), "type": .text(entry.type), "unit": .optional(entry.unit),
            "range": .optional(entry.range), "default": .optional(entry.defaultValue),
            "governs": .text(plain(entry.governs)), "page": .text(entry.page),
        ]
    }
}
