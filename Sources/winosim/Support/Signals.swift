import Dispatch
import Foundation
import Synchronization

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
