import Files

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
