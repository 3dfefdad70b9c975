import ArgumentParser
import Files
import Foundation
import Hardware
import Traces

/// A shell's completions of arguments: shipped names, and files.
enum Completions {
    /// Traces: manifests and folders.
    static let trace = completion { try traces($0).list().map(\.name) }
    /// Networks, tables of shapes and traces.
    static let shapes = completion(["csv", "yaml", "yml"]) { words in
        let traces = try traces(words)
        return try NetworkLibrary(traces).names + traces.list().map(\.name)
    }
    /// Machines.
    static let machine = completion { words in
        let library = try library(words)
        return try (library.list() + library.published()).map(\.name)
    }
    /// Everything that `config check` takes.
    static let any = completion { words in
        let library = try library(words)
        return try (library.list() + library.published() + library.sweeps() + library.comparisons()).map(\.name)
            + traces(words).list().map(\.name)
    }
    /// Runs of a comparison, and comparisons.
    static let run = completion { try library($0).comparisons().map(\.name) + traces($0).list().map(\.name) }
    /// Sweeps.
    static let sweep = completion { try library($0).sweeps().map(\.name) }
    /// Memories, which are always shipped.
    static let memory = completion([]) { try library($0).memories().map(\.name) }

    private static func completion(
        _ extensions: [String] = ["yaml", "yml"],
        names: @escaping @Sendable (_ words: [String]) throws -> [String]
    ) -> CompletionKind {
        .custom { words, _, prefix in
            let shipped = (try? names(words)) ?? []
            return shipped.filter { $0.hasPrefix(prefix) } + (extensions.isEmpty ? [] : files(prefix, extensions))
        }
    }

    /// The shipped configurations, from the folder on the command line so far.
    private static func library(_ words: [String]) throws -> ConfigurationLibrary {
        try LibraryOptions.library(in: value(of: "--configs", in: words))
    }

    private static func traces(_ words: [String]) throws -> TraceLibrary {
        try TraceLibraryOptions.library(in: value(of: "--traces", in: words))
    }

    private static func value(of option: String, in words: [String]) -> String? {
        words.firstIndex(of: option).flatMap { $0 + 1 < words.count ? words[$0 + 1] : nil }
    }

    /// Files of some kinds, and folders with a trailing slash. A single folder is followed by its contents, since a shell ends a
    /// word with only one completion.
    static func files(_ prefix: String, _ extensions: [String]) -> [String] {
        let found = entries(prefix, extensions)
        guard found.count == 1, let folder = found.first, folder.hasSuffix("/") else { return found }
        return found + entries(folder, extensions)
    }

    private static func entries(_ prefix: String, _ extensions: [String]) -> [String] {
        let folder = InputFile.folder(of: prefix)
        let start = prefix.dropFirst(folder.count)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
        return names.filter { $0.hasPrefix(start) && (!$0.hasPrefix(".") || !start.isEmpty) }.sorted().compactMap {
            name in
            let path = folder + name
            if InputFile.isFolder(path) { return path + "/" }
            return InputFile.isFile(path) && extensions.contains((name as NSString).pathExtension.lowercased())
                ? path : nil
        }
    }
}
