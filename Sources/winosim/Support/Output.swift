import Dispatch
import Files
import Foundation
import Synchronization

/// Standard output for results, standard error for messages.
enum Console {
    /// Writes results. A closed pipe (`| head`) is no error: the rest is dropped.
    ///
    /// - Throws: `FileError` if standard output cannot be written for another reason.
    static func print(_ bytes: some Sequence<UInt8>) throws {
        if let code = write(Array(bytes), to: STDOUT_FILENO), code != EPIPE {
            throw FileError(.write, path: "standard output", reason: InputFile.reason(code))
        }
    }

    /// Writes a text that ends with a newline.
    static func print(_ text: String) throws { try print(text.utf8) }

    /// Writes a message with a newline; errors are ignored.
    static func say(_ text: String) { _ = write(Array((text + "\n").utf8), to: STDERR_FILENO) }

    /// Writes a message without a newline.
    static func write(_ text: String) { _ = write(Array(text.utf8), to: STDERR_FILENO) }

    /// Writes all bytes; returns the system's error number on failure.
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

/// The terminal of standard output.
enum Terminal {
    /// Characters per line: `$COLUMNS` if set, else the terminal's width, else 80.
    static var width: Int {
        width(variable: ProcessInfo.processInfo.environment["COLUMNS"], window: window(of: STDOUT_FILENO))
    }

    /// The width from these two; at least 40.
    static func width(variable: String?, window: Int?) -> Int {
        [variable.flatMap { Int($0) }, window].compactMap { $0 }.first { $0 > 0 }.map { max($0, 40) } ?? 80
    }

    /// The width of a file's terminal; nil if it is not a terminal.
    static func window(of file: Int32) -> Int? {
        var size = winsize()
        guard ioctl(file, UInt(TIOCGWINSZ), &size) == 0 else { return nil }
        return Int(size.ws_col)
    }
}

/// The file of an option such as `--csv`.
enum OutputFile {
    /// Writes it whole or not at all; a signal waits until it is written. A pipe is written directly, and may block without end:
    /// there a signal ends the program at once.
    ///
    /// - Throws: `FileError`.
    static func write(_ bytes: [UInt8], to path: String) throws {
        guard try AtomicFile.isReplaced(path) else { return try AtomicFile.write(bytes, to: path) }
        try Signals.holding { try AtomicFile.write(bytes, to: path) }
    }
}

/// Handling of ^C and closed pipes: the program ends at once, without partial files.
enum Signals {
    private static let writing = Mutex(())
    private static let queue = DispatchQueue(label: "winosim.signals")

    /// Handles SIGINT and SIGTERM, and makes writing to a closed pipe an error instead of a signal.
    static func install() {
        signal(SIGPIPE, SIG_IGN)
        // The same for writing beyond the limit of a shell or a cluster on file sizes.
        signal(SIGXFSZ, SIG_IGN)
        for number in [SIGINT, SIGTERM] {
            let previous = signal(number, SIG_IGN)
            // Background jobs of a shell ignore ^C; that is kept.
            if unsafeBitCast(previous, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) { continue }
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            // The handler keeps its source alive as long as the program.
            source.setEventHandler { withExtendedLifetime(source) { end(128 + number) } }
            source.resume()
        }
    }

    /// Ends the program after the current write.
    private static func end(_ code: Int32) { writing.withLock { _ in _exit(code) } }

    /// Runs `body`, which writes files; a signal waits until it returns, so that all files are written or none.
    static func holding<R>(_ body: () throws -> R) rethrows -> R { try writing.withLock { _ in try body() } }
}
