import YAML

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
        let target = resolved(path)
        var status = stat()
        if stat(target, &status) == 0 {
            switch status.st_mode & S_IFMT {
            case S_IFREG: break
            case S_IFDIR: throw FileError(.write, path: path, reason: "it is a folder")
            default: return try writeInPlace(path, contents: contents)
            }
        }
        let temporary = "\(target).\(String(UInt64.random(in: 0...UInt64.max), radix: 36)).part"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw failure(path) }
        do {
            defer { close(descriptor) }
            try contents { try append($0, to: descriptor, path: path) }
            guard fsync(descriptor) == 0 else { throw failure(path) }
        } catch {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, target) == 0 else {
            let error = failure(path)
            unlink(temporary)
            throw error
        }
    }

    private static func writeInPlace(
        _ path: String, contents: (_ append: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        try contents { try append($0, to: descriptor, path: path) }
    }

    private static func append(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, path: String) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = systemWrite(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw failure(path)
            }
            rest = rest.dropFirst(count)
        }
    }

    /// The file that a path leads to, so that a link stays a link.
    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    private static func failure(_ path: String) -> FileError {
        FileError(.write, path: path, reason: InputFile.reason(errno))
    }
}

/// The system's call, which `AtomicFile.write` hides by its name.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
