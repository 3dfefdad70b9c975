import Files
import Traces

/// The grid of a sweep: a cell for each choice of values, numbered from 0 with the last axis fastest.
struct SweepSpace: Sendable {
    /// The most cells that are looked at one by one.
    static let cellLimit = 10_000_000
    /// The most points of a sweep.
    static let pointLimit = 1_000_000

    private let axes: Int
    private let groups: [[Int]]
    /// By group, the indices of the values that are in it.
    private let values: [[Int]]
    private var counts: [Int] { values.map(\.count) }
    /// Cells; nil where they are more than a number holds.
    let cells: Int?

    /// - Parameter values: by group of axes that move in step, the indices of the values that may be in a cell.
    init(_ sweep: Sweep, values: [[Int]]) {
        axes = sweep.axes.count
        groups = sweep.groups
        self.values = values
        cells = values.reduce(into: Int?(1)) { product, values in
            product = product.flatMap {
                let (value, overflow) = $0.multipliedReportingOverflow(by: values.count)
                return overflow ? nil : value
            }
        }
    }

    /// By axis, the index of its value in a cell.
    func indices(ofCell cell: Int) -> [Int] {
        let counts = counts
        var rest = cell
        var chosen = [Int](repeating: 0, count: counts.count)
        for group in counts.indices.reversed() {
            chosen[group] = rest % counts[group]
            rest /= counts[group]
        }
        return spread(chosen)
    }

    /// So many cells by a Latin hypercube: cut into as many strata, each axis has one value in each of them, in an order of its own.
    func latinHypercube(count: Int, seed: Int) -> [[Int]] {
        let columns = counts.enumerated().map { group, values -> [Int] in
            var draws = Draws(seed: seed, stream: "axis \(group)")
            var strata = Array(0..<count)
            draws.shuffle(&strata)
            return strata.map { stratum in
                min(values - 1, Int((Double(stratum) + draws.uniform()) / Double(count) * Double(values)))
            }
        }
        return (0..<count).map { row in spread(columns.map { $0[row] }) }
    }

    /// A cell, each as likely as any other.
    func draw(_ draws: inout Draws) -> [Int] { spread(counts.map { draws.below($0) }) }

    /// Choices of each group's values as indices of the axes' values.
    private func spread(_ chosen: [Int]) -> [Int] {
        var indices = [Int](repeating: 0, count: axes)
        for (group, members) in groups.enumerated() {
            for axis in members { indices[axis] = values[group][chosen[group]] }
        }
        return indices
    }
}

/// Random numbers that are the same wherever the program runs.
struct Draws {
    private let generator: SplitMix64
    private var taken = 0

    init(seed: Int, stream: String) {
        generator = SplitMix64(seed: UInt64(bitPattern: Int64(seed)), stream: "sweep/" + stream)
    }

    /// A number in 0..<1.
    mutating func uniform() -> Double {
        taken += 1
        return generator.uniform(taken - 1)
    }

    /// A whole number in 0..<count.
    mutating func below(_ count: Int) -> Int { min(count - 1, Int(uniform() * Double(count))) }

    /// Puts elements into an order, each as likely as any other (Fisher and Yates).
    mutating func shuffle<Element>(_ elements: inout [Element]) {
        for index in elements.indices.dropLast() {
            elements.swapAt(index, index + below(elements.count - index))
        }
    }
}

/// Which points a sweep has.
extension Sweep {
    /// The cells that hold and are taken, in the grid's order, and what there is to say of a sample that is smaller than asked for.
    func choose(
        in space: SweepSpace, _ holds: ([Int]) throws -> Bool
    ) throws -> (chosen: [[Int]], note: String?) {
        func failed(_ message: String) -> InputError { InputError(message, at: Mark(file: path, line: 1, column: 1)) }
        guard space.cells != 0 else { throw failed("no point of the sweep holds all of its constraints") }
        let few = space.cells.flatMap { $0 <= SweepSpace.cellLimit ? $0 : nil }
        func all(_ cells: Int) throws -> [Int] {
            try (0..<cells).filter { try constraints.isEmpty || holds(space.indices(ofCell: $0)) }
        }
        var chosen: [[Int]]
        var asked: Int?
        var none = "no point of the sweep holds all of its constraints"
        switch sample {
        case .grid:
            guard let few else {
                throw failed(
                    "the grid has more than \(SweepSpace.cellLimit) points: take a sample, such as "
                        + "{method: latin-hypercube, count: 1000}")
            }
            chosen = try all(few).map(space.indices(ofCell:))
        case .random(let count, let seed):
            asked = count
            var draws = Draws(seed: seed, stream: "points")
            if let few, !constraints.isEmpty || count > few / 2 {
                var cells = try all(few)
                draws.shuffle(&cells)
                chosen = cells.prefix(count).map(space.indices(ofCell:))
            } else {
                let tries = 1000 * count
                none =
                    "none of \(tries) points that were drawn holds all constraints, of a grid too large to go through"
                var found: Set<[Int]> = []
                for _ in 0..<tries where found.count < count {
                    let cell = space.draw(&draws)
                    if try holds(cell) { found.insert(cell) }
                }
                chosen = Array(found)
            }
        case .latinHypercube(let count, let seed):
            asked = count
            none =
                "none of the \(count) points of the Latin hypercube holds all constraints: take more, or another seed"
            chosen = try Set(space.latinHypercube(count: count, seed: seed)).filter(holds)
        }
        guard !chosen.isEmpty else { throw failed(none) }
        guard chosen.count <= SweepSpace.pointLimit else {
            throw failed(
                "the sweep has \(chosen.count) points, expected at most \(SweepSpace.pointLimit): take a sample")
        }
        let note = asked.flatMap { asked in
            chosen.count < asked
                ? "the sample has \(chosen.count) points of \(asked): the others fell on one another, hold not all constraints, or "
                    + "are not there" : nil
        }
        return (chosen.sorted { $0.lexicographicallyPrecedes($1) }, note)
    }
}
