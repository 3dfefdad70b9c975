import Foundation
import Synchronization

/// Tells how far a sweep is: on a terminal in one line that is written anew, elsewhere in a line a minute.
final class SweepProgress: Sendable {
    private struct State {
        var first: Int?
        var last: ContinuousClock.Instant?
    }

    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let start = ContinuousClock.now
    private let state = Mutex(State())

    /// Tells how many points are done, those of an earlier process among them.
    func tell(done: Int, of all: Int) {
        state.withLock { state in
            let now = ContinuousClock.now
            let first = state.first ?? done - 1
            state.first = first
            let pause: Duration = isTerminal ? .milliseconds(200) : .seconds(60)
            guard done == all && isTerminal || now - (state.last ?? (isTerminal ? start - pause : start)) >= pause
            else {
                return
            }
            state.last = now
            let seconds =
                Double((now - start).components.seconds) + Double((now - start).components.attoseconds) * 1e-18
            let text = Self.text(done: done, of: all, since: first, seconds: seconds)
            if isTerminal { Console.write("\r\u{1B}[K\(text)") } else { Console.say(text) }
        }
    }

    /// Ends the line.
    func end() {
        if isTerminal && state.withLock({ $0.first != nil }) { Console.write("\r\u{1B}[K") }
    }

    /// `120 of 1000 points, 3.4/s, 4 min 19 s left`.
    static func text(done: Int, of all: Int, since first: Int, seconds: Double) -> String {
        let rate = seconds > 0 ? Double(done - first) / seconds : 0
        guard rate > 0 else { return "\(done) of \(all) points" }
        let speed = rate >= 1 ? String(format: "%.1f/s", rate) : String(format: "%.1f/min", rate * 60)
        return "\(done) of \(all) points, \(speed), \(ProgressLine.duration(Double(all - done) / rate)) left"
    }
}
