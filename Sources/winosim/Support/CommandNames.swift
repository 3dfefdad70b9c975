import ArgumentParser
import Files

/// Looks at the commands' names before the parser does, which knows no near ones.
enum CommandNames {
    /// Follows the arguments down the tree of commands as far as they are names; what to say where one is none.
    static func fault(in arguments: [String]) -> String? {
        var command: any ParsableCommand.Type = Winosim.self
        var place = "winosim"
        for word in arguments {
            let choices = command.configuration.subcommands
            if choices.isEmpty || word.hasPrefix("-") { return nil }
            if word == "help", place == "winosim" { continue }
            guard let next = choices.first(where: { $0._commandName == word }) else {
                let names = choices.map { $0._commandName }
                let near = nearestName(to: word, among: names).map { ": did you mean \(quoted($0))?" } ?? "."
                return """
                    Error: \(place) has no command \(quoted(word))\(near) It has \(names.joined(separator: ", ")).
                      See '\(place) --help' for more information.
                    """
            }
            command = next
            place += " \(word)"
        }
        return nil
    }
}
