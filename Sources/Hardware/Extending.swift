import Files
import YAML

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Following of `extends: other.yaml`, which lays a file's keys over those of another one, and of `extends: mobile`, which
/// names one that ships. Where a file lies under the very text, from the folder of the file that extends it, it is that one.
enum Extending {
    static let key = "extends"

    /// The mapping of a file, laid over those that it extends.
    ///
    /// - Throws: `FileError`, `InputError`.
    static func load(path: String, library: ConfigurationLibrary?) throws -> Node {
        try resolved(
            Document.load(path: path), path: path, library: library, chain: [path], identities: [identity(path)])
    }

    /// `chain` holds the files on the way here, `identities` what they are whatever they are called.
    private static func resolved(
        _ node: Node, path: String, library: ConfigurationLibrary?, chain: [String], identities: Set<String>
    ) throws -> Node {
        guard let entries = node.entries, let value = node[key] else { return node }
        var rest = node
        rest.content = .mapping(entries.filter { $0.name != key })
        let name = try value.string()
        guard !name.isEmpty else { throw value.error("found an empty text, expected the file that this one extends") }
        let beside = name.hasPrefix("/") ? name : folder(of: path) + name
        let base =
            try library.map { library in
                try SettingPlace(value.mark).named { try library.resolve(name, at: beside) }
            } ?? beside
        let chain = chain + [base]
        guard !identities.contains(identity(base)) else {
            throw value.error("extends goes in a circle: \(chain.joined(separator: " -> "))")
        }
        let loaded: Node
        do {
            loaded = try Document.load(path: base)
        } catch let error as FileError {
            throw FileError(.read, path: base, reason: error.reason, at: value.mark)
        }
        guard loaded.entries != nil else {
            throw loaded.error("found \(loaded.found) as the configuration, expected a mapping (key: value)")
        }
        let below = try resolved(
            loaded, path: base, library: library, chain: chain, identities: identities.union([identity(base)]))
        return merged(below, with: rest)
    }

    /// The folder of a file with a slash behind it; empty for the working directory.
    private static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    }

    private static func identity(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }
}
