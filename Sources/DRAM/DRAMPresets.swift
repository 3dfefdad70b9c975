import Files
import Synchronization
import YAML

/// The memory of a published standard, read from its file.
public struct DRAMPreset: Sendable {
    /// The mapping of the file.
    public let node: Node
    /// The memory.
    public let memory: DRAMConfiguration
}

/// The presets of a folder, one file `STANDARD.yaml` each. A file is read at the first use of its standard, and cached.
public final class DRAMPresets: Sendable {
    /// The folder.
    public let folder: String
    private let kept = Mutex<[String: DRAMPreset]>([:])

    /// Makes the presets of a folder.
    public init(folder: String) { self.folder = folder }

    /// The names of the standards, sorted; empty if there is no such folder.
    public var names: [String] {
        InputFile.names(in: folder).filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }
    }

    /// The preset of the standard that a node names.
    ///
    /// - Throws: `InputError` for an unknown standard, with the nearest one, and for errors in the preset; `FileError` if it
    ///   cannot be read.
    public func preset(_ node: Node) throws -> DRAMPreset {
        let name = try node.string()
        return try kept.withLock { kept in
            if let preset = kept[name] { return preset }
            let preset = try load(name, named: node)
            kept[name] = preset
            return preset
        }
    }

    private func load(_ name: String, named node: Node) throws -> DRAMPreset {
        let names = names
        guard names.contains(name) else {
            let known =
                names.isEmpty
                ? "\(quoted(folder)) has no presets" : "expected one of \(names.joined(separator: ", "))"
            let near = didYouMean(nearestName(to: name, among: names), otherwise: ";")
            throw node.error("unknown standard \(quoted(name))\(near) \(known)")
        }
        let preset = try Document.load(path: folder + "/" + name + ".yaml")
        return DRAMPreset(node: preset, memory: try DRAMConfiguration.preset(preset, name: name))
    }
}
