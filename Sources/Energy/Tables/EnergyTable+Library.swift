import Files
import Foundation
import Hardware
import YAML

extension EnergyTable {
    /// Reads a table; one that it extends is a file in its folder or a shipped one.
    ///
    /// - Throws: `InputError` at the position of any error in it, `FileError` if a file cannot be read.
    public static func load(path: String, library: ConfigurationLibrary? = nil) throws -> EnergyTable {
        try load(path: path, library: library, chain: [path])
    }

    /// The table of a name or path: `default` is `energy/default.yaml` in the folder of shipped configurations; a text
    /// with a slash, or one that ends in `.yaml` and exists, is a file.
    ///
    /// - Throws: `FileError` if there is none, with the nearest shipped name; `InputError` for errors in it.
    public static func resolve(_ name: String, library: ConfigurationLibrary) throws -> EnergyTable {
        try load(path: path(of: name, library: library), library: library)
    }

    private static func load(path: String, library: ConfigurationLibrary?, chain: [String]) throws -> EnergyTable {
        try EnergyTable(Document.load(path: path), path: path) { node in
            let name = try node.line(what: "table to extend")
            let base = try located(name, by: node, of: path, library: library)
            guard !chain.map(identity).contains(identity(base)) else {
                throw node.error("extends goes in a circle: \((chain + [base]).joined(separator: " -> "))")
            }
            return try load(path: base, library: library, chain: chain + [base])
        }
    }

    /// The companion, with figures that this table lacks; nil if it names none.
    ///
    /// - Throws: as `load`, at the position of the name.
    public func loadCompanion(library: ConfigurationLibrary?) throws -> EnergyTable? {
        guard let companion else { return nil }
        return try EnergyTable.load(
            path: Self.located(companion.name, by: companion.node, of: path, library: library), library: library)
    }

    /// The file of a name in a table: one in its folder, or a shipped one.
    private static func located(
        _ name: String, by node: Node, of path: String, library: ConfigurationLibrary?
    ) throws -> String {
        let folder = (path as NSString).deletingLastPathComponent
        for file in [name, name + ".yaml"] {
            let beside = file.hasPrefix("/") || folder.isEmpty ? file : "\(folder)/\(file)"
            if isFile(beside) { return beside }
        }
        guard let library else { throw node.error("there is no table \(quoted(name)) in the folder of this one") }
        do {
            return try self.path(of: name, library: library)
        } catch let error as FileError {
            throw node.error("there is no table \(quoted(name)) in the folder of this one, and \(error.reason)")
        }
    }

    private static func path(of name: String, library: ConfigurationLibrary) throws -> String {
        if name.contains("/") || name.hasSuffix(".yaml") && isFile(name) { return name }
        let folder = try library.requiredFolder() + "/energy"
        let names = library.energyTables().map(\.name)
        let wanted = name.hasSuffix(".yaml") ? String(name.dropLast(5)) : name
        if names.contains(wanted) { return "\(folder)/\(wanted).yaml" }
        let near = nearestName(to: wanted, among: names).map { ": did you mean \(quoted($0))?" } ?? ";"
        let shipped = names.isEmpty ? "\(folder) has none" : "\(folder) has \(names.joined(separator: ", "))"
        throw FileError(.read, path: name, reason: "there is no energy table of this name\(near) \(shipped)")
    }

    /// Whether a path is an existing file.
    private static func identity(_ path: String) -> String {
        URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.path
    }

    private static func isFile(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
    }
}
