import Foundation
import Traces
import YAML

/// Finds the manifest that an argument means.
enum TraceFile {
    /// Reads the trace that a manifest's path, or the folder of one, means.
    ///
    /// - Throws: `FileError`, `InputError`.
    static func load(_ argument: String) throws -> Trace { try Trace.load(path: manifest(argument)) }

    /// The path of the manifest: in a folder, its `trace.yaml`.
    ///
    /// - Throws: `FileError` for a folder without one, and for no such file, with the manifests that are there.
    static func manifest(_ argument: String) throws -> String {
        guard let isFolder = isFolder(argument) else {
            let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
            let folder = parts.dropLast().joined(separator: "/")
            let names = manifests(in: parts.count == 1 ? "." : folder.isEmpty ? "/" : folder)
            guard let near = nearestName(to: parts.last.map(String.init) ?? "", among: names) else { return argument }
            let path = parts.count == 1 ? near : "\(folder)/\(near)"
            throw FileError(
                .read, path: argument, reason: "no such file or folder: did you mean \(quoted(path))?")
        }
        guard isFolder else { return argument }
        let folder = argument.hasSuffix("/") ? String(argument.dropLast()) : argument
        if Self.isFolder("\(folder)/trace.yaml") == false { return "\(folder)/trace.yaml" }
        let names = manifests(in: argument)
        throw FileError(
            .read, path: argument,
            reason: names.isEmpty
                ? "it is a folder without a manifest (*.yaml)"
                : "it is a folder without a trace.yaml; name one of its manifests: \(names.joined(separator: ", "))")
    }

    private static func isFolder(_ path: String) -> Bool? {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) ? isFolder.boolValue : nil
    }

    private static func manifests(in folder: String) -> [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.filter { ($0.hasSuffix(".yaml") || $0.hasSuffix(".yml")) && !$0.hasPrefix(".") }.sorted()
    }
}
