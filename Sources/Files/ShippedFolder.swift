/// A folder that ships with the program, such as `Configs`: where it is looked for, and where it was found.
public struct ShippedFolder: Sendable {
    /// The folder, if it was found.
    public let path: String?
    /// Where it was looked for in vain, in words; empty where it was found.
    public let missing: String

    /// Looks for the folder: `given` (of an option), the environment variable, beside the executable, upward from it, upward
    /// from the working directory.
    ///
    /// - Parameters:
    ///   - name: the folder's name, `Configs`.
    ///   - what: what it holds, for messages: `shipped configurations`.
    ///   - given: the folder that the option gives, if it does.
    ///   - option: the option that gives it, `--configs`.
    ///   - variable: the environment variable that gives it, `WINOSIM_CONFIGS`.
    ///   - environment: the environment's variables.
    ///   - executable: the program's file, if it is known.
    ///   - workingDirectory: the folder from which relative paths start.
    ///   - isOurs: whether a folder of that name is the program's own; another program may have one too.
    /// - Throws: `FileError` where the option or the variable names what is no folder.
    public init(
        _ name: String, what: String, given: String?, option: String, variable: String, environment: [String: String],
        executable: String?, workingDirectory: String, isOurs: (String) -> Bool
    ) throws {
        if let chosen = given ?? environment[variable].flatMap({ $0.isEmpty ? nil : $0 }) {
            guard InputFile.isFolder(chosen) else {
                let origin = given == nil ? "$\(variable)" : option
                throw FileError(.read, path: chosen, reason: "\(origin) names it, but it is no folder")
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
        missing = path == nil ? "the folder of \(what) is in none of: \(searched.joined(separator: ", "))" : ""
        self.path = path
    }

    /// The folder.
    ///
    /// - Throws: `FileError` where there is none; it lists the places that were searched.
    public func required(name: String) throws -> String {
        if let path { return path }
        throw FileError(.read, path: name, reason: missing)
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
