import Files

/// A safetensors file, read into memory once; its tensors look straight at these bytes.
public final class SafetensorsFile: Sendable {
    /// The file as the user named it.
    public let path: String
    /// The names of its tensors, sorted.
    public let names: [String]
    /// The texts that its writer added.
    public let metadata: [String: String]
    private let storage: Storage
    private let entries: [String: SafetensorsHeader.Entry]

    /// Opens a file and checks its whole header: every length, offset and size, before any use.
    ///
    /// - Throws: `FileError` where the file cannot be read; `InputError` where it is broken, at line 1 and, as the
    ///   column, the byte of the file.
    public convenience init(path: String) throws { try self.init(Storage(reading: path), path: path) }

    /// Reads what a file would hold; messages call it `path`.
    ///
    /// - Throws: `InputError` where it is broken.
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

    /// The tensor of a name; nil where the file has none.
    ///
    /// - Throws: `InputError` where its elements are of a type that is not read here.
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

    /// The type's name and the shape of a tensor, whatever its type; nil where the file has none of this name.
    public func description(of name: String) -> (type: String, shape: [Int])? {
        entries[name].map { ($0.typeName, $0.shape) }
    }
}
