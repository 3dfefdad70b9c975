/// A folder that ships with the program, such as `Configs`, and the search for it.
public struct ShippedFolder: Sendable {
    /// The folder, if it was found.
    public let path: String?
    /// A text with the searched folders; empty if it was found.
    public let missing: String

    /// Searches for the folder: `given` (of an option), the environment variable, the executable's folder and those above it,
    /// the working directory and those above it.
    ///
    /// - Parameters:
    ///   - name: the folder's name, `Configs`.
    ///   - what: its contents, for messages: `shipped configurations`.
    ///   - given: the value of the option, if it is given.
    ///   - option: the option's name, `--configs`.
    ///   - variable: the environment variable's name, `WINOSIM_CONFIGS`.
    ///   - environment: the environment's variables.
    ///   - executable: the program's file, if known.
    ///   - workingDirectory: the folder of relative paths.
    ///   - isOurs: whether a folder of that name belongs to this program; other programs may use the same name.
    /// - Throws: `FileError` if the option or the variable does not name a folder.
    public init(
        _ name: String, what: String, given: String?, option: String, variable: String, environment: [String: String],
        executable: String?, workingDirectory: String, isOurs: (String) -> Bool
    ) throws {
        if let chosen = given ?? environment[variable].flatMap({ $0.isEmpty ? nil : $0 }) {
            guard InputFile.isFolder(chosen) else {
                let origin = given == nil ? "$\(variable)" : option
                throw FileError(.read, path: chosen, reason: "\(origin) names it, but it is not a folder")
            }
            path = chosen
            missing = ""
            return
        }
        var places: [String] = []
        for start in [executable.map { Self.parent(of: InputFile.resolvingLinks(in: $0)) }, workingDirectory]
            .compactMap({ $0 })
        {
            var current = start
            while true {
                let place = (current == "/" ? "" : current) + "/" + name
                if !places.contains(place) { places.append(place) }
                if current == "/" || current.isEmpty || !current.hasPrefix("/") { break }
                current = Self.parent(of: current)
            }
        }
        let path = places.first { InputFile.isFolder($0) && isOurs($0) }
        let searched = ["\(option) DIR (not given)", "$\(variable) (not set)"] + places
        missing = path == nil ? "found no folder of \(what) in: \(searched.joined(separator: ", "))" : ""
        self.path = path
    }

    /// The folder.
    ///
    /// - Throws: `FileError` if there is none; it lists the searched folders.
    public func required(name: String) throws -> String {
        if let path { return path }
        throw FileError(.read, path: name, reason: missing)
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
