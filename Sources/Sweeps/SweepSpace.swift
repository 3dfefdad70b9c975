import Files
import Traces

/// The grid of a sweep: one cell for each choice of values, numbered from 0 with the last axis fastest.
struct SweepSpace: Sendable {
    /// The most cells that are checked one by one.
    static let cellLimit = 10_000_000
    /// The most points of a sweep.
    static let pointLimit = 1_000_000

    private let axes: Int
    private let groups: [[Int]]
    /// By group, the indices of its values.
    private let values: [[Int]]
    private var counts: [Int] { values.map(\.count) }
    /// The number of cells; nil if it exceeds an `Int`.
    let cells: Int?

    /// - Parameter values: by group of axes that vary together, the indices of the possible values.
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

    /// `count` cells of a Latin hypercube: each axis is divided into `count` strata, with one value in each, in a random order.
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

    /// A random cell, uniformly distributed.
    func draw(_ draws: inout Draws) -> [Int] { spread(counts.map { draws.below($0) }) }

    /// Converts choices of the groups' values to indices of the axes' values.
    private func spread(_ chosen: [Int]) -> [Int] {
        var indices = [Int](repeating: 0, count: axes)
        for (group, members) in groups.enumerated() {
            for axis in members { indices[axis] = values[group][chosen[group]] }
        }
        return indices
    }
}

/// Random numbers that are the same on every machine.
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

    /// Shuffles elements uniformly (Fisher and Yates).
    mutating func shuffle<Element>(_ elements: inout [Element]) {
        for index in elements.indices.dropLast() {
            elements.swapAt(index, index + below(elements.count - index))
        }
    }
}

/// The selection of a sweep's points.
extension Sweep {
    /// The selected cells that satisfy `holds`, in the grid's order, and a note on a sample that is smaller than requested.
    func choose(
        in space: SweepSpace, _ holds: ([Int]) throws -> Bool
    ) throws -> (chosen: [[Int]], note: String?) {
        func failed(_ message: String) -> InputError { InputError(message, at: Mark(file: path, line: 1, column: 1)) }
        guard space.cells != 0 else { throw failed("every point of the sweep violates a constraint") }
        let few = space.cells.flatMap { $0 <= SweepSpace.cellLimit ? $0 : nil }
        func all(_ cells: Int) throws -> [Int] {
            try (0..<cells).filter { try constraints.isEmpty || holds(space.indices(ofCell: $0)) }
        }
        var chosen: [[Int]]
        var asked: Int?
        var none = "every point of the sweep violates a constraint"
        switch sample {
        case .grid:
            guard let few else {
                throw failed(
                    "the grid has more than \(SweepSpace.cellLimit) points: use a sample, such as "
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
                    "all \(tries) drawn points violate a constraint, and the grid is too large to search"
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
                "all \(count) points of the Latin hypercube violate a constraint: use a larger count or another seed"
            chosen = try Set(space.latinHypercube(count: count, seed: seed)).filter(holds)
        }
        guard !chosen.isEmpty else { throw failed(none) }
        guard chosen.count <= SweepSpace.pointLimit else {
            throw failed(
                "the sweep has \(chosen.count) points, expected at most \(SweepSpace.pointLimit): use a sample")
        }
        let note = asked.flatMap { asked in
            chosen.count < asked
                ? "the sample has \(chosen.count) of \(asked) points: the others are duplicates, violate a constraint or do not "
                    + "exist" : nil
        }
        return (chosen.sorted { $0.lexicographicallyPrecedes($1) }, note)
    }
}
