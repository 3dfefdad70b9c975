import Reports
import TestSupport
import Testing

@testable import Sweeps

@Suite struct ParetoTests {
    private static func row(_ number: Int, _ trace: String, _ values: [Int?], error: String = "") -> SweepRow {
        if !error.isEmpty { return SweepRow(number: number, axes: [trace], error: error) }
        var figures = RunTotals.Figure.all.map { _ in "" }
        for (index, value) in values.enumerated() { figures[index] = value.map(String.init) ?? "" }
        guard let totals = RunTotals(texts: figures) else { preconditionFailure("no figures: \(figures)") }
        return SweepRow(number: number, axes: [trace], totals: totals)
    }

    private static func objectives(_ directions: [Objective.Direction]) -> [Objective] {
        directions.enumerated().map { Objective(figure: RunTotals.Figure.all[$0.offset], direction: $0.element) }
    }

    /// A point is on the front if no other one of its trace is as good by all objectives and better by one.
    @Test func randomFrontsMatchTheDefinition() {
        let seed: UInt64 = 17
        var random = SeededGenerator(seed: seed)
        for round in 0..<300 {
            let directions = (0..<random.number(1...4)).map { _ in random.pick(Objective.Direction.allCases) }
            let rows = (1...random.number(1...60)).map { number in
                Self.row(
                    number, random.pick(["a", "b"]),
                    directions.map { _ in random.below(20) == 0 ? nil : random.below(6) },
                    error: random.below(15) == 0 ? "it failed" : "")
            }
            let objectives = Self.objectives(directions)
            func costs(_ row: SweepRow) -> [Double]? {
                let costs = objectives.compactMap { objective in
                    row[objective.figure].number.map { objective.direction == .minimize ? $0 : -$0 }
                }
                return row.error.isEmpty && costs.count == objectives.count ? costs : nil
            }
            let expected = rows.filter { row in
                guard let mine = costs(row) else { return false }
                return !rows.contains { other in
                    guard other.axes == row.axes, let others = costs(other) else { return false }
                    return zip(others, mine).allSatisfy { $0 <= $1 } && others != mine
                }
            }
            let front = ParetoFront(rows, objectives: objectives, apart: [0])
            #expect(front.numbers == Set(expected.map(\.number)), "seed \(seed), round \(round)")
        }
    }

    @Test func equalPointsAreBothOnTheFront() {
        let rows = [Self.row(1, "a", [3, 4]), Self.row(2, "a", [3, 4]), Self.row(3, "a", [4, 4])]
        #expect(ParetoFront(rows, objectives: Self.objectives([.minimize, .minimize]), apart: [0]).numbers == [1, 2])
        #expect(ParetoFront(rows, objectives: Self.objectives([.maximize, .minimize]), apart: [0]).numbers == [3])
    }
}
