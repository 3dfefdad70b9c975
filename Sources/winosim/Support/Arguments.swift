import ArgumentParser
import Files
import Foundation

/// The arguments as given by the system.
enum Arguments {
    /// A message if an argument is not UTF-8, which would name another file; nil if all are.
    static func broken() -> String? {
        for (number, argument) in CommandLine.unsafeArgv.arguments.enumerated()
        where String(validating: argument, as: UTF8.self) == nil {
            let shown = String(decoding: argument, as: UTF8.self)
            return """
                Error: argument \(number) is not UTF-8: \(quoted(shown)). Paths and names must be UTF-8; rename the file, \
                or use a link whose name is UTF-8.
                """
        }
        return nil
    }
}

extension UnsafeMutablePointer<UnsafeMutablePointer<Int8>?> {
    /// The bytes of each argument, the program's name first.
    fileprivate var arguments: [[UInt8]] {
        var arguments: [[UInt8]] = []
        while let text = self[arguments.count] {
            arguments.append(UnsafeBufferPointer(start: text, count: strlen(text)).map { UInt8(bitPattern: $0) })
        }
        return arguments
    }
}

/// Checks the commands' names before the parser, which proposes no near names.
enum CommandNames {
    /// Follows the arguments down the tree of commands; returns a message for an unknown name.
    static func fault(in arguments: [String]) -> String? {
        var command: any ParsableCommand.Type = Winosim.self
        var place = "winosim"
        for word in arguments {
            let choices = command.configuration.subcommands
            if choices.isEmpty || word.hasPrefix("-") { return nil }
            if word == "help", place == "winosim" { continue }
            guard let next = choices.first(where: { $0._commandName == word }) else {
                let names = choices.map { $0._commandName }
                let near = didYouMean(nearestName(to: word, among: names), otherwise: ".")
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

/// Refuses an empty path, which is most often an unset shell variable.
func requirePaths(_ paths: (name: String, path: String?)...) throws {
    for (name, path) in paths where path?.isEmpty == true {
        throw ValidationError("\(name) is an empty text, expected a path.")
    }
}
