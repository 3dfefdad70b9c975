import Files
import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file that one process alone appends to, and whose every piece is on disk before the next.
struct JournalFile: ~Copyable {
    private let path: String
    private let descriptor: Int32
    private var length = 0

    /// Opens a file, or makes it, and takes it for this process.
    ///
    /// - Throws: `FileError` where it cannot be opened or another process has it.
    init(path: String) throws {
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw FileError(.write, path: path, reason: InputFile.reason(errno)) }
        var status = stat()
        // A pipe, say, would be waited for without end.
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw FileError(.write, path: path, reason: "it is no file that could be a journal")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let reason =
                errno == EWOULDBLOCK
                ? "another winosim works on this sweep: wait for it, or name another folder" : InputFile.reason(errno)
            throw FileError(.write, path: path, reason: reason)
        }
        // The file's name is on disk before anything is in it.
        let folder = open((path as NSString).deletingLastPathComponent, O_RDONLY | O_CLOEXEC)
        if folder >= 0 {
            fsync(folder)
            close(folder)
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// All that is in it.
    ///
    /// - Throws: `FileError`, `InputError` for a file that is too long to be a journal.
    func bytes() throws -> [UInt8] { try InputFile.bytes(of: path, limit: 1 << 32) }

    /// Drops what stands behind a length, and appends there.
    ///
    /// - Throws: `FileError`.
    mutating func cut(to length: Int) throws {
        guard ftruncate(descriptor, off_t(length)) == 0 else { throw failure() }
        self.length = length
    }

    /// Adds bytes; they are on disk when this returns. Where that fails, the file is as it was.
    ///
    /// - Throws: `FileError`.
    mutating func append(_ bytes: [UInt8]) throws {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress, $0.count, off_t(length + written))
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw undone() }
            written += count
        }
        guard fsync(descriptor) == 0 else { throw undone() }
        length += bytes.count
    }

    private func undone() -> FileError {
        let error = failure()
        _ = ftruncate(descriptor, off_t(length))
        return error
    }

    private func failure() -> FileError { FileError(.write, path: path, reason: InputFile.reason(errno)) }
}
