import Files

/// A safetensors file, read into memory once; its tensors are views of these bytes.
public final class SafetensorsFile: Sendable {
    /// The file as the user named it.
    public let path: String
    /// The names of its tensors, sorted.
    public let names: [String]
    /// The metadata of its writer.
    public let metadata: [String: String]
    private let storage: Storage
    private let entries: [String: SafetensorsHeader.Entry]

    /// Opens a file and checks its whole header: every length, offset and size.
    ///
    /// - Throws: `FileError` if the file cannot be read; `InputError` if it is broken, at line 1 with the byte of the file as
    ///   the column.
    public convenience init(path: String) throws { try self.init(Storage(reading: path), path: path) }

    /// Reads the bytes of a file; `path` is its name in messages.
    ///
    /// - Throws: `InputError` if it is broken.
    public convenience init(bytes: [UInt8], path: String) throws {
        try self.init(bytes.withUnsafeBytes { Storage(copying: $0) }, path: path)
    }

    private init(_ storage: Storage, path: String) throws {
        self.storage = storage
        let header = try SafetensorsHeader(storage.bytes, path: path)
        self.path = path
        entries = header.entries
        names = header.entries.keys.sorted()
        metadata = header.metadata
    }

    /// The tensor of a name; nil if the file has none.
    ///
    /// - Throws: `InputError` if the type of its elements is not supported.
    public func tensor(_ name: String) throws -> Tensor? {
        guard let entry = entries[name] else { return nil }
        guard let type = ElementType(rawValue: entry.typeName) else {
            throw InputError(
                "\(path): tensor \(quoted(name)) is of type \(quoted(entry.typeName)), expected one of "
                    + ElementType.allCases.map(\.rawValue).formattedChoice,
                at: nil)
        }
        return Tensor(type: type, shape: entry.shape, count: entry.count, storage: storage, offset: entry.offset)
    }

    /// Adds the file's bytes to a digest.
    public func update(_ digest: inout SHA256) { withExtendedLifetime(storage) { digest.update(storage.bytes) } }

    /// The type's name and the shape of a tensor of any type; nil if the file has none of this name.
    public func description(of name: String) -> (type: String, shape: [Int])? {
        entries[name].map { ($0.typeName, $0.shape) }
    }
}

/// The header of a safetensors file, checked against the length of the file.
///
/// The format (github.com/huggingface/safetensors): eight bytes of little-endian header length, a JSON object of that
/// length, then the tensors' bytes, which follow one another without a gap or an overlap up to the end of the file.
struct SafetensorsHeader {
    /// A tensor of the file; `offset` counts from the start of the file.
    struct Entry {
        let typeName: String
        let shape: [Int]
        let count: Int
        let offset: Int
        let byteCount: Int
    }

    /// The most bytes of a header, as in the format's reference reader.
    static let limit = 100_000_000

    private(set) var entries: [String: Entry] = [:]
    private(set) var metadata: [String: String] = [:]

    private struct Fields {
        var type: String?
        var shape: [Int]?
        var offsets: [Int]?
    }

    /// Reads the header of a file's bytes.
    ///
    /// - Throws: `InputError` at line 1, also for a Git LFS pointer, with the byte of the file as the column.
    init(_ bytes: UnsafeRawBufferPointer, path: String) throws {
        func failed(_ message: String, at byte: Int = 0) -> InputError {
            InputError(message, at: Mark(file: path, line: 1, column: byte + 1))
        }
        try GitLFS.refusePointer(bytes, file: path)
        guard bytes.count >= 8 else {
            throw failed("not a safetensors file: it has \(bytes.count) bytes, expected at least 8")
        }
        let declared = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        guard declared <= UInt64(Self.limit) else {
            throw failed("not a safetensors file: found a header of \(declared) bytes, expected at most \(Self.limit)")
        }
        let length = Int(declared)
        guard length <= bytes.count - 8 else {
            throw failed(
                "the header should have \(length) bytes, but only \(bytes.count - 8) follow: is the file truncated?")
        }
        guard length > 0, bytes[8] == UInt8(ascii: "{") else {
            let found = length == 0 ? "an empty header" : "a header that begins with \(Self.shown(bytes[8]))"
            throw failed("not a safetensors file: \(found), expected one that begins with {", at: 8)
        }
        var scanner = JSONScanner(UnsafeRawBufferPointer(rebasing: bytes[8..<8 + length]))
        do {
            try scanner.object { name, scanner in
                if name == "__metadata__" {
                    var metadata: [String: String] = [:]
                    try scanner.object { key, scanner in metadata[key] = try scanner.string() }
                    self.metadata = metadata
                } else {
                    let place = scanner.position
                    let fields = try Self.fields(&scanner)
                    let entry = try Self.entry(fields, start: 8 + length, end: bytes.count) { message in
                        JSONScanner.Failure(message: "tensor \(quoted(name)): \(message)", position: place)
                    }
                    entries[name] = entry
                }
            }
            try scanner.end()
        } catch let failure as JSONScanner.Failure {
            throw failed("in the safetensors header: \(failure.message)", at: 8 + failure.position)
        }
        try checkCover(start: 8 + length, end: bytes.count, failed: { failed($0) })
    }

    private static func shown(_ byte: UInt8) -> String {
        (0x21..<0x7F).contains(byte)
            ? quoted(String(Unicode.Scalar(byte))) : "the byte 0x" + String(byte, radix: 16, uppercase: true)
    }

    private static func fields(_ scanner: inout JSONScanner) throws -> Fields {
        var fields = Fields()
        try scanner.object { key, scanner in
            switch key {
            case "dtype": fields.type = try scanner.string()
            case "shape": fields.shape = try scanner.integers()
            case "data_offsets": fields.offsets = try scanner.integers()
            default: throw scanner.failure("unknown key \(quoted(key)), expected dtype, shape and data_offsets")
            }
        }
        return fields
    }

    private static func entry(
        _ fields: Fields, start: Int, end: Int, failed: (String) -> JSONScanner.Failure
    ) throws -> Entry {
        guard let type = fields.type else { throw failed("dtype is missing") }
        guard let shape = fields.shape else { throw failed("shape is missing") }
        guard let offsets = fields.offsets else { throw failed("data_offsets is missing") }
        guard offsets.count == 2 else { throw failed("data_offsets has \(offsets.count) numbers, expected 2") }
        guard offsets[0] <= offsets[1] else { throw failed("data_offsets \(offsets) end before they begin") }
        guard offsets[1] <= end - start else {
            throw failed("data_offsets \(offsets) are beyond the \(end - start) bytes of data: is the file truncated?")
        }
        var count = 1
        for size in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            if overflow { throw failed("shape \(shape) has more elements than can be counted") }
            count = product
        }
        let held = offsets[1] - offsets[0]
        if let width = byteWidth(type) {
            let (expected, overflow) = count.multipliedReportingOverflow(by: width)
            guard !overflow, expected == held else {
                let size = overflow ? "too many" : "\(expected)"
                throw failed("shape \(shape) of \(type) takes \(size) bytes, but data_offsets span \(held)")
            }
        }
        return Entry(typeName: type, shape: shape, count: count, offset: start + offsets[0], byteCount: held)
    }

    /// The bytes of an element of any of the format's types of whole bytes.
    private static func byteWidth(_ type: String) -> Int? {
        switch type {
        case "BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0": 1
        case "I16", "U16", "F16", "BF16": 2
        case "I32", "U32", "F32": 4
        case "F64", "I64", "U64", "C64": 8
        default: nil
        }
    }

    /// Checks that the tensors cover the data once, from its start to its end.
    private func checkCover(start: Int, end: Int, failed: (String) -> InputError) throws {
        let ordered = entries.sorted {
            ($0.value.offset, $0.value.byteCount, $0.key) < ($1.value.offset, $1.value.byteCount, $1.key)
        }
        var covered = start
        for (name, entry) in ordered {
            guard entry.offset == covered else {
                let what = entry.offset < covered ? "overlaps the one before it" : "leaves a gap before it"
                throw failed(
                    "in the safetensors header: tensor \(quoted(name)) \(what): it begins at \(entry.offset - start), "
                        + "expected \(covered - start)")
            }
            covered += entry.byteCount
        }
        guard covered == end else {
            throw failed("\(end - covered) bytes at the end of the file belong to no tensor")
        }
    }
}
