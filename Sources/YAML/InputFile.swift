#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Reading of whole files, with a limit.
public enum InputFile {
    /// The bytes of a file.
    ///
    /// - Throws: `FileError` where it cannot be read or is a folder, `InputError` where it is longer than `limit` bytes
    ///   or a Git LFS pointer.
    public static func bytes(of path: String, limit: Int) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(.read, path: path, reason: unopened(path, errno)) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError(.read, path: path, reason: reason(errno)) }
        if status.st_mode & S_IFMT == S_IFDIR { throw FileError(.read, path: path, reason: "it is a folder") }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(max(Int(status.st_size), 0), limit))
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError(.read, path: path, reason: reason(errno))
            }
            if count == 0 {
                try GitLFS.refusePointer(bytes, file: path)
                return bytes
            }
            bytes.append(contentsOf: chunk[..<count])
            if bytes.count > limit {
                throw InputError(
                    "the file has more than \(limit) bytes, the most that is read here",
                    at: Mark(file: path, line: 1, column: 1))
            }
        }
    }

    /// Why a file could not be opened; where there is none, the file of the folder whose name is nearest.
    private static func unopened(_ path: String, _ code: Int32) -> String {
        guard code == ENOENT else { return reason(code) }
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { String(path[...$0]) } ?? ""
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        guard let near = nearestName(to: name, among: names(in: folder.isEmpty ? "." : folder)) else {
            return reason(code)
        }
        return "\(reason(code)): did you mean \(quoted(folder + near, limit: .max))?"
    }

    /// The names in a folder that are not hidden, in their order; none where it cannot be read.
    private static func names(in folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    /// The system's words for an error number.
    public static func reason(_ code: Int32) -> String {
        strerror(code).map { String(cString: $0) } ?? "error \(code)"
    }
}
