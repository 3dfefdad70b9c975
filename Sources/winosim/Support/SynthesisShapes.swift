import Files
import Foundation
import Traces
import YAML

/// The shapes that `trace synthesize` is given, and the name of what has them.
struct SynthesisShapes {
    /// A network, whose sizes follow from its resolution, or layers with sizes.
    enum Content {
        case network(NetworkTable)
        case layers(LayerTable, notExported: [NotExported])
    }

    let content: Content
    let name: String

    /// Reads a CSV file, a trace's manifest or folder, or what ships under a name: a network before a trace.
    ///
    /// - Throws: `FileError` where there is none of them, with the nearest name; `InputError` in what was read.
    init(_ path: String, _ traces: TraceLibrary) throws {
        if path.lowercased().hasSuffix(".csv") {
            let name = ((path as NSString).lastPathComponent as NSString).deletingPathExtension
            self.name = name.isEmpty ? "synthetic" : name
            content = try Self.content(of: path)
            return
        }
        let networks = NetworkLibrary(traces)
        let isTrace = InputFile.isFile(path) || InputFile.isFile("\(path)/trace.yaml")
        if !isTrace, let table = networks.path(of: path) {
            (content, name) = (try Self.content(of: table), path)
            return
        }
        let manifest: String
        do {
            manifest = try traces.resolve(path)
        } catch let error as FileError where !InputFile.isFolder(path) {
            throw Self.refusal(of: path, networks.names, traces) ?? error
        }
        let trace = try Trace.load(path: manifest)
        content = .layers(LayerTable(trace), notExported: trace.notExported)
        name = trace.model
    }

    private static func content(of path: String) throws -> Content {
        let bytes = try InputFile.bytes(of: path, limit: Document.sizeLimit)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw InputError("invalid UTF-8: the file must be UTF-8", at: Mark(file: path, line: 1, column: 1))
        }
        return NetworkTable.isNetwork(csv: text)
            ? .network(try NetworkTable(csv: text, file: path))
            : .layers(try LayerTable(csv: text, file: path), notExported: [])
    }

    /// The error of a name that nothing has; nil where no network ships, or the name is one of a part of a trace's.
    private static func refusal(of path: String, _ networks: [String], _ traces: TraceLibrary) -> FileError? {
        guard !networks.isEmpty, let shipped = try? traces.list().map(\.name) else { return nil }
        guard !shipped.contains(where: { $0.hasPrefix("\(path)/") }) else { return nil }
        let names = networks + shipped
        let longer = names.first { $0.hasPrefix(path) && !path.isEmpty }
        let near = InputFile.nearest(to: path) ?? longer ?? nearestName(to: path, among: names)
        return FileError(
            .read, path: path,
            reason:
                "there is no such file, and no shipped network or trace of this name"
                + "\(didYouMean(near, otherwise: ";")) shipped networks: \(networks.joined(separator: ", ")); winosim trace list has the traces"
        )
    }
}

extension NetworkShapes {
    /// One line on a network and its input: `ResNet-50, input 1 x 3 x 224 x 224`.
    func description(_ table: NetworkTable) -> String {
        let sizes = (graph.inputs.first?.shape ?? []).map(String.init).joined(separator: " x ")
        return table.title.isEmpty ? "input \(sizes)" : "\(table.title), input \(sizes)"
    }
}
