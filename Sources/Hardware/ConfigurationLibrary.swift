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

    /// The folder that was found, if one was.
    public let folder: String?
    private let places: [String]

    /// Looks for the folder: `directory` (of `--configs`), `$WINOSIM_CONFIGS`, beside the executable, upward from it,
    /// upward from the working directory.
    ///
    /// - Throws: `FileError` where the option or the variable names what is no folder.
    public init(
        directory: String?, environment: [String: String], executable: String?, workingDirectory: String
    ) throws {
        var places: [String] = []
        if let given = directory ?? environment["WINOSIM_CONFIGS"].flatMap({ $0.isEmpty ? nil : $0 }) {
            guard Self.isFolder(given) else {
                let origin = directory == nil ? "$WINOSIM_CONFIGS" : "--configs"
                throw FileError(.read, path: given, reason: "\(origin) names it, but it is no folder")
            }
            folder = given
            self.places = []
            return
        }
        for start in [executable.map { Self.parent(of: Self.real($0)) }, workingDirectory].compactMap({ $0 }) {
            var current = start
            while true {
                let place = (current == "/" ? "" : current) + "/Configs"
                if !places.contains(place) { places.append(place) }
                if current == "/" || current.isEmpty || !current.hasPrefix("/") { break }
                current = Self.parent(of: current)
            }
        }
        folder = places.first(where: Self.holdsConfigurations)
        self.places = places
    }

    /// The file that a name or path means: a file that exists stays as it is, `mobile` is a shipped one.
    ///
    /// - Throws: `FileError` where there is neither, with the nearest shipped name.
    public func resolve(_ nameOrPath: String) throws -> String {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: nameOrPath, isDirectory: &isFolder), !isFolder.boolValue {
            return nameOrPath
        }
        if nameOrPath.contains("/") { return nameOrPath }
        return try item(nameOrPath, among: list(), what: "configuration").path
    }

    /// The item of a name, with `.yaml` or without.
    ///
    /// - Throws: `FileError` where there is none, with the nearest name.
    public func item(_ name: String, among items: [Item], what: String) throws -> Item {
        let wanted = name.hasSuffix(".yaml") ? String(name.dropLast(5)) : name
        if let item = items.first(where: { $0.name == wanted }) { return item }
        let names = items.map(\.name)
        let near = nearestName(to: wanted, among: names).map { ": did you mean \(quoted($0))?" } ?? ";"
        let shipped = names.isEmpty ? "none ships" : "shipped are \(names.joined(separator: ", "))"
        throw FileError(
            .read, path: name,
            reason: "there is no such file, and no shipped \(what) of this name\(near) \(shipped)")
    }

    /// The shipped configurations, by name.
    ///
    /// - Throws: `FileError` where there is no folder of them; it lists the places that were searched.
    public func list() throws -> [Item] { Self.items(in: try requiredFolder()) }

    /// The shipped memories, by name, which is that of their standard.
    ///
    /// - Throws: `FileError` as `list()`.
    public func memories() throws -> [Item] { Self.items(in: try memoryFolder()) }

    /// The shipped comparisons, by name; none where there is no folder of them.
    public func comparisons() -> [Item] { folder.map { Self.items(in: $0 + "/comparisons") } ?? [] }

    /// The shipped sweeps, by name; none where there is no folder of them.
    public func sweeps() -> [Item] { folder.map { Self.items(in: $0 + "/sweeps") } ?? [] }

    /// The shipped energy tables, by name; none where there is no folder of them.
    public func energyTables() -> [Item] { folder.map { Self.items(in: $0 + "/energy") } ?? [] }

    /// The folder of shipped memories.
    ///
    /// - Throws: `FileError` as `requiredFolder()`.
    public func memoryFolder() throws -> String { try requiredFolder() + "/dram" }

    private static func items(in folder: String) -> [Item] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.filter { $0.hasSuffix(".yaml") && !$0.hasPrefix(".") }.sorted().map { file in
            let path = folder + "/" + file
            return Item(name: String(file.dropLast(5)), path: path, comment: comment(of: path))
        }
    }

    /// The folder of shipped configurations.
    ///
    /// - Throws: `FileError` where there is none; it lists the places that were searched.
    public func requiredFolder() throws -> String {
        if let folder { return folder }
        throw FileError(
            .read, path: "Configs",
            reason: "the folder of shipped configurations is in none of: --configs DIR (not given), $WINOSIM_CONFIGS "
                + "(not set), " + places.joined(separator: ", "))
    }

    private static func comment(of path: String) -> String {
        guard let bytes = try? InputFile.bytes(of: path, limit: 1 << 20) else { return "" }
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
        guard let line = lines.first, line.hasPrefix("#") else { return "" }
        return line.drop { $0 == "#" }.trimmingCharacters(in: .whitespaces)
    }

    /// Whether a folder is one of ours: another program's may have the same name.
    private static func holdsConfigurations(_ path: String) -> Bool {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return files.contains { $0.hasSuffix(".yaml") || $0 == "energy" }
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    private static func real(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }

    private static func parent(of path: String) -> String { (path as NSString).deletingLastPathComponent }
}
