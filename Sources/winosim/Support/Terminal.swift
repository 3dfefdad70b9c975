import Foundation

/// What standard output is shown on.
enum Terminal {
    /// Characters of a line: `$COLUMNS` where it is set, else what the terminal says, else 80.
    static var width: Int {
        width(variable: ProcessInfo.processInfo.environment["COLUMNS"], window: window(of: STDOUT_FILENO))
    }

    /// The same from what the two say; a width below that of a narrow terminal is not taken.
    static func width(variable: String?, window: Int?) -> Int {
        [variable.flatMap { Int($0) }, window].compactMap { $0 }.first { $0 > 0 }.map { max($0, 40) } ?? 80
    }

    /// Characters of a line of the terminal behind a file; nil where it is none.
    static func window(of file: Int32) -> Int? {
        var size = winsize()
        guard ioctl(file, UInt(TIOCGWINSZ), &size) == 0 else { return nil }
        return Int(size.ws_col)
    }
}
