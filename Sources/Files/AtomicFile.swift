#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Writing of files that appear whole or not at all: written beside their place, flushed, then renamed into it.
public enum AtomicFile {
    /// Writes bytes to a file, in place of what was there.
    ///
    /// - Throws: `FileError`.
    public static func write(_ bytes: [UInt8], to path: String) throws {
        try write(to: path) { append in try bytes.withUnsafeBytes(append) }
    }

    /// Writes a text in UTF-8 to a file, in place of what was there.
    ///
    /// - Throws: `FileError`.
    public static func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

    /// Writes what `contents` appends, piece by piece. Where it throws, nothing has changed.
    ///
    /// What is no regular file (a terminal, a pipe) cannot be renamed into, and is written as it comes.
    ///
    /// - Throws: `FileError`, and what `contents` throws.
    public static func write(
        to path: String, contents: (_ append: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        guard try isReplaced(path) else { return try writeInPlace(path, contents: contents) }
        let file = try StagedFile(path, contents: contents)
        do {
            try file.commit()
        } catch {
            file.restore(isCommitted: false)
            throw error
        }
    }

    /// Whether a file is replaced as a whole; false for what is no regular file, which may wait without end for a reader.
    ///
    /// - Throws: `FileError` for a folder.
    public static func isReplaced(_ path: String) throws -> Bool {
        var status = stat()
        guard stat(path, &status) == 0 else { return true }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return true
        case S_IFDIR: throw FileError(.write, path: path, reason: "it is a folder")
        default: return false
        }
    }

    private static func writeInPlace(
        _ path: String, contents: (_ append: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(.write, path: path, reason: InputFile.reason(errno)) }
        defer { close(descriptor) }
        try contents { try append($0, to: descriptor, path: path) }
    }
}
