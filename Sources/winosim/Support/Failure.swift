import ArgumentParser
import Files
import Foundation

/// From an error to what the user reads and the exit code that scripts see.
enum Failure {
    /// Exit codes, after `sysexits.h` but for `work`.
    enum Code: Int32 {
        case work = 1
        case badData = 65
        case unreadable = 66
        case bug = 70
        case unwritable = 73
    }

    /// Says on standard error what went wrong with a command, and ends the program.
    static func exit(_ error: any Error, of command: any ParsableCommand.Type) -> Never {
        if let code = report(error) { Foundation.exit(code.rawValue) }
        leave(error, to: command)
    }

    /// Ends the program with what the argument parser has to say: help and its like on standard output, usage on standard
    /// error. The parser's own way out does not notice that standard output cannot be written.
    static func leave(_ error: any Error, to command: any ParsableCommand.Type) -> Never {
        let (text, code) = (command.fullMessage(for: error), command.exitCode(for: error))
        guard !text.isEmpty, code.isSuccess else {
            if !text.isEmpty { Console.say(text) }
            Foundation.exit(code.rawValue)
        }
        do {
            try Console.print(text + "\n")
        } catch {
            Foundation.exit(report(error)?.rawValue ?? Code.bug.rawValue)
        }
        Foundation.exit(code.rawValue)
    }

    /// Says what went wrong; nil for what belongs to the argument parser: help, usage, and exit codes already decided.
    static func report(_ error: any Error) -> Code? {
        guard let (code, text) = words(for: error) else { return nil }
        Console.say(text)
        return code
    }

    /// The exit code and what to say; nil for what belongs to the argument parser.
    static func words(for error: any Error) -> (code: Code, text: String)? {
        switch error {
        case let error as InputError:
            return (.badData, error.mark == nil ? "winosim: \(error)" : "\(error)")
        case let error as FileError:
            return (error.operation == .read ? .unreadable : .unwritable, "\(error)")
        case is ExitCode, is CleanExit, is ValidationError:
            return nil
        case _ where Winosim.exitCode(for: error) != .failure:
            return nil
        default:
            let text = """
                winosim: internal error (a bug in winosim, not in your input): \(error)
                winosim: please report it with this message, the command line, the trace and the configuration \
                (winosim \(winosimVersion))
                """
            return (.bug, text)
        }
    }
}
