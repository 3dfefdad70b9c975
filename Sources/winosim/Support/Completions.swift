import ArgumentParser
import Foundation
import Hardware

/// What a shell proposes behind an argument: names of what ships, and files.
enum Completions {
    /// Traces: manifests and folders.
    static let trace = completion { _ in [] }
    /// Tables of shapes and traces.
    static let shapes = completion(["csv", "yaml", "yml"]) { _ in [] }
    /// Machines.
    static let machine = completion { try $0.list() }
    /// Runs of a comparison, and comparisons.
    static let run = completion { $0.comparisons() }
    /// Sweeps.
    static let sweep = completion { $0.sweeps() }
    /// Memories, which have no files of one's own.
    static let memory = completion([]) { try $0.memories() }

    private static func completion(
        _ extensions: [String] = ["yaml", "yml"],
        names: @escaping @Sendable (ConfigurationLibrary) throws -> [ConfigurationLibrary.Item]
    ) -> CompletionKind {
        .custom { words, _, prefix in
            let shipped = (try? names(library(words)).map(\.name)) ?? []
            return shipped.filter { $0.hasPrefix(prefix) } + (extensions.isEmpty ? [] : files(prefix, extensions))
        }
    }

    /// What ships, from the folder that the command line names so far.
    private static func library(_ words: [String]) throws -> ConfigurationLibrary {
        let option = words.firstIndex(of: "--configs").map { $0 + 1 }
        return try LibraryOptions.library(in: option.flatMap { $0 < words.count ? words[$0] : nil })
    }

    /// Files of some kinds, and folders with a slash behind them. A folder that is the only one comes with what is in it, since
    /// a shell ends a word of which there is one form.
    static func files(_ prefix: String, _ extensions: [String]) -> [String] {
        let found = entries(prefix, extensions)
        guard found.count == 1, let folder = found.first, folder.hasSuffix("/") else { return found }
        return found + entries(folder, extensions)
    }

    private static func entries(_ prefix: String, _ extensions: [String]) -> [String] {
        let folder = prefix.lastIndex(of: "/").map { String(prefix[...$0]) } ?? ""
        let start = prefix.dropFirst(folder.count)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
        return names.filter { $0.hasPrefix(start) && (!$0.hasPrefix(".") || !start.isEmpty) }.sorted().compactMap {
            name in
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: folder + name, isDirectory: &isFolder) else { return nil }
            if isFolder.boolValue { return "\(folder)\(name)/" }
            return extensions.contains((name as NSString).pathExtension.lowercased()) ? folder + name : nil
        }
    }
}
