import Reports
import Tensors

/// What became of a sweep's points.
public struct SweepResult: Sendable {
    let identity: SweepIdentity
    /// In the order of their numbers.
    let rows: [SweepRow]
    let front: ParetoFront

    init(_ identity: SweepIdentity, rows: [SweepRow]) {
        self.identity = identity
        self.rows = rows
        front = ParetoFront(rows, objectives: identity.objectives, apart: Self.workloads(identity.axes))
    }

    /// Points that ran.
    public var count: Int { rows.count }

    /// Points that failed.
    public var failures: Int { rows.count { !$0.error.isEmpty } }

    /// What points that failed have to say, each once, with the number of the first one that says it.
    public var reasons: [(point: Int, error: String)] {
        rows.filter { !$0.error.isEmpty }.map(\.error).unique().compactMap { error in
            rows.first { $0.error == error }.map { ($0.number, error) }
        }
    }

    /// The values by which a point's work is other than that of other points.
    func workload(_ row: SweepRow) -> [String] { Self.workloads(identity.axes).map { row.axes[$0] } }

    /// Axes by which points have different work to do: the trace and all of it but the tile, which is a way to do it.
    private static func workloads(_ axes: [String]) -> [Int] {
        let names = [Axis.traceName] + TraceKey.allCases.filter { $0 != .tile }.map(\.rawValue)
        return axes.indices.filter { names.contains(axes[$0]) }
    }

    /// `sweep.csv`: a line a point.
    public func csv() -> [UInt8] {
        CSV(
            names: ["point"] + identity.axes + RunTotals.figures.map(\.name) + ["pareto", "error"],
            rows: rows.lazy.map { row in
                ["\(row.number)"] + row.axes + row.figures + ["\(front.numbers.contains(row.number))", row.error]
            }
        ).bytes
    }
}
