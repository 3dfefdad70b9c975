#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Writes files whole or not at all: to a temporary file in the same folder, which is flushed and then renamed.
public enum AtomicFile {
    /// Writes bytes to a file, which is created or replaced.
    ///
    /// - Throws: `FileError`.
    public static func write(_ bytes: [UInt8], to path: String) throws {
        try write(to: path) { append in try bytes.withUnsafeBytes(append) }
    }

    /// Writes a text in UTF-8 to a file, which is created or replaced.
    ///
    /// - Throws: `FileError`.
    public static func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

    /// Writes what `contents` appends. If it throws, nothing has changed.
    ///
    /// A path that is not a regular file (a terminal, a pipe) cannot be replaced, and is written directly.
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

    /// Whether a file is replaced as a whole; false if it is not a regular file: writing to that may block without end.
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

/// A file's new contents, on disk in the same folder, before they replace it.
struct StagedFile {
    /// The file as the user named it.
    let path: String
    /// The target of a link, so that a link stays a link.
    private let target: String
    private let temporary: String
    /// A second name of the old file, from which it is restored.
    private var backup: String?

    /// Writes what `contents` appends, and flushes it. If it throws, nothing remains.
    ///
    /// - Throws: `FileError`, and what `contents` throws.
    init(_ path: String, contents: (_ append: (UnsafeRawBufferPointer) throws -> Void) throws -> Void) throws {
        self.path = path
        target = InputFile.resolvingLinks(in: path)
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

    /// Gives the old file a second name, from which `restore` restores it.
    ///
    /// - Throws: `FileError`. A file system without hard links is no error: nothing can be restored there.
    mutating func keep() throws {
        let name = Self.sibling(of: target, ending: "old")
        if link(target, name) == 0 {
            backup = name
        } else if ![ENOENT, EPERM, ENOTSUP, EMLINK].contains(errno) {
            throw failure()
        }
    }

    /// Replaces the old file with the new contents.
    ///
    /// - Throws: `FileError`.
    func commit() throws {
        guard rename(temporary, target) == 0 else { throw failure() }
    }

    /// Removes the old file while other files of the same set are replaced.
    func removeOld() { if backup != nil { unlink(target) } }

    /// Undoes everything: the file is again as before `keep`, or absent.
    func restore(isCommitted: Bool) {
        unlink(temporary)
        if let backup {
            rename(backup, target)
            // `rename` does nothing if both are names of one file.
            unlink(backup)
        } else if isCommitted {
            unlink(target)
        }
    }

    /// Removes the second name of the old file.
    func forget() { if let backup { unlink(backup) } }

    /// A unique name in a file's folder. Such a file remains only after a crash of the machine.
    private static func sibling(of target: String, ending: String) -> String {
        "\(target).\(String(UInt64.random(in: 0...UInt64.max), radix: 36)).\(ending)"
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

/// Writes files into folders.
public enum OutputFolder {
    /// Makes a folder, and those above it, where they are missing.
    ///
    /// - Returns: the folders that were made, outermost first.
    /// - Throws: `FileError` with the given path and the system's reason.
    @discardableResult public static func make(_ path: String) throws -> [String] {
        var current = path.hasPrefix("/") ? "/" : ""
        var made: [String] = []
        for component in path.split(separator: "/") {
            current += component
            if !InputFile.isFolder(current) {
                if mkdir(current, 0o777) == 0 {
                    made.append(current)
                } else if errno != EEXIST {
                    // Another process may make the same folder at the same time.
                    throw FileError(.write, path: path, reason: InputFile.reason(errno))
                }
            }
            current += "/"
        }
        guard InputFile.isFolder(path) else {
            let isThere = access(path, F_OK) == 0
            throw FileError(
                .write, path: path,
                reason: isThere ? "found a file, expected a folder" : InputFile.reason(errno))
        }
        return made
    }

    /// Writes the files of one result into a folder, which is created if needed: all of them or none. If it throws, the
    /// folder is unchanged.
    ///
    /// All contents are on disk before the first file is replaced. After a crash of the machine the last file is missing, or all
    /// files are new: old and new files are never mixed.
    ///
    /// - Parameters:
    ///   - files: names and contents; the last one is replaced last.
    ///   - folder: the folder's path.
    ///   - optional: names that an earlier run may have written; those that are not written now are removed, so that they
    ///     are not mistaken for this run's.
    /// - Returns: the names.
    /// - Throws: `FileError`.
    @discardableResult public static func write(
        _ files: [(name: String, bytes: [UInt8])], to folder: String, optional: [String] = []
    ) throws -> [String] {
        let made = try make(folder)
        let prefix = folder.hasSuffix("/") ? folder : folder + "/"
        let names = files.map(\.name)
        do {
            try replace(
                files.map { (prefix + $0.name, $0.bytes) },
                removing: optional.filter { !names.contains($0) }.map { prefix + $0 })
        } catch {
            for folder in made.reversed() { rmdir(folder) }
            throw error
        }
        flush(folder)
        return names
    }

    private static func replace(_ files: [(path: String, bytes: [UInt8])], removing stale: [String]) throws {
        for path in files.map(\.path) + stale {
            guard try AtomicFile.isReplaced(path) else {
                throw FileError(.write, path: path, reason: "it is not a regular file")
            }
        }
        var staged: [StagedFile] = []
        var committed = 0
        do {
            for (path, bytes) in files {
                staged.append(try StagedFile(path) { append in try bytes.withUnsafeBytes(append) })
            }
            for index in staged.indices { try staged[index].keep() }
            staged.last?.removeOld()
            for file in staged {
                if committed + 1 == staged.count { try remove(stale) }
                try file.commit()
                committed += 1
            }
        } catch {
            for (index, file) in staged.enumerated() { file.restore(isCommitted: index < committed) }
            throw error
        }
        for file in staged { file.forget() }
    }

    private static func remove(_ paths: [String]) throws {
        for path in paths where unlink(path) != 0 && errno != ENOENT {
            throw FileError(.write, path: path, reason: InputFile.reason(errno))
        }
    }

    /// Flushes the names of a folder to disk; a folder that cannot be flushed is no error.
    private static func flush(_ folder: String) {
        let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
