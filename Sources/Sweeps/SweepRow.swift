import Reports

/// What became of a point: texts, as files have them.
struct SweepRow: Hashable, Sendable {
    /// The point's number.
    let number: Int
    /// By axis, its value.
    let axes: [String]
    /// By figure of the totals; all empty where the point failed.
    let figures: [String]
    /// Why the point failed; empty where it did not.
    let error: String

    /// A point that was run.
    init(number: Int, axes: [String], figures: [String]) {
        (self.number, self.axes, self.figures, error) = (number, axes, figures, "")
    }

    /// A point that failed.
    init(number: Int, axes: [String], error: String) {
        (self.number, self.axes, self.error) = (number, axes, error)
        figures = RunTotals.figures.map { _ in "" }
    }

    /// Reads a row that was written as texts; nil where they are none.
    init?(texts: [String], axes count: Int) {
        guard texts.count == 2 + count + RunTotals.figures.count, let number = Int(texts[0]) else { return nil }
        self.number = number
        axes = Array(texts[1...count])
        figures = Array(texts[(count + 1)...].dropLast())
        error = texts[texts.count - 1]
    }

    /// All of it.
    var texts: [String] { ["\(number)"] + axes + figures + [error] }

    /// A figure; nil where it is not defined.
    func value(_ objective: Objective) -> Double? { Double(figures[objective.figure]) }
}
