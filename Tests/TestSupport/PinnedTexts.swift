import Foundation

/// The top of the repository.
public let repository = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

/// Texts that stand in a folder beside a test's file, and with which what it observes is compared.
///
/// With `WINOSIM_RECORD=1` in the environment those that differ are written anew, and the tests that do it fail.
public struct PinnedTexts: Sendable {
    /// A text was written anew: no result that a run may pass with.
    public struct Recorded: Error, CustomStringConvertible {
        /// The file.
        public let name: String

        /// What to do now.
        public var description: String { "recorded \(name) anew: look at it, then run without WINOSIM_RECORD" }
    }

    /// The folder's path.
    public let folder: String

    /// The texts of the folder `name` beside the file of the caller.
    public init(_ name: String, file: String = #filePath) {
        folder = URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent(name).path
    }

    /// The names of the files with this ending (`.yaml`), sorted.
    public func names(ending: String) -> [String] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return all.filter { $0.hasSuffix(ending) }.sorted()
    }

    /// The path of a file in the folder.
    public func path(_ name: String) -> String { "\(folder)/\(name)" }

    /// What a file in the folder holds.
    public func bytes(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path(name))) }

    /// What a file in the folder holds, as text.
    public func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

    /// The text that was pinned.
    ///
    /// - Parameters:
    ///   - name: the file's name.
    ///   - observed: what is written in its place when texts are recorded.
    /// - Throws: `Recorded` then; and what reading or writing throws.
    public func expected(_ name: String, observed: String) throws -> String {
        guard ProcessInfo.processInfo.environment["WINOSIM_RECORD"] == "1" else { return try text(name) }
        if (try? text(name)) == observed { return observed }
        try Data(observed.utf8).write(to: URL(fileURLWithPath: path(name)))
        throw Recorded(name: name)
    }

    /// The message that is pinned for a broken input: that of `tab.yaml` stands in `tab.expected`.
    ///
    /// - Parameters:
    ///   - input: the file's name.
    ///   - observed: what is written in its place when texts are recorded.
    /// - Throws: what `expected(_:observed:)` throws.
    public func message(for input: String, observed: String) throws -> String {
        try expected((input as NSString).deletingPathExtension + ".expected", observed: observed)
    }
}
