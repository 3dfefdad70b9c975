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

/// Folders that files are written to.
public enum OutputFolder {
    /// Makes a folder, and those above it, where they are missing.
    ///
    /// - Returns: the folders that were made, outermost first.
    /// - Throws: `FileError` with the path as it was given and the system's words.
    @discardableResult public static func make(_ path: String) throws -> [String] {
        var current = path.hasPrefix("/") ? "/" : ""
        var made: [String] = []
        for component in path.split(separator: "/") {
            current += component
            if !InputFile.isFolder(current) {
                if mkdir(current, 0o777) == 0 {
                    made.append(current)
                } else if errno != EEXIST {
                    // Somebody else may make the same folder at the same time: that it is there is all that counts.
                    throw FileError(.write, path: path, reason: InputFile.reason(errno))
                }
            }
            current += "/"
        }
        guard InputFile.isFolder(path) else {
            let isThere = access(path, F_OK) == 0
            throw FileError(
                .write, path: path,
                reason: isThere ? "it is a file, and a folder was expected" : InputFile.reason(errno))
        }
        return made
    }

    /// Writes the files of one result into a folder, which is made where it is missing: all of them or none. Where it throws,
    /// the folder is as it was.
    ///
    /// All contents are on disk before the first file is replaced. Should the machine go down while they are, the folder
    /// lacks the last of the files, or that is whole and so are the others: no old file passes for a new one.
    ///
    /// - Parameters:
    ///   - files: names and contents; the last one is put in last.
    ///   - folder: the folder's path.
    ///   - optional: names that an earlier run may have written; those that are not written now are removed, as they
    ///     would pass for this run's.
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

    /// Sees to it that the names of a folder are on disk; a folder that cannot be flushed is no error.
    private static func flush(_ folder: String) {
        let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
