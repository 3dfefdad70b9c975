import ArgumentParser
import Files
import Foundation

/// Converts errors to messages and exit codes.
enum Failure {
    /// Exit codes, as in `sysexits.h` except `work`.
    enum Code: Int32 {
        case work = 1
        case badData = 65
        case unreadable = 66
        case bug = 70
        case unwritable = 73
    }

    /// Prints a command's error on standard error, and ends the program.
    static func exit(_ error: any Error, of command: any ParsableCommand.Type) -> Never {
        if let code = report(error) { Foundation.exit(code.rawValue) }
        leave(error, to: command)
    }

    /// Ends the program with the argument parser's text: help on standard output, usage on standard error. The parser's own exit
    /// ignores errors of standard output.
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

    /// Prints an error; nil for those of the argument parser: help, usage, and exit codes already decided.
    static func report(_ error: any Error) -> Code? {
        guard let (code, text) = words(for: error) else { return nil }
        Console.say(text)
        return code
    }

    /// The exit code and the message; nil for errors of the argument parser.
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
