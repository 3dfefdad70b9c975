#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file's new contents, on disk beside its place, before they take it.
struct StagedFile {
    /// The file as the user named it.
    let path: String
    /// Where a link leads, so that a link stays a link.
    private let target: String
    private let temporary: String
    /// Another name of what stands in the place, to bring it back.
    private var backup: String?

    /// Writes what `contents` appends, and flushes it. Where it throws, nothing is left.
    ///
    /// - Throws: `FileError`, and what `contents` throws.
    init(_ path: String, contents: (_ append: (UnsafeRawBufferPointer) throws -> Void) throws -> Void) throws {
        self.path = path
        target = Self.resolved(path)
        temporary = Self.sibling(of: target, ending: "part")
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw failure() }
        do {
            defer { close(descriptor) }
            try contents { try append($0, to: descriptor, path: path) }
            guard fsync(descriptor) == 0 else { throw failure() }
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// Gives what stands in the place a second name, from which `restore` brings it back.
    ///
    /// - Throws: `FileError`. A file system without second names is no error: nothing can be brought back there.
    mutating func keep() throws {
        let name = Self.sibling(of: target, ending: "old")
        if link(target, name) == 0 {
            backup = name
        } else if ![ENOENT, EPERM, ENOTSUP, EMLINK].contains(errno) {
            throw failure()
        }
    }

    /// Puts the contents into their place.
    ///
    /// - Throws: `FileError`.
    func commit() throws {
        guard rename(temporary, target) == 0 else { throw failure() }
    }

    /// Takes the old contents away, for as long as other files of the same set are being replaced.
    func removeOld() { if backup != nil { unlink(target) } }

    /// Undoes all: what stood in the place before `keep` stands there again, else nothing.
    func restore(isCommitted: Bool) {
        unlink(temporary)
        if let backup {
            rename(backup, target)
            // Two names of one file: then the call above does nothing.
            unlink(backup)
        } else if isCommitted {
            unlink(target)
        }
    }

    /// Drops the second name of the old contents.
    func forget() { if let backup { unlink(backup) } }

    /// A name beside a file, which no other file has. A file of it that is left tells that the machine went down.
    private static func sibling(of target: String, ending: String) -> String {
        "\(target).\(String(UInt64.random(in: 0...UInt64.max), radix: 36)).\(ending)"
    }

    static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    private func failure() -> FileError { FileError(.write, path: path, reason: InputFile.reason(errno)) }
}

/// Writes all bytes.
///
/// - Throws: `FileError`.
func append(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, path: String) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count < 0 {
            if errno == EINTR { continue }
            throw FileError(.write, path: path, reason: InputFile.reason(errno))
        }
        rest = rest.dropFirst(count)
    }
}
