import Files
import Foundation
import Tensors
import YAML

/// Digests of files that reports write, without the prose in them.
///
/// Names, units, numbers and words from a fixed set (`bound_by`, `component`, `table`) count, in their order; sentences
/// do not. A column or key that is not listed here counts, so a new one changes the digest.
enum Digest {
    /// Columns, and keys at any depth, that hold sentences.
    private static let prose: Set = ["description", "note", "source", "warnings"]
    /// Keys of `summary.json` that hold sentences, paths, the program's version, or a repetition of other keys as text.
    /// The digest of the trace covers the prose of its manifest.
    private static let proseKeys: Set = [
        "configuration_yaml", "energy_point.scaling", "energy_point.sram", "program.version", "trace.digest",
        "trace.path",
    ]
    /// Columns of reasons: only their presence counts.
    private static let reasons: Set = ["error"]

    /// Hexadecimal digits of a digest.
    static let length = 16

    /// The digest of a CSV file.
    ///
    /// - Throws: `Malformed` if a line has more or fewer fields than the first one.
    static func csv(_ bytes: [UInt8]) throws -> String {
        let records = records(of: bytes)
        let names = records.first ?? []
        var text = ""
        for (number, record) in records.enumerated() {
            guard record.count == names.count else {
                throw Malformed(reason: "line \(number + 1) has \(record.count) fields, expected \(names.count)")
            }
            for (name, field) in zip(names, record) where !prose.contains(name) {
                let isReason = number > 0 && reasons.contains(name) && !field.isEmpty
                append(isReason ? "given" : field, to: &text)
            }
            text += "\n"
        }
        return shortened(text)
    }

    /// The digest of a JSON file. It is read as YAML, which contains JSON, because that keeps the order of keys and the
    /// text of numbers.
    ///
    /// - Throws: `InputError` if it cannot be read.
    static func json(_ bytes: [UInt8]) throws -> String {
        var text = ""
        append(try Document.parse(bytes: bytes, file: "summary.json"), path: "", to: &text)
        return shortened(text)
    }

    private static func append(_ node: Node, path: String, to text: inout String) {
        switch node.content {
        case .mapping(let entries):
            text += "{"
            for entry in entries {
                let key = path.isEmpty ? entry.name : "\(path).\(entry.name)"
                if prose.contains(entry.name) || proseKeys.contains(key) { continue }
                append(entry.name, to: &text)
                append(entry.value, path: key, to: &text)
            }
            text += "}"
        case .sequence(let elements):
            text += "["
            for element in elements { append(element, path: path, to: &text) }
            text += "]"
        case .scalar(let scalar):
            text += scalar.isPlain ? "=" : "\""
            append(scalar.text, to: &text)
        }
    }

    /// Appends a field with its length, so that different lists of fields give different texts.
    private static func append(_ field: String, to text: inout String) { text += "\(field.utf8.count):\(field)" }

    private static func shortened(_ text: String) -> String { String(sha256(Array(text.utf8)).prefix(length)) }

    /// The fields of each line of a CSV file (RFC 4180) whose lines end in LF.
    private static func records(of bytes: [UInt8]) -> [[String]] {
        var records: [[String]] = []
        var record: [String] = []
        var field: [UInt8] = []
        var isQuoted = false
        func endField() {
            record.append(String(decoding: field, as: UTF8.self))
            field = []
        }
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\""):
                // A quote after the end of a quoted part is a literal quote.
                if !isQuoted, !field.isEmpty { field.append(byte) }
                isQuoted.toggle()
            case UInt8(ascii: ",") where !isQuoted: endField()
            case UInt8(ascii: "\n") where !isQuoted:
                endField()
                records.append(record)
                record = []
            default: field.append(byte)
            }
        }
        return records
    }

    /// A report that is not valid CSV.
    struct Malformed: Error {
        let reason: String
    }
}
