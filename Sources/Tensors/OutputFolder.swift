import YAML

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
    /// - Throws: `FileError` with the path as it was given and the system's words.
    public static func make(_ path: String) throws {
        var made = path.hasPrefix("/") ? "/" : ""
        for component in path.split(separator: "/") {
            made += component
            // Somebody else may make the same folder at the same time: that it is there is all that counts.
            if !isFolder(made), mkdir(made, 0o777) != 0, errno != EEXIST {
                throw FileError(.write, path: path, reason: InputFile.reason(errno))
            }
            made += "/"
        }
        guard isFolder(path) else {
            let isThere = access(path, F_OK) == 0
            throw FileError(
                .write, path: path,
                reason: isThere ? "it is a file, and a folder was expected" : InputFile.reason(errno))
        }
    }

    /// Writes files into a folder, which is made where it is missing; each appears whole or not at all.
    ///
    /// - Parameter optional: names that an earlier run may have written; those that are not written now are removed, as they would
    ///   pass for this run's.
    /// - Returns: the names.
    /// - Throws: `FileError`.
    @discardableResult public static func write(
        _ files: [(name: String, bytes: [UInt8])], to folder: String, optional: [String] = []
    ) throws -> [String] {
        try make(folder)
        let prefix = folder.hasSuffix("/") ? folder : folder + "/"
        let names = files.map(\.name)
        for name in optional where !names.contains(name) && unlink(prefix + name) != 0 && errno != ENOENT {
            throw FileError(.write, path: prefix + name, reason: InputFile.reason(errno))
        }
        for (name, bytes) in files { try AtomicFile.write(bytes, to: prefix + name) }
        return names
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
