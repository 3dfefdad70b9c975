import Files
import Foundation

/// The arguments as the system gave them.
enum Arguments {
    /// What to say where an argument is no UTF-8, which would name another file than was meant; nil where all are.
    static func broken() -> String? {
        for (number, argument) in CommandLine.unsafeArgv.arguments.enumerated()
        where String(validating: argument, as: UTF8.self) == nil {
            let shown = String(decoding: argument, as: UTF8.self)
            return """
                Error: argument \(number) is not UTF-8: \(quoted(shown)). Paths and names are read as UTF-8 here; rename the file, \
                or reach it by a link whose name is UTF-8.
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
