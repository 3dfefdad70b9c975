extension Node {
    /// The path of a file that a text names from the folder of its own file, or from the working directory on a command line.
    ///
    /// - Throws: `InputError` where it is no text.
    public func path() throws -> String {
        let name = try string()
        guard !name.isEmpty else { throw error("found an empty text, expected a path") }
        return name.hasPrefix("/") ? name : Self.folded(source.folder + name)
    }

    /// The path without `.`, and without `..` behind a folder.
    private static func folded(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == "..", let last = parts.last, last != ".." {
                parts.removeLast()
            } else {
                parts.append(part)
            }
        }
        return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
    }
}
