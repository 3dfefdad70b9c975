import Files
import Tensors
import YAML

extension Trace {
    /// The format that manifests name in their first key.
    public static var format: String { "winosim-trace/1" }

    /// Reads a trace: a YAML manifest, and the safetensors files next to it.
    ///
    /// - Throws: `InputError` at its place in the manifest for anything that does not fit, `FileError` for a file that cannot
    ///   be read.
    public static func load(path: String) throws -> Trace {
        try read(InputFile.bytes(of: path, limit: Document.sizeLimit), path: path)
    }

    /// Reads a trace from the bytes of its manifest at `path`.
    static func read(_ bytes: [UInt8], path: String) throws -> Trace {
        let manifest = try MappingDecoder(Document.parse(bytes: bytes, file: path), what: "the trace")
        try checkFormat(manifest.required("format"))
        let model = try manifest.required("model")
        guard !(try model.string()).isEmpty else { throw model.error("the model's name is empty") }
        let description = try manifest.optional("description")?.string() ?? ""
        try manifest.optional("source").map(checkSource)
        let seed = try manifest.optional("seed")?.integer(in: Int.min...Int.max) ?? 1
        let tensors = manifest.optional("tensors")
        let missing = manifest.optional("not_exported")
        let (inputs, outputs) = (manifest.optional("inputs"), manifest.optional("outputs"))
        let operations = manifest.optional("operations")
        let layers = try manifest.required("layers")
        try manifest.finish()
        let library = try TensorLibrary(tensors, manifest: path)
        // Of the bytes that were read, whatever has become of the files since.
        var digest = SHA256()
        digest.update(bytes)
        for file in library.files { file.update(&digest) }
        let read = try readLayers(layers, library)
        let graph = try TraceGraph(inputs: inputs, outputs: outputs, operations: operations)
        try GraphCheck.check(read, graph)
        return Trace(
            model: try model.string(), description: description, layers: read, graph: graph,
            notExported: try missing?.elements().map(NotExported.init) ?? [],
            seed: UInt64(bitPattern: Int64(seed)), digest: digest.hexadecimal(), path: path)
    }

    private static func checkFormat(_ node: Node) throws {
        let format = try node.string()
        guard format == Self.format else {
            throw node.error("found the format \(quoted(format)), expected \(Self.format)")
        }
    }

    /// The source is for people: any keys with a text each.
    private static func checkSource(_ node: Node) throws {
        _ = try MappingDecoder(node, what: "source")
        for entry in node.entries ?? [] { _ = try entry.value.string() }
    }

    private static func readLayers(_ node: Node, _ library: TensorLibrary) throws -> [Layer] {
        let nodes = try node.elements()
        guard !nodes.isEmpty else { throw node.error("the list of layers is empty, expected at least one") }
        var places: [String: Mark] = [:]
        var layers: [Layer] = []
        for node in nodes {
            let layer = try LayerReader(node, library).layer()
            if let first = places.updateValue(node.mark, forKey: layer.name) {
                throw (node["name"] ?? node).error(
                    "the layer's name \(quoted(layer.name)) stands already in line \(first.line), expected a new one")
            }
            layers.append(layer)
        }
        return layers
    }
}

/// The tensors of a trace, from all of its files.
struct TensorLibrary {
    /// The files as they can be opened, in the manifest's order.
    let paths: [String]
    let files: [SafetensorsFile]
    private let owners: [String: Int]

    /// Opens the files that `tensors:` names: one, or a list.
    init(_ node: Node?, manifest: String) throws {
        let nodes: [Node]
        switch node?.content {
        case nil: nodes = []
        case .sequence(let elements): nodes = elements
        default: nodes = node.map { [$0] } ?? []
        }
        let folder = manifest.lastIndex(of: "/").map { String(manifest[...$0]) } ?? ""
        var paths: [String] = []
        var files: [SafetensorsFile] = []
        var owners: [String: Int] = [:]
        for (number, node) in nodes.enumerated() {
            let name = try node.string()
            guard Self.isBeside(name) else {
                throw node.error(
                    "found \(quoted(name)), expected a file beside the manifest: no absolute path and no \"..\"")
            }
            guard !paths.contains(folder + name) else { throw node.error("\(quoted(name)) is named twice") }
            let file = try SafetensorsFile(path: folder + name)
            for tensor in file.names {
                if let other = owners.updateValue(number, forKey: tensor) {
                    throw node.error(
                        "the tensor \(quoted(tensor)) stands in \(quoted(name)) and in \(paths[other]), expected it once"
                    )
                }
            }
            paths.append(folder + name)
            files.append(file)
        }
        self.paths = paths
        self.files = files
        self.owners = owners
    }

    private static func isBeside(_ name: String) -> Bool {
        !name.isEmpty && !name.hasPrefix("/") && !name.utf8.contains(0)
            && !name.split(separator: "/").contains("..")
    }

    /// The tensor that a node names.
    func tensor(_ node: Node) throws -> TensorReference { try tensor(node.string(), at: node) }

    /// The tensor of a name that a node gives.
    func tensor(_ name: String, at node: Node) throws -> TensorReference {
        guard let owner = owners[name] else {
            if files.isEmpty {
                throw node.error("no file holds the tensor \(quoted(name)): the trace has no key \"tensors\"")
            }
            let near = nearestName(to: name, among: owners.keys.sorted()).map { ": did you mean \(quoted($0))?" } ?? ""
            throw node.error("no tensor \(quoted(name)) in \(paths.joined(separator: ", "))\(near)")
        }
        do {
            // The type may be one that is never read; the place that asks for it then says more than the file.
            guard let tensor = try files[owner].tensor(name) else {
                throw node.error("no tensor \(quoted(name)) in \(paths[owner])")
            }
            return TensorReference(name: name, tensor: tensor, mark: node.mark)
        } catch let error as InputError where error.mark == nil {
            throw node.error(error.message)
        }
    }
}
