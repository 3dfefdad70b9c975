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
        /// The first line of comment in the file; empty where it has none.
        public let comment: String
    }

    private let shipped: ShippedFolder
    private let presets: DRAMPresets?

    /// The folder that was found, if one was.
    public var folder: String? { shipped.path }

    /// Looks for the folder: `directory` (of `--configs`), `$WINOSIM_CONFIGS`, beside the executable, upward from it,
    /// upward from the working directory.
    ///
    /// - Throws: `FileError` where the option or the variable names what is no folder.
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

    /// Looks for the folder as this process would: `$WINOSIM_CONFIGS`, upward from a file (of a configuration), else from the
    /// executable, and upward from the working directory.
    ///
    /// - Throws: `FileError` where the variable names what is no folder.
    public init(near file: String?) throws {
        let file = file.flatMap { InputFile.isFile($0) ? $0 : nil }
        try self.init(
            directory: nil, environment: ProcessInfo.processInfo.environment,
            executable: file ?? Bundle.main.executablePath,
            workingDirectory: FileManager.default.currentDirectoryPath)
    }

    /// The file that a name or path means: a file that exists stays as it is, `mobile` is a shipped one.
    ///
    /// - Throws: `FileError` where there is neither, with the nearest shipped name.
    public func resolve(_ nameOrPath: String) throws -> String { try resolve(nameOrPath, at: nameOrPath) }

    /// The file that a file means by a name or path, as `resolve` has it; a path starts from the folder of that file.
    ///
    /// - Throws: `FileError` at the place of the text where there is neither, `InputError` where it is no text.
    public func resolve(_ node: Node) throws -> String {
        try SettingPlace(node.mark).named { try resolve(node.string(), at: node.path()) }
    }

    /// The file at a path, or else the shipped one of a name that has no slash.
    func resolve(_ name: String, at path: String) throws -> String {
        if InputFile.isFile(path) || name.contains("/") { return path }
        return try item(name, among: list(), what: "configuration", beside: path).path
    }

    /// The item of a name, with `.yaml` or without.
    ///
    /// - Parameters:
    ///   - name: the name, with `.yaml` or without.
    ///   - items: those among which it is looked for.
    ///   - what: what an item is, for messages.
    ///   - path: where a file of that name was looked for; near ones there are proposed too. The name where nil.
    /// - Throws: `FileError` where there is none, with the nearest name.
    public func item(_ name: String, among items: [Item], what: String, beside path: String? = nil) throws -> Item {
        let wanted = name.withoutYAML
        if let item = items.first(where: { $0.name == wanted }) { return item }
        let names = items.map(\.name)
        let nearest = nearestName(to: wanted, among: names) ?? InputFile.nearest(to: path ?? name)
        let near = didYouMean(nearest, otherwise: ";")
        let shipped = names.isEmpty ? "none ships" : "shipped are \(names.joined(separator: ", "))"
        throw FileError(
            .read, path: path ?? name,
            reason: "there is no such file, and no shipped \(what) of this name\(near) \(shipped)")
    }

    /// The shipped configurations, by name.
    ///
    /// - Throws: `FileError` where there is no folder of them; it lists the places that were searched.
    public func list() throws -> [Item] { Self.items(in: try requiredFolder()) }

    /// The shipped memories, by name, which is that of their standard.
    ///
    /// - Throws: `FileError` as `list()`.
    public func memories() throws -> [Item] { Self.items(in: try memoryPresets().folder) }

    /// The shipped comparisons, by name; none where there is no folder of them.
    public func comparisons() -> [Item] { folder.map { Self.items(in: $0 + "/comparisons") } ?? [] }

    /// The shipped sweeps, by name; none where there is no folder of them.
    public func sweeps() -> [Item] { folder.map { Self.items(in: $0 + "/sweeps") } ?? [] }

    /// The shipped energy tables, by name; none where there is no folder of them.
    public func energyTables() -> [Item] { folder.map { Self.items(in: $0 + "/energy") } ?? [] }

    /// The shipped memories, each of which is read once.
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
    /// - Throws: `FileError` where there is none; it lists the places that were searched.
    public func requiredFolder() throws -> String { try shipped.required(name: "Configs") }

    private static func comment(of path: String) -> String {
        guard let bytes = try? InputFile.bytes(of: path, limit: 1 << 20) else { return "" }
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
        guard let line = lines.first, line.hasPrefix("#") else { return "" }
        return line.drop { $0 == "#" }.trimmingCharacters(in: .whitespaces)
    }
}
