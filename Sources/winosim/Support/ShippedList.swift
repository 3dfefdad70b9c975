import Foundation
import Hardware
import Reports
import Traces

/// Things of one kind that ship, as people and programs read them.
struct ShippedList {
    /// One of them.
    struct Item {
        let name: String
        let description: String
        let file: String
        /// How many layers a trace has; nil for anything else.
        var layers: Int?
    }

    /// What programs call the kind.
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

    /// A table under a line that names the folder; descriptions keep to two lines.
    func text(within width: Int) -> String {
        let hasLayers = items.contains { $0.layers != nil }
        let heads: [(title: String, alignment: TextTable.Alignment)] =
            [(title, .left)] + (hasLayers ? [("layers", .right)] : []) + [("what it is", .left)]
        func cells(_ item: Item) -> [String] { [item.name] + (hasLayers ? ["\(item.layers ?? 0)"] : []) }
        var names = TextTable(heads)
        for item in items { names.add(cells(item) + [""]) }
        let room = width - (names.width - names.width(ofColumn: heads.count - 1))
        var table = TextTable(heads)
        for item in items { table.add(cells(item) + [NumberText.cut(item.description, to: 2 * max(room, 24) - 12)]) }
        return "In \(Self.shown(folder)):\n" + table.text(within: width, prose: heads.count - 1)
    }

    /// The path, from the working directory where it lies below it.
    private static func shown(_ path: String) -> String {
        let here = FileManager.default.currentDirectoryPath + "/"
        return NumberText.printable(path.hasPrefix(here) ? String(path.dropFirst(here.count)) : path)
    }
}
