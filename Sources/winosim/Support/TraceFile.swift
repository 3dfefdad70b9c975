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
    /// - Throws: `FileError` for a folder without one, with the manifests that are there.
    static func manifest(_ argument: String) throws -> String {
        guard isFolder(argument) else { return argument }
        let folder = argument.hasSuffix("/") ? String(argument.dropLast()) : argument
        if FileManager.default.fileExists(atPath: "\(folder)/trace.yaml") { return "\(folder)/trace.yaml" }
        let names = manifests(in: argument)
        throw FileError(
            .read, path: argument,
            reason: names.isEmpty
                ? "it is a folder without a manifest (*.yaml)"
                : "it is a folder without a trace.yaml; name one of its manifests: \(names.joined(separator: ", "))")
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    private static func manifests(in folder: String) -> [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.filter { ($0.hasSuffix(".yaml") || $0.hasSuffix(".yml")) && !$0.hasPrefix(".") }.sorted()
    }
}
