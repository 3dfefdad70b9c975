import Reports

/// What became of a sweep's points.
public struct SweepResult: Report {
    let identity: SweepIdentity
    let objectives: [Objective]
    /// In the order of their numbers.
    let rows: [SweepRow]
    let front: ParetoFront

    init(_ identity: SweepIdentity, rows: [SweepRow]) {
        self.identity = identity
        self.rows = rows
        objectives = identity.objectives
        front = ParetoFront(rows, objectives: objectives, apart: identity.apart)
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
}
