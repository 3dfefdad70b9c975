/// The points that no other point beats: none is as good by every objective and better by one.
struct ParetoFront {
    /// Numbers of the points on the front.
    let numbers: Set<Int>

    /// - Parameter apart: axes by which points stand apart: only points with equal values of them are held against each other.
    init(_ rows: [SweepRow], objectives: [Objective], apart: [Int]) {
        numbers = Set(
            Dictionary(grouping: rows) { row in apart.map { row.axes[$0] } }.values.flatMap {
                Self.front($0, objectives)
            })
    }

    private static func front(_ rows: [SweepRow], _ objectives: [Objective]) -> [Int] {
        let candidates = rows.compactMap { row -> (number: Int, costs: [Double])? in
            let costs = objectives.compactMap { $0.cost(row) }
            return row.error.isEmpty && costs.count == objectives.count ? (row.number, costs) : nil
        }.sorted { $0.costs.lexicographicallyPrecedes($1.costs) }
        // In this order a point can be beaten by those before it alone, and then by one that is on the front.
        var front: [(number: Int, costs: [Double])] = []
        for candidate in candidates
        where !front.contains(where: { $0.costs != candidate.costs && beats($0.costs, candidate.costs) }) {
            front.append(candidate)
        }
        return front.map(\.number)
    }

    /// Whether nothing of `a` is worse.
    private static func beats(_ a: [Double], _ b: [Double]) -> Bool { zip(a, b).allSatisfy { $0 <= $1 } }
}
