#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Reads whole files up to a limit.
public enum InputFile {
    /// The bytes of a file.
    ///
    /// - Throws: `FileError` if it cannot be read or is a folder, `InputError` if it is longer than `limit` bytes or a Git
    ///   LFS pointer.
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
                    "the file is too large: expected at most \(limit) bytes",
                    at: Mark(file: path, line: 1, column: 1))
            }
        }
    }

    /// Why a file could not be opened; for a missing file with the nearest name in its folder.
    private static func unopened(_ path: String, _ code: Int32) -> String {
        reason(code) + (code == ENOENT ? didYouMean(nearest(to: path)) : "")
    }

    /// The file or folder that a path without a file most likely means: one in the same folder, with `.yaml` appended or with a
    /// similar name; nil if there is none.
    public static func nearest(to path: String) -> String? {
        if isFile(path + ".yaml") { return path + ".yaml" }
        let folder = folder(of: path)
        let name = String(path.dropFirst(folder.count))
        return nearestName(to: name, among: names(in: folder.isEmpty ? "." : folder)).map { folder + $0 }
    }

    /// Whether a path is an existing file, not a folder.
    public static func isFile(_ path: String) -> Bool { mode(of: path).map { $0 != S_IFDIR } ?? false }

    /// Whether a path is an existing folder.
    public static func isFolder(_ path: String) -> Bool { mode(of: path) == S_IFDIR }

    private static func mode(of path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
    }

    /// The folder of a file with a trailing slash; empty for the working directory.
    package static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    }

    /// The path without symbolic links; unchanged if there is no such file.
    package static func resolvingLinks(in path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    /// The first bytes of a file as text; empty if it cannot be read.
    public static func beginning(of path: String, count: Int) -> String {
        guard isFile(path), case let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), descriptor >= 0 else {
            return ""
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: count)
        let found = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        return String(decoding: bytes.prefix(max(0, found)), as: UTF8.self)
    }

    /// The names in a folder that are not hidden, sorted; empty if it cannot be read.
    public static func names(in folder: String) -> [String] {
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

    /// The system's text for an error number.
    public static func reason(_ code: Int32) -> String {
        strerror(code).map { String(cString: $0) } ?? "error \(code)"
    }
}

/// Pointers of Git Large File Storage: short texts in place of files that were not fetched.
public enum GitLFS {
    private static let start = Array("version https://git-lfs.github.com/spec/v1".utf8)

    /// Refuses a pointer where its file is expected.
    ///
    /// - Throws: `InputError` that says how to get the file.
    public static func refusePointer(_ bytes: some Collection<UInt8>, file: String) throws {
        guard bytes.starts(with: start) else { return }
        let lines = String(decoding: bytes.prefix(1024), as: UTF8.self).split(separator: "\n")
        let size = lines.first { $0.hasPrefix("size ") }.flatMap { Int($0.dropFirst(5)) }
        throw InputError(
            "found a Git LFS pointer, expected the file itself"
                + (size.map { ", which has \($0) bytes" } ?? "")
                + ": run \"git lfs pull\" in the repository to fetch it",
            at: Mark(file: file, line: 1, column: 1))
    }
}
