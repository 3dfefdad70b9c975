import Dispatch
import Foundation
import Synchronization

/// Shows the progress of long work on a terminal: one line of standard error that is rewritten, from two seconds after the start.
/// Without a terminal it shows nothing.
final class ProgressLine: Sendable {
    private struct State {
        var text: String
        var share = 0.0
        var isShown = false
        var isOver = false
    }

    private static let delay = 2.0
    private let start = ContinuousClock.now
    private let state: Mutex<State>

    /// Starts; `text` is shown before the first progress.
    init(_ text: String) {
        state = Mutex(State(text: text))
        guard isatty(STDERR_FILENO) == 1 else { return }
        // Not a task: all threads of tasks may be busy.
        let timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "winosim.progress"))
        timer.schedule(deadline: .now() + Self.delay, repeating: 0.2)
        // The handler keeps its timer alive until the end.
        timer.setEventHandler { if !self.show() { timer.cancel() } }
        timer.resume()
    }

    /// Sets the text and the finished share of the work.
    func tell(_ text: String, share: Double) {
        state.withLock { ($0.text, $0.share) = (text, share) }
    }

    /// Ends the line.
    func end() {
        state.withLock { state in
            if state.isShown { Console.write("\r\u{1B}[K") }
            (state.isShown, state.isOver) = (false, true)
        }
    }

    /// Writes the line; false after its end.
    private func show() -> Bool {
        state.withLock { state in
            if state.isOver { return false }
            let seconds = Double((ContinuousClock.now - start) / .seconds(1))
            let line = Self.line(state.text, share: state.share, seconds: seconds)
            let width = Terminal.width(variable: nil, window: Terminal.window(of: STDERR_FILENO))
            Console.write("\r\u{1B}[K\(line.prefix(width - 1))")
            state.isShown = true
            return true
        }
    }

    /// `3 of 22 layers, 12 s, 40 s left`.
    static func line(_ text: String, share: Double, seconds: Double) -> String {
        let left = share > 0 ? ", \(duration(seconds * (1 - share) / share)) left" : ""
        return "\(text), \(duration(seconds))\(left)"
    }

    /// `4 min 19 s`.
    static func duration(_ seconds: Double) -> String {
        let whole = Int(min(seconds, 1e9).rounded(.up))
        switch whole {
        case ..<60: return "\(whole) s"
        case ..<3600: return "\(whole / 60) min \(whole % 60) s"
        default: return "\(whole / 3600) h \(whole % 3600 / 60) min"
        }
    }
}

/// Counts finished layers of a trace, weighted by their work.
struct LayerProgress {
    /// By index of a layer, its multiplications.
    let work: [Int: Int]

    /// Calls `body`, which reports every finished layer, and shows the progress.
    ///
    /// - Parameters:
    ///   - verb: the work on layers: `simulated`.
    ///   - body: the work.
    func shown<R>(
        _ verb: String, _ body: (_ told: @escaping @Sendable (Int) -> Void) async throws -> R
    ) async throws -> R {
        let count = work.count
        let all = work.values.reduce(0.0) { $0 + Double($1) }
        let line = ProgressLine("0 of \(count) layers \(verb)")
        defer { line.end() }
        let tally = Tally()
        return try await body { [work] layer in
            let (done, part) = tally.add(Double(work[layer] ?? 0))
            line.tell("\(done) of \(count) layers \(verb)", share: all > 0 ? min(1, part / all) : 0)
        }
    }

    /// Finished layers, and their work.
    private final class Tally: Sendable {
        private let sums = Mutex((layers: 0, work: 0.0))

        func add(_ work: Double) -> (layers: Int, work: Double) {
            sums.withLock { sums in
                sums.layers += 1
                sums.work += work
                return sums
            }
        }
    }
}

/// Shows the progress of a sweep: on a terminal in one line that is rewritten, elsewhere one line per minute.
final class SweepProgress: Sendable {
    private struct State {
        var first: Int?
        var last: ContinuousClock.Instant?
    }

    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let start = ContinuousClock.now
    private let state = Mutex(State())

    /// Shows the number of finished points, those of earlier processes included.
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
