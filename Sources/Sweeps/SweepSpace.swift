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
