/// Pointers of Git Large File Storage: the small texts that stand in a checkout for files that were not fetched.
public enum GitLFS {
    private static let start = Array("version https://git-lfs.github.com/spec/v1".utf8)

    /// Refuses a pointer where the file that it stands for was expected.
    ///
    /// - Throws: `InputError` that says how to get the file.
    public static func refusePointer(_ bytes: some Collection<UInt8>, file: String) throws {
        guard bytes.starts(with: start) else { return }
        let lines = String(decoding: bytes.prefix(1024), as: UTF8.self).split(separator: "\n")
        let size = lines.first { $0.hasPrefix("size ") }.flatMap { Int($0.dropFirst(5)) }
        throw InputError(
            "this is a Git LFS pointer and not the file that it stands for"
                + (size.map { ", which has \($0) bytes" } ?? "")
                + ": run \"git lfs pull\" in the repository to get that",
            at: Mark(file: file, line: 1, column: 1))
    }
}
