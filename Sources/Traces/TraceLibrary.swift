import Files
import YAML

/// The traces that ship with the program: the manifests of a folder `Traces` and of the folders in it.
///
/// A trace's name is its manifest's path from there without `.yaml`, `resnet-18/winograd-relu`, and without the file where
/// that is a `trace.yaml`: `digits`.
public struct TraceLibrary: Sendable {
    /// A shipped trace.
    public struct Item: Hashable, Sendable {
        /// Its name.
        public let name: String
        /// Its manifest.
        public let path: String
        /// What the manifest says of it; empty where it says nothing.
        public let description: String
        /// How many layers it has.
        public let layers: Int
    }

    private let shipped: ShippedFolder

    /// The folder that was found, if one was.
    public var folder: String? { shipped.path }

    /// Looks for the folder: `directory` (of `--traces`), `$WINOSIM_TRACES`, beside the executable, upward from it, upward
    /// from the working directory.
    ///
    /// - Throws: `FileError` where the option or the variable names what is no folder.
    public init(
        directory: String?, environment: [String: String], executable: String?, workingDirectory: String
    ) throws {
        shipped = try ShippedFolder(
            "Traces", what: "shipped traces", given: directory, option: "--traces", variable: "WINOSIM_TRACES",
            environment: environment, executable: executable, workingDirectory: workingDirectory
        ) { !Self.manifests(in: $0).isEmpty }
    }

    /// The shipped traces, by name.
    ///
    /// - Throws: `FileError` where there is no folder of them; it lists the places that were searched.
    public func list() throws -> [Item] {
        Self.manifests(in: try shipped.required(name: "Traces")).map { name, path in
            let root = try? Document.load(path: path)
            let layers = try? root?["layers"]?.elements()
            return Item(
                name: name, path: path, description: root?["description"]?.text ?? "", layers: layers?.count ?? 0)
        }
    }

    /// The manifest that a name or path means: a file that exists, the `trace.yaml` of a folder, or the shipped trace of
    /// that name.
    ///
    /// - Throws: `FileError` where there is none of them, with the nearest name.
    public func resolve(_ nameOrPath: String) throws -> String { try resolve(nameOrPath, at: nameOrPath) }

    /// The manifest that a file means by a name or path, as `resolve` has it; a path starts from the folder of that file.
    ///
    /// - Throws: `FileError` where there is none of them, `InputError` where the node is no text.
    public func resolve(_ node: Node) throws -> String { try resolve(node.string(), at: node.path()) }

    private func resolve(_ name: String, at path: String) throws -> String {
        if InputFile.isFile(path) { return path }
        let bare = path.hasSuffix("/") ? String(path.dropLast()) : path
        if InputFile.isFile("\(bare)/trace.yaml") { return "\(bare)/trace.yaml" }
        // A folder of that name may be the one of an earlier run's results.
        if let found = manifest(of: name) { return found }
        throw FileError(.read, path: path, reason: InputFile.isFolder(path) ? inFolder(path) : missing(name, path))
    }

    /// The manifest of a shipped trace; nil where none has the name.
    private func manifest(of name: String) -> String? {
        guard let folder, !name.isEmpty, !name.hasPrefix("/"), !name.split(separator: "/").contains("..") else {
            return nil
        }
        let wanted = name.hasSuffix(".yaml") ? String(name.dropLast(5)) : name
        return ["\(folder)/\(wanted).yaml", "\(folder)/\(wanted)/trace.yaml"].first {
            InputFile.isFile($0) && Self.isManifest($0)
        }
    }

    private func inFolder(_ path: String) -> String {
        let manifests = InputFile.names(in: path).filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }
        return manifests.isEmpty
            ? "it is a folder without a manifest (*.yaml)"
            : "it is a folder without a trace.yaml; name one of its manifests: \(manifests.joined(separator: ", "))"
    }

    private func missing(_ name: String, _ path: String) -> String {
        let names = folder.map { Self.manifests(in: $0).map(\.name) } ?? []
        let text = "there is no such file, and no shipped trace of this name"
        let bare = name.hasSuffix("/") ? String(name.dropLast()) : name
        let network =
            NetworkLibrary(self).path(of: bare) == nil
            ? "" : "; winosim trace synthesize \(bare) makes one of the network \(bare)"
        let inside = names.filter { $0.hasPrefix(bare + "/") }
        if !inside.isEmpty { return "\(text): name one of \(inside.joined(separator: ", "))\(network)" }
        if !network.isEmpty { return text + network }
        let short = name.hasPrefix("Traces/") ? String(name.dropFirst("Traces/".count)) : name
        let wanted = short.hasSuffix(".yaml") ? String(short.dropLast(5)) : short
        if let near = InputFile.nearest(to: path) ?? nearestName(to: wanted, among: names) {
            return "\(text): did you mean \(quoted(near, limit: .max))?"
        }
        if folder == nil { return "\(text): \(shipped.missing)" }
        return names.isEmpty ? "\(text); none ships" : "\(text); shipped are \(names.joined(separator: ", "))"
    }

    /// Names and paths of the manifests of a folder and of the folders in it, by name.
    private static func manifests(in folder: String) -> [(name: String, path: String)] {
        func files(_ folder: String, _ prefix: String) -> [(name: String, path: String)] {
            InputFile.names(in: folder).filter { $0.hasSuffix(".yaml") }.compactMap { file in
                let path = "\(folder)/\(file)"
                guard isManifest(path) else { return nil }
                let isMain = file == "trace.yaml" && !prefix.isEmpty
                return (isMain ? String(prefix.dropLast()) : prefix + file.dropLast(5), path)
            }
        }
        let inner = InputFile.names(in: folder).flatMap { name in files("\(folder)/\(name)", "\(name)/") }
        return (files(folder, "") + inner).sorted { $0.name < $1.name }
    }

    /// Whether a file says in its beginning that it is a manifest.
    private static func isManifest(_ path: String) -> Bool {
        InputFile.beginning(of: path, count: 4096).split(separator: "\n").contains {
            $0.hasPrefix("format:") && $0.contains("winosim-trace/")
        }
    }
}
