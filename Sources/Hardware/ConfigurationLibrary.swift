import DRAM
import Files
import Foundation
import YAML

/// The configurations that ship with the program: the files of a folder `Configs`.
public struct ConfigurationLibrary: Sendable {
    /// A shipped configuration.
    public struct Item: Hashable, Sendable {
        /// Its name, which is the file's without `.yaml`.
        public let name: String
        /// Its file.
        public let path: String
        /// The file's first line, if it is a comment; else empty.
        public let comment: String
    }

    private let shipped: ShippedFolder
    private let presets: DRAMPresets?

    /// The folder, if it was found.
    public var folder: String? { shipped.path }

    /// Searches for the folder: `directory` (of `--configs`), `$WINOSIM_CONFIGS`, the executable's folder and those above it,
    /// the working directory and those above it.
    ///
    /// - Throws: `FileError` if the option or the variable does not name a folder.
    public init(
        directory: String?, environment: [String: String], executable: String?, workingDirectory: String
    ) throws {
        shipped = try ShippedFolder(
            "Configs", what: "shipped configurations", given: directory, option: "--configs",
            variable: "WINOSIM_CONFIGS", environment: environment, executable: executable,
            workingDirectory: workingDirectory
        ) { folder in InputFile.names(in: folder).contains { $0.hasSuffix(".yaml") || $0 == "energy" } }
        presets = shipped.path.map { DRAMPresets(folder: $0 + "/dram") }
    }

    /// Searches for the folder in this process's environment: `$WINOSIM_CONFIGS`, the folders above a file (of a configuration)
    /// or else above the executable, and those above the working directory.
    ///
    /// - Throws: `FileError` if the variable does not name a folder.
    public init(near file: String?) throws {
        let file = file.flatMap { InputFile.isFile($0) ? $0 : nil }
        try self.init(
            directory: nil, environment: ProcessInfo.processInfo.environment,
            executable: file ?? Bundle.main.executablePath,
            workingDirectory: FileManager.default.currentDirectoryPath)
    }

    /// The file of a path, or of a shipped configuration's name such as `mobile`.
    ///
    /// - Throws: `FileError` if there is neither, with the nearest shipped name.
    public func resolve(_ nameOrPath: String) throws -> String { try resolve(nameOrPath, at: nameOrPath) }

    /// The file of a path or name in a file; a path is relative to the folder of that file.
    ///
    /// - Throws: `FileError` at the position of the text if there is neither, `InputError` if it is not a text.
    public func resolve(_ node: Node) throws -> String {
        try SettingPlace(node.mark).named { try resolve(node.string(), at: node.path()) }
    }

    /// The file at a path, or else the shipped one of a name without a slash.
    func resolve(_ name: String, at path: String) throws -> String {
        if InputFile.isFile(path) || name.contains("/") { return path }
        return try item(name, among: list() + published(), what: "configuration", beside: path).path
    }

    /// The item of a name.
    ///
    /// - Parameters:
    ///   - name: the name, with or without `.yaml`.
    ///   - items: the items to search.
    ///   - what: the kind of an item, for messages.
    ///   - path: the path at which a file of that name was expected, near which names are proposed too; nil is the name.
    /// - Throws: `FileError` if there is none, with the nearest name.
    public func item(_ name: String, among items: [Item], what: String, beside path: String? = nil) throws -> Item {
        let wanted = name.withoutYAML
        if let item = items.first(where: { $0.name == wanted }) { return item }
        let names = items.map(\.name)
        let nearest = nearestName(to: wanted, among: names) ?? InputFile.nearest(to: path ?? name)
        let near = didYouMean(nearest, otherwise: ";")
        let shipped = names.isEmpty ? "none is shipped" : "expected one of \(names.joined(separator: ", "))"
        throw FileError(
            .read, path: path ?? name,
            reason: "there is no such file, and no shipped \(what) of this name\(near) \(shipped)")
    }

    /// The shipped configurations, by name.
    ///
    /// - Throws: `FileError` if there is no such folder; it lists the searched folders.
    public func list() throws -> [Item] { Self.items(in: try requiredFolder()) }

    /// The shipped configurations of published machines, by name; none if there is no such folder.
    public func published() -> [Item] { folder.map { Self.items(in: $0 + "/published") } ?? [] }

    /// The shipped memories, by the names of their standards.
    ///
    /// - Throws: `FileError` as `list()`.
    public func memories() throws -> [Item] { Self.items(in: try memoryPresets().folder) }

    /// The shipped comparisons, by name; none if there is no such folder.
    public func comparisons() -> [Item] { folder.map { Self.items(in: $0 + "/comparisons") } ?? [] }

    /// The shipped sweeps, by name; none if there is no such folder.
    public func sweeps() -> [Item] { folder.map { Self.items(in: $0 + "/sweeps") } ?? [] }

    /// The shipped energy tables, by name; none if there is no such folder.
    public func energyTables() -> [Item] { folder.map { Self.items(in: $0 + "/energy") } ?? [] }

    /// The shipped memories, each read once.
    ///
    /// - Throws: `FileError` as `requiredFolder()`.
    public func memoryPresets() throws -> DRAMPresets { try presets ?? DRAMPresets(folder: requiredFolder()) }

    private static func items(in folder: String) -> [Item] {
        InputFile.names(in: folder).filter { $0.hasSuffix(".yaml") }.map { file in
            let path = folder + "/" + file
            return Item(name: String(file.dropLast(5)), path: path, comment: comment(of: path))
        }
    }

    /// The folder of shipped configurations.
    ///
    /// - Throws: `FileError` if there is none; it lists the searched folders.
    public func requiredFolder() throws -> String { try shipped.required(name: "Configs") }

    private static func comment(of path: String) -> String {
        guard let bytes = try? InputFile.bytes(of: path, limit: 1 << 20) else { return "" }
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
        guard let line = lines.first, line.hasPrefix("#") else { return "" }
        return line.drop { $0 == "#" }.trimmingCharacters(in: .whitespaces)
    }
}
