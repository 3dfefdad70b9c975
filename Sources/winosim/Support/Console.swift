import Files
import Foundation

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
