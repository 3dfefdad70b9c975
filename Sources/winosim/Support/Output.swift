import Dispatch
import Files
import Foundation
import Synchronization

/// Standard output for results, standard error for talk.
enum Console {
    /// Writes results. A reader that has gone away (`| head`) is no error: what is left is dropped.
    ///
    /// - Throws: `FileError` where standard output cannot be written for another reason.
    static func print(_ bytes: some Sequence<UInt8>) throws {
        if let code = write(Array(bytes), to: STDOUT_FILENO), code != EPIPE {
            throw FileError(.write, path: "standard output", reason: InputFile.reason(code))
        }
    }

    /// Writes a text, which ends in a newline of its own.
    static func print(_ text: String) throws { try print(text.utf8) }

    /// Writes a line of talk; nobody can be told where this fails.
    static func say(_ text: String) { _ = write(Array((text + "\n").utf8), to: STDERR_FILENO) }

    /// Writes talk that does not end a line.
    static func write(_ text: String) { _ = write(Array(text.utf8), to: STDERR_FILENO) }

    /// Writes all bytes; returns the system's error number where it cannot.
    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
        bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let count = Foundation.write(
                    descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count >= 0 {
                    rest = rest.dropFirst(count)
                } else if errno == EAGAIN {
                    var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    _ = poll(&waiting, 1, -1)
                } else if errno != EINTR {
                    return errno
                }
            }
            return nil
        }
    }
}

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

/// The one file that an option such as `--csv` names.
enum OutputFile {
    /// Writes it, whole or not at all; a signal waits until it is there. A pipe is written as it comes, and may wait without end
    /// for its reader: there a signal ends the program at once.
    ///
    /// - Throws: `FileError`.
    static func write(_ bytes: [UInt8], to path: String) throws {
        guard try AtomicFile.isReplaced(path) else { return try AtomicFile.write(bytes, to: path) }
        try Signals.holding { try AtomicFile.write(bytes, to: path) }
    }
}

/// What ^C and a closed pipe do: the program ends at once, and no file is left half-written.
enum Signals {
    private static let writing = Mutex(())
    private static let queue = DispatchQueue(label: "winosim.signals")

    /// Takes over SIGINT and SIGTERM, and makes writing to a closed pipe an error instead of a death.
    static func install() {
        signal(SIGPIPE, SIG_IGN)
        // So is writing beyond the limit that a shell or a cluster sets on the size of files.
        signal(SIGXFSZ, SIG_IGN)
        for number in [SIGINT, SIGTERM] {
            let previous = signal(number, SIG_IGN)
            // A shell lets its background jobs ignore ^C; that stays.
            if unsafeBitCast(previous, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) { continue }
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            // The handler holds its own source: it lives as long as the program.
            source.setEventHandler { withExtendedLifetime(source) { end(128 + number) } }
            source.resume()
        }
    }

    /// Ends the program, after what is being written now.
    private static func end(_ code: Int32) { writing.withLock { _ in _exit(code) } }

    /// Runs `body`, which writes files; a signal waits until it is done, so that all of them appear or none.
    static func holding<R>(_ body: () throws -> R) rethrows -> R { try writing.withLock { _ in try body() } }
}
