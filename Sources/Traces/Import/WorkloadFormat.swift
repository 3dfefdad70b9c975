import Files
import YAML

/// A format of other tools' workload files.
///
/// To add one, write its `WorkloadFormat` in a file of its own and add it to `all`.
public struct WorkloadFormat: Sendable {
    /// The name, as the option `--format` takes it.
    public let name: String
    /// Whether a file looks like this format.
    let recognizes: @Sendable (WorkloadFile) -> Bool
    /// Reads a file's layers; throws `InputError` at the line and column of what does not fit.
    let read: @Sendable (WorkloadFile) throws -> ImportedNetwork

    /// All formats, in the order in which they are tried.
    public static let all = [scaleSim, timeloop, zigzag, maestro]

    /// Reads workload files, whose layers follow each other.
    ///
    /// - Parameters:
    ///   - paths: the files; at least one.
    ///   - name: a format's name; nil for the one that each file looks like.
    /// - Throws: `FileError` for a file that cannot be read, `InputError` for one of another kind, which says what it
    ///   looks like and what reads it, and for what does not fit in a file.
    public static func network(_ paths: [String], as name: String? = nil) throws -> ImportedNetwork {
        var network = ImportedNetwork()
        for path in paths {
            let file = try WorkloadFile(InputFile.bytes(of: path, limit: Document.sizeLimit), path: path)
            let part = try self.network(file, as: name)
            network.name = network.name ?? part.name ?? (file.stem.isEmpty ? nil : file.stem)
            network.append(part)
        }
        return network
    }

    /// Reads one file; errors as for several.
    static func network(_ file: WorkloadFile, as name: String?) throws -> ImportedNetwork {
        let format = try all.first { $0.name == name } ?? file.format()
        let network = try format.read(file)
        guard !network.rows.isEmpty else { throw file.error("the file has no layers") }
        return network
    }
}

/// A workload file's text.
struct WorkloadFile: Sendable {
    /// The file as the user named it.
    let path: String
    /// The text without a byte order mark.
    let text: String
    private let root: Result<Node, any Error>

    /// - Throws: `InputError` for bytes that are no text, with what they look like.
    init(_ bytes: [UInt8], path: String) throws {
        self.path = path
        guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
            throw InputError(Self.refusal(of: bytes, path), at: Mark(file: path, line: 1, column: 1))
        }
        self.text = String(text.drop { $0 == "\u{FEFF}" })
        root = Result { try Document.parse(bytes: bytes, file: path) }
    }

    /// The file's name without folders and ending.
    var stem: String {
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        return name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
    }

    /// The root node of a YAML file; nil for a text that is none.
    var yaml: Node? { try? root.get() }

    /// The root node of a YAML file.
    ///
    /// - Throws: `InputError` for invalid YAML.
    func parsed() throws -> Node { try root.get() }

    /// An error about the whole file.
    func error(_ message: String) -> InputError { InputError(message, at: Mark(file: path, line: 1, column: 1)) }

    /// The format that the file looks like.
    ///
    /// - Throws: `InputError` that says what else it looks like.
    func format() throws -> WorkloadFormat {
        if let format = WorkloadFormat.all.first(where: { $0.recognizes(self) }) { return format }
        if let likeness { throw error("this looks like \(likeness)") }
        if isYAML { _ = try parsed() }
        let names = WorkloadFormat.all.map(\.name).formattedChoice
        throw error("this looks like no workload that is known; name its format with --format \(names)")
    }

    private var isYAML: Bool { path.lowercased().hasSuffix(".yaml") || path.lowercased().hasSuffix(".yml") }

    private static let exporter = "which the package in Traces/exporter makes a trace of"

    private static func refusal(of bytes: [UInt8], _ path: String) -> String {
        let ending = path.split(separator: ".").last.map { $0.lowercased() } ?? ""
        if bytes.starts(with: Array("PK\u{3}\u{4}".utf8)) || ["pt", "pth"].contains(ending) {
            return "this looks like a PyTorch file, \(exporter)"
        }
        // The first field of ONNX's ModelProto is its version: a small number with the tag 8.
        if ending == "onnx" || bytes.starts(with: [8]) && bytes.count > 1 && bytes[1] < 32 {
            return "this looks like an ONNX model, \(exporter)"
        }
        if bytes.count > 9, bytes[3..<8].allSatisfy({ $0 == 0 }), bytes[8] == UInt8(ascii: "{") {
            return "this looks like a safetensors file, which belongs to a trace: winosim simulate reads the manifest"
        }
        return "this is no text in UTF-8, expected a workload file of \(WorkloadFormat.all.map(\.name).formattedChoice)"
    }

    /// What a text looks like that is no workload, and what reads it.
    private var likeness: String? {
        if let header = try? CSVRecord.records(of: text, file: path).first {
            let columns = header.fields.compactMap { LayerTable.Column(written: $0.text) }
            if columns.count > 3 { return "a table of layer shapes, which winosim trace synthesize reads" }
            for (separator, name) in [(";", "\";\""), ("\t", "tabs")]
            where header.fields.count == 1 && header.line.split(separator: separator).count > 3 {
                return "a table whose columns are separated by \(name); expected commas"
            }
        }
        if path.lowercased().hasSuffix(".json") { return "JSON, which no workload format here is" }
        guard let root = yaml else { return nil }
        if let entries = root.entries {
            let keys = Set(entries.map(\.name))
            if root["format"]?.text == Trace.format { return "a trace already, which winosim simulate reads" }
            if keys.contains("pe_array") { return "a machine of winosim, which its option --config reads" }
            let described = [
                "architecture", "architecture_constraints", "mapper", "mapping", "mapspace_constraints", "components",
                "compound_components",
            ]
            if let key = described.first(where: keys.contains) {
                return "Timeloop's \(key), which is no workload: expected the file with problem"
            }
            if keys.contains("memories") || keys.contains("operational_array") {
                return "ZigZag's hardware, which is no workload: expected the list of layers"
            }
        }
        if case .sequence(let elements) = root.content, elements.contains(where: { $0["spatial_mapping"] != nil }) {
            return "ZigZag's mapping, which is no workload: expected the list of layers"
        }
        return nil
    }
}
