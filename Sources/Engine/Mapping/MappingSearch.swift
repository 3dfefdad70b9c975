import Files
import Hardware
import Traces

/// One way to lay a layer on the machine.
struct MappingCandidate {
    let form: LayerForm
    /// The machine, using as many of its filters and tiles a PE as the mapping takes.
    let configuration: Configuration

    /// What it does: `winograd-2x2-3x3, filters_per_pe 2, tiles_per_pe 1, loop_order auto`.
    var words: String {
        let array = configuration.peArray
        return "\(form.algorithm), filters_per_pe \(array.filtersPerPE), tiles_per_pe \(array.tilesPerPE), "
            + "loop_order \(configuration.mapping.loopOrder.rawValue)"
    }
}

/// Chooses a layer's mapping among what the hardware can do and its operands allow (page `MappingSearch`).
struct MappingSearch {
    /// The mapping as written: the first candidate.
    let written: MappingCandidate
    let seed: UInt64
    let nextDensity: OutputDensity
    let share: LayerShare?

    /// A candidate that ran.
    struct Outcome {
        let candidate: MappingCandidate
        let lowered: LoweredLayer
        let activity: Activity

        /// Whether smaller passes may save memory traffic: operands are loaded much more often than once.
        var isLoadedAgain: Bool {
            let loaded = activity.weights.loadedBytes + activity.inputs.loadedBytes
            return loaded * 5 > (activity.weights.compulsoryBytes + activity.inputs.compulsoryBytes) * 6
        }
    }

    /// Runs the candidates and takes the one with the fewest cycles, on a tie the first.
    ///
    /// - Returns: the best, and how many ran.
    /// - Throws: the error of the mapping as written where none can run.
    func run() throws -> (best: Outcome, tried: Int) {
        var best: Outcome?
        var tried = 0
        var failure: (any Error)?
        func consider(_ candidates: [MappingCandidate], _ lowered: LoweredLayer) throws {
            for candidate in candidates {
                do {
                    let outcome = try run(candidate, lowered)
                    tried += 1
                    if outcome.activity.cycles < best?.activity.cycles ?? .max { best = outcome }
                } catch let error as InputError {
                    failure = failure ?? error
                }
            }
        }
        for form in forms() {
            do {
                let lowered = try LoweredLayer(form, configuration: written.configuration, seed: seed, share: share)
                try consider([MappingCandidate(form: form, configuration: written.configuration)], lowered)
                try consider(shapes(form, fills: true), lowered)
                if best == nil { try consider(shapes(form, fills: false), lowered) }
            } catch let error as InputError {
                // Masks fit one form only.
                failure = failure ?? error
            }
        }
        if let shape = best, shape.isLoadedAgain {
            try consider(shapes(shape.candidate.form, fills: false), shape.lowered)
        }
        guard let shape = best else { throw failure ?? BrokenLaw(description: "no mapping ran and none failed") }
        try consider(orders(shape.candidate), shape.lowered)
        return (best ?? shape, tried)
    }

    private func run(_ candidate: MappingCandidate, _ lowered: LoweredLayer) throws -> Outcome {
        let activity = try LayerSimulation(
            lowered: lowered, configuration: candidate.configuration, nextDensity: nextDensity, cache: share?.cache
        ).run()
        return Outcome(candidate: candidate, lowered: lowered, activity: activity)
    }

    /// The form as written, and direct convolution where the operands allow both.
    private func forms() -> [LayerForm] {
        let form = written.form
        guard form.isWinograd, written.configuration.mapping.algorithm == .auto, !form.layer.isWinogradOnly,
            let direct = try? LayerForm(direct: form.layer),
            MemoryNeed(direct, configuration: written.configuration).obstacle() == nil
        else { return [form] }
        return [form, direct]
    }

    /// Halves of the hardware's filters and tiles a PE.
    ///
    /// - Parameter fills: whether those that leave PEs without a pair less often are wanted, or the others.
    private func shapes(_ form: LayerForm, fills: Bool) -> [MappingCandidate] {
        let array = written.configuration.peArray
        // Passes, each as long as a PE's pairs.
        func rounds(_ filters: Int, _ tiles: Int) -> Int {
            let rows = (form.shape.groupFilters + array.rows * filters - 1) / (array.rows * filters)
            let columns = (form.grid.tiles + array.columns * tiles - 1) / (array.columns * tiles)
            return rows * columns * filters * tiles
        }
        let whole = rounds(array.filtersPerPE, array.tilesPerPE)
        return Self.halves(of: array.filtersPerPE).flatMap { filters in
            Self.halves(of: array.tilesPerPE).compactMap { tiles in
                if filters == array.filtersPerPE && tiles == array.tilesPerPE { return nil }
                let fillsPEs = Double(rounds(filters, tiles)) <= Self.worthwhile * Double(whole)
                guard fillsPEs == fills else { return nil }
                var configuration = written.configuration
                configuration.peArray.filtersPerPE = filters
                configuration.peArray.tilesPerPE = tiles
                return MappingCandidate(form: form, configuration: configuration)
            }
        }
    }

    /// The share of rounds from which on fewer filters or tiles a PE fill the array better.
    private static let worthwhile = 0.95

    /// The other orders of passes, where the mapping leaves them open and there is a memory.
    private func orders(_ candidate: MappingCandidate) -> [MappingCandidate] {
        guard candidate.configuration.mapping.loopOrder == .auto, candidate.configuration.dram != .ideal else {
            return []
        }
        return [LoopOrder.weights, .inputs].map { order in
            var configuration = candidate.configuration
            configuration.mapping.loopOrder = order
            return MappingCandidate(form: candidate.form, configuration: configuration)
        }
    }

    private static func halves(of count: Int) -> [Int] {
        var sizes = [count]
        while let last = sizes.last, last > 1 { sizes.append((last + 1) / 2) }
        return sizes
    }
}
