import ArgumentParser

/// Refuses an empty path: a shell variable that is not set, most often.
func requirePaths(_ paths: (name: String, path: String?)...) throws {
    for (name, path) in paths where path?.isEmpty == true {
        throw ValidationError("\(name) is an empty text, expected a path.")
    }
}
