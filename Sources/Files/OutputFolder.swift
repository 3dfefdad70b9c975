#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

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
            if !isFolder(current) {
                if mkdir(current, 0o777) == 0 {
                    made.append(current)
                } else if errno != EEXIST {
                    // Somebody else may make the same folder at the same time: that it is there is all that counts.
                    throw FileError(.write, path: path, reason: InputFile.reason(errno))
                }
            }
            current += "/"
        }
        guard isFolder(path) else {
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

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
