import Files
import YAML

/// Multiplications that a model makes in no layer of its trace: what the exporter could not describe.
///
/// A manifest lists them under `not_exported`; every result of the trace lists them.
public struct NotExported: Sendable, Equatable {
    /// The module of the model that makes them.
    public var name: String
    /// What it is, or what it calls: `ConvTranspose2d`, `matmul`.
    public var operation: String
    /// How many there are with dense operands; nil where the exporter does not know.
    public var multiplications: Int?

    /// Makes an entry.
    public init(name: String, operation: String, multiplications: Int? = nil) {
        self.name = name
        self.operation = operation
        self.multiplications = multiplications
    }

    /// Reads an entry of the manifest's list.
    ///
    /// - Throws: `InputError` at its place for anything that does not fit.
    init(_ node: Node) throws {
        let keys = try MappingDecoder(node, what: "the entry of not_exported")
        let name = try keys.required("name")
        let operation = try keys.required("operation")
        let multiplications = keys.optional("multiplications")
        try keys.finish()
        self.name = try Self.line(name, "name")
        self.operation = try Self.line(operation, "operation")
        self.multiplications = try multiplications?.integer(in: 0...Int.max)
    }

    /// A text that shows something and stays on its line.
    private static func line(_ node: Node, _ key: String) throws -> String {
        let text = try node.string()
        let unprintable: [Unicode.GeneralCategory] = [.control, .lineSeparator, .paragraphSeparator]
        guard text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }),
            text.unicodeScalars.allSatisfy({ !unprintable.contains($0.properties.generalCategory) })
        else { throw node.error("found the \(key) \(quoted(text)), expected a text without control characters") }
        return text
    }

    /// The entry as a line of a manifest's list.
    var manifestLine: String {
        let count = multiplications.map { ", multiplications: \($0)" } ?? ""
        return "  - {name: \(yamlScalar(name)), operation: \(yamlScalar(operation))\(count)}\n"
    }

    /// The same without a number: that of another batch is not known.
    var withoutNumber: NotExported { NotExported(name: name, operation: operation) }
}
