import Hardware
import Reports
import YAML

/// A question about many machines: which of them run which traces best.
public struct Sweep: Sendable {
    /// The sweep's file.
    public var path: String
    /// The mapping of the configuration that all points change; nil for the default machine.
    var base: Node?
    /// Keys of that configuration that are changed for all points.
    var overrides: [Override]
    /// What differs from point to point, in the file's order, the traces first.
    var axes: [Axis]
    /// Axes that move in step: indices into `axes`, in the order of their first one. Every axis is in one of them.
    var groups: [[Int]]
    /// Axes whose values each have a front of their own: indices into `axes`.
    var apart: [Int]
    /// What points have to hold.
    var constraints: [Constraint]
    /// What points are judged by; at least one.
    var objectives: [Objective]
    /// Which points of the grid are taken.
    var sample: Sample

    /// Names and texts of all that the file asks for, in its order: two sweeps are the same where these are.
    var description: [(name: String, text: String)] {
        var lines = axes.map { ("axis \($0.name)", $0.values.map(\.text).joined(separator: ", ")) }
        lines += groups.filter { $0.count > 1 }.map { ("together", $0.map { axes[$0].name }.joined(separator: ", ")) }
        lines += apart.map { ("apart", axes[$0].name) }
        lines += overrides.map { ("set", $0.text) }
        lines += constraints.map { ("constraint", $0.text) }
        lines += objectives.map { ("objective \($0.name)", $0.direction.rawValue) }
        return lines + [("sample", sample.description)]
    }
}

/// A figure of the totals that is to be small or large.
struct Objective: Hashable, Sendable {
    enum Direction: String, CaseIterable, Hashable, Sendable {
        case minimize, maximize
    }

    let figure: RunTotals.Figure
    let direction: Direction

    /// The figures that can be objectives: those that are numbers.
    static let figures = RunTotals.Figure.all.filter { $0.column.kind != .text }

    /// The figure that a file names; nil where there is none.
    static func figure(named name: String) -> RunTotals.Figure? { figures.first { $0.column.name == name } }

    /// The column's name.
    var name: String { figure.column.name }

    /// What is to be small; nil where the figure is not defined.
    func cost(_ row: SweepRow) -> Double? { row[figure].number.map { direction == .minimize ? $0 : -$0 } }
}

/// Which points of the grid a sweep takes.
enum Sample: Hashable, Sendable, CustomStringConvertible {
    /// All of them.
    case grid
    /// So many, each as likely as any other.
    case random(count: Int, seed: Int)
    /// So many, spread over each axis by itself (M. McKay, R. Beckman, W. Conover, Technometrics 21, 1979).
    case latinHypercube(count: Int, seed: Int)

    var description: String {
        switch self {
        case .grid: "grid"
        case .random(let count, let seed): "random, count \(count), seed \(seed)"
        case .latinHypercube(let count, let seed): "latin-hypercube, count \(count), seed \(seed)"
        }
    }
}
