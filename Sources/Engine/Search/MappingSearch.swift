import Files
import Hardware
import Traces

/// What a mapping is sought for.
struct MappingObjective {
    let goal: MappingGoal
    /// pJ of a layer; nil where no energies are at hand.
    let energy: (@Sendable (LayerActivity) -> Double)?

    /// What is to be small: cycles, pJ, or pJ x cycles.
    func cost(_ layer: LayerActivity) -> Double {
        let cycles = Double(layer.activity.cycles)
        guard goal.needsEnergy, let energy else { return cycles }
        return goal == .edp ? energy(layer) * cycles : energy(layer)
    }
}

/// Chooses a layer's mapping among what the hardware can do and its operands allow (page `MappingSearch`).
struct MappingSearch {
    let space: MappingSpace
    let objective: MappingObjective
    let seed: UInt64
    let nextDensity: OutputDensity
    /// What runs of the same layer share; the operands at least.
    let share: LayerShare
    /// What several machines share; nil for one.
    let cache: SimulationCache?

    /// The mapping that runs, with all candidates.
    struct Outcome {
        let candidate: MappingCandidate
        let activity: LayerActivity
        let decision: MappingDecision
        let records: [MappingRecord]
    }

    /// How many shapes are estimated, at least and where the closed form says too little.
    static let estimatedShapes = 6
    static let mostShapes = 20
    static let farFromRough = 1.15
    /// The mapping as written and the best of each algorithm are simulated, and more of a small layer. Its windows say less of it, and a
    /// simulation takes no longer than an estimate: its work, which is its cycles times the rows of the array and its runs of 16
    /// columns, is at most so much. The second figure is the work that all further simulations of a small layer have together, where
    /// each counts as the third at least.
    static let smallWork = 160_000
    static let workForSmall = 4_000_000
    static let leastWork = 8_000
    /// A layer of more passes is too large for estimates, since the plan of its traffic takes as long as a simulation.
    static let mostPasses = 20_000
    /// How many orders of passes of a small layer are candidates, for each that is varied.
    static let triedOrders = 12
    /// Candidates that are this much worse than the best, in closed form or by the estimate, are not looked at further.
    static let roughMargin = 2.0
    static let estimateMargin = 1.06
    static let estimateMarginOfSmall = 1.4

    /// Runs the search.
    ///
    /// - Parameter every: whether to simulate every candidate, to see what the estimate misses.
    /// - Throws: the error of the mapping as written where none can run.
    func run(every: Bool = false) throws -> Outcome {
        var work = Work(self)
        work.add(space.shapes())
        try work.simulate(0)
        try work.rank()
        if work.isLarge && !every {
            try work.simulateBestInClosedForm()
            return try work.outcome()
        }
        try work.estimateShapes()
        if work.isSmall { try work.estimateOthers() }
        for _ in 0..<2 {
            for index in work.varied() {
                for variant in work.addVariants(of: index) {
                    work.records[variant].rough = work.records[index].rough
                    try work.estimate(variant)
                }
            }
        }
        if every { try work.simulateAll() }
        try work.simulateBest()
        if work.isSmall { try work.refine() }
        return try work.outcome()
    }

    /// The layer, its steps laid out as a candidate asks.
    fileprivate func lower(_ candidate: MappingCandidate) throws -> LoweredLayer {
        try LoweredLayer(candidate.form, configuration: candidate.configuration, seed: seed, share: share)
    }

    fileprivate func simulation(_ candidate: MappingCandidate) throws -> LayerSimulation {
        LayerSimulation(
            lowered: try lower(candidate), configuration: candidate.configuration, nextDensity: nextDensity,
            cache: cache)
    }

    fileprivate func simulate(_ candidate: MappingCandidate) throws -> LayerActivity {
        func make() throws -> LayerActivity { candidate.result(try simulation(candidate).run()) }
        guard let cache else { return try make() }
        return try cache.candidate(
            share.key, candidate.form, on: candidate.configuration, next: share.next, make: make)
    }
}

/// What fixes a run of a layer: the mapping, with the orders that were planned in the place of those that were asked for.
private struct RunKey: Hashable {
    private var mapping: LayerMapping
    private let orders: [PassOrder]
    private let weightBanks: Int
    private let channelsOutside: Bool

    init(_ candidate: MappingCandidate, _ estimate: MappingEstimate) {
        let order = candidate.configuration.mapping.stepOrder
        let hasMemory = candidate.configuration.dram != .ideal
        mapping = candidate.mapping
        (mapping.loopOrder, mapping.loopBlock, mapping.loopStrip, mapping.stepOrder) = (.auto, nil, nil, .auto)
        (orders, weightBanks) = (estimate.orders, estimate.weightBanks)
        channelsOutside = order == .channels || order == .auto && hasMemory
    }
}

/// The candidates of one search and what is known of each.
private struct Work {
    private let search: MappingSearch
    private(set) var candidates: [MappingCandidate] = []
    var records: [MappingRecord] = []
    private var known: [LayerMapping: Int] = [:]
    private var results: [Int: LayerActivity] = [:]
    private var costs: [Algorithm: RoughCost] = [:]
    /// By what fixes a run, the first candidate that comes to it.
    private var runs: [RunKey: Int] = [:]
    /// Candidates that run as an earlier one does, such as an order of passes that `auto` takes.
    private var isTwin: [Int: Bool] = [:]
    /// The first error, which is that of the mapping as written where it has one.
    private var failure: InputError?

    init(_ search: MappingSearch) { self.search = search }

    /// Adds candidates.
    ///
    /// - Returns: the numbers of those that were not known.
    @discardableResult
    mutating func add(_ more: [MappingCandidate]) -> [Int] {
        more.compactMap { candidate in
            let mapping = candidate.mapping
            guard known[mapping] == nil else { return nil }
            known[mapping] = candidates.count
            candidates.append(candidate)
            var record = MappingRecord(mapping: mapping, rough: .infinity)
            record.isWritten = records.isEmpty
            records.append(record)
            return candidates.count - 1
        }
    }

    /// Adds the variants of a candidate.
    ///
    /// - Returns: the numbers of those that were not known.
    @discardableResult
    mutating func addVariants(of index: Int) -> [Int] {
        add(search.space.variants(of: candidates[index], filtersDiffer: differ(index)) + orders(of: index))
    }

    /// A candidate of a small layer in the orders of passes that are estimated to end first. The one with the fewest bytes may start
    /// later than others, which a small layer does not make up for, and the estimate errs.
    private mutating func orders(of index: Int) -> [MappingCandidate] {
        guard isSmall, let asked = search.space.openOrders else { return [] }
        var orders: [PassOrder] = []
        try? attempt(index) { work in
            orders = try work.search.simulation(work.candidates[index]).fastestOrders(
                MappingSearch.triedOrders, of: asked)
        }
        return orders.map { search.space.candidate(candidates[index], in: $0) }
    }

    /// Whether some weights are zero.
    private func differ(_ index: Int) -> Bool {
        costs[candidates[index].form.algorithm]?.hasZeroWeights ?? true
    }

    /// The closed form of all shapes.
    mutating func rank() throws {
        let search = search
        for (index, candidate) in candidates.enumerated() where records[index].obstacle == nil {
            try attempt(index) {
                let cost =
                    try $0.costs[candidate.form.algorithm]
                    ?? RoughCost(search.lower(candidate), candidate.configuration)
                $0.costs[candidate.form.algorithm] = cost
                $0.records[index].rough = cost.cycles(candidate)
            }
        }
    }

    /// Estimates the mapping as written and the best shapes in closed form; more of them where that leaves out what takes the time.
    mutating func estimateShapes() throws {
        let order = byRough()
        guard let first = order.first else { return }
        let limit = records[first].rough * MappingSearch.roughMargin
        // Energies follow bytes and step widths as much as cycles, of which the closed form says nothing.
        let least =
            search.objective.goal.needsEnergy || isSmall ? MappingSearch.mostShapes : MappingSearch.estimatedShapes
        var count = 0
        for index in order where count < MappingSearch.mostShapes {
            let rough = records[index].rough
            if count >= least {
                guard let best = byEstimate().first, let cycles = records[best].estimatedCycles,
                    Double(cycles) > MappingSearch.farFromRough * records[best].rough, rough < Double(cycles)
                else { break }
            } else if rough > limit {
                break
            }
            try estimate(index)
            if records[index].estimate != nil { count += 1 }
        }
        if records[0].obstacle == nil && records[0].estimate == nil { try estimate(0) }
    }

    /// Estimates the estimated shapes of a small layer in the order of passes that is estimated to end first, too, since what `auto` takes
    /// may start later, and in the other balances.
    mutating func estimateOthers() throws {
        var left = MappingSearch.workForSmall
        for index in byEstimate() where left > 0 {
            let (shape, differ) = (candidates[index], differ(index))
            for variant in add(search.space.fastest(of: shape) + search.space.balanced(shape, filtersDiffer: differ)) {
                records[variant].rough = records[index].rough
                try estimate(variant)
                left -= max(size(records[variant].estimatedCycles ?? 0), MappingSearch.leastWork)
            }
        }
    }

    mutating func estimate(_ index: Int) throws {
        let objective = search.objective
        try attempt(index) { work in
            let candidate = work.candidates[index]
            let estimate = try work.search.simulation(candidate).estimate(
                counts: objective.goal.needsEnergy, reference: work.results[0]?.activity)
            work.records[index].estimatedCycles = estimate.cycles
            let run = RunKey(candidate, estimate)
            if work.runs[run] == nil { work.runs[run] = index }
            work.isTwin[index] = work.runs[run] != index
            work.records[index].estimate =
                objective.goal.needsEnergy
                ? objective.cost(candidate.result(LayerRun(activity: estimate.activity, orders: [])))
                : Double(estimate.cycles)
        }
    }

    /// The best by the estimate, of which variants are made; of a small layer the best of each algorithm.
    func varied() -> [Int] {
        let order = byEstimate()
        guard isSmall else { return Array(order.prefix(1)) }
        var algorithms: Set<Algorithm> = []
        return order.filter { algorithms.insert(records[$0].mapping.algorithm).inserted }
    }

    private func byRough() -> [Int] {
        records.indices.filter { records[$0].obstacle == nil }.sorted {
            (records[$0].rough, $0) < (records[$1].rough, $1)
        }
    }

    private func byEstimate() -> [Int] {
        records.indices.filter { records[$0].estimate != nil }.sorted {
            (records[$0].estimate ?? 0, $0) < (records[$1].estimate ?? 0, $1)
        }
    }

    mutating func simulate(_ index: Int) throws {
        guard records[index].exact == nil else { return }
        let objective = search.objective
        try attempt(index) { work in
            let result = try work.search.simulate(work.candidates[index])
            work.results[index] = result
            work.records[index].exact = objective.cost(result)
            work.records[index].exactCycles = result.activity.cycles
        }
    }

    /// Whether the mapping as written has too many passes for estimates.
    var isLarge: Bool { results[0]?.activity.array.passes ?? 0 > MappingSearch.mostPasses }

    /// Whether a simulation takes no longer than an estimate.
    var isSmall: Bool {
        let cycles = [results[0]?.activity.cycles, byEstimate().first.flatMap { records[$0].estimatedCycles }]
        guard let least = cycles.compactMap(\.self).min() else { return false }
        return size(least) <= MappingSearch.smallWork
    }

    /// The work of a simulation of so many cycles.
    private func size(_ cycles: Int) -> Int {
        let array = search.space.hardware.peArray
        return cycles * array.rows * ((array.columns + 15) / 16)
    }

    /// Simulates the best of each algorithm in closed form, but those that are far behind.
    mutating func simulateBestInClosedForm() throws {
        let order = byRough()
        guard let first = order.first else { return }
        let limit = records[first].rough * MappingSearch.estimateMargin
        var algorithms: Set<Algorithm> = []
        for index in order where records[index].rough <= limit {
            if algorithms.insert(records[index].mapping.algorithm).inserted { try simulate(index) }
        }
    }

    /// Simulates the best of each algorithm by the estimate; one behind the best that ran by more than the estimate's error is left.
    mutating func simulateBest() throws {
        var algorithms: Set<Algorithm> = []
        for index in byEstimate() where algorithms.insert(records[index].mapping.algorithm).inserted {
            if !isFarBehind(
                records[index].estimate,
                by: isSmall ? MappingSearch.estimateMarginOfSmall : MappingSearch.estimateMargin)
            {
                try simulate(index)
            }
        }
    }

    /// Simulates more of a small layer, the best by the estimate first: half of the work goes to what is known, the other half to the
    /// variants of those that ran best, one after the other.
    mutating func refine() throws {
        var left = MappingSearch.workForSmall / 2
        try simulateMore(&left)
        left += MappingSearch.workForSmall / 2
        var varied: Set<Int> = []
        while left > 0, let next = best(except: varied),
            !isFarBehind(records[next].exact, by: MappingSearch.estimateMargin)
        {
            varied.insert(next)
            for variant in addVariants(of: next) {
                records[variant].rough = records[next].rough
                try estimate(variant)
                left -= max(size(records[variant].estimatedCycles ?? 0), MappingSearch.leastWork)
            }
            try simulateMore(&left)
        }
    }

    /// The best of each shape goes first: many orders of one shape have the same estimate, and estimates of shapes err by some per cents.
    private mutating func simulateMore(_ left: inout Int) throws {
        let others = byEstimate().filter {
            records[$0].exact == nil && records[$0].obstacle == nil && isTwin[$0] != true
        }
        var shapes: Set<LayerMapping> = Set(records.indices.filter { records[$0].exact != nil }.map(shape))
        var (firsts, rest): ([Int], [Int]) = ([], [])
        for index in others {
            if shapes.insert(shape(index)).inserted { firsts.append(index) } else { rest.append(index) }
        }
        for index in firsts + rest where !isFarBehind(records[index].estimate, by: MappingSearch.estimateMarginOfSmall)
        {
            let size = max(size(records[index].estimatedCycles ?? 0), MappingSearch.leastWork)
            if size > left { return }
            left -= size
            try simulate(index)
        }
    }

    /// A mapping without what differs between the variants of a shape.
    private func shape(_ index: Int) -> LayerMapping {
        var mapping = records[index].mapping
        (mapping.loopOrder, mapping.loopBlock, mapping.loopStrip, mapping.stepOrder) = (.auto, nil, nil, .auto)
        return mapping
    }

    /// The best that ran, but for some.
    private func best(except others: Set<Int> = []) -> Int? {
        records.indices.filter { records[$0].exact != nil && !others.contains($0) }.min {
            (records[$0].exact ?? 0, $0) < (records[$1].exact ?? 0, $1)
        }
    }

    private func isFarBehind(_ cost: Double?, by margin: Double) -> Bool {
        cost ?? 0 > margin * (best().flatMap { records[$0].exact } ?? .infinity)
    }

    /// Simulates every candidate, each shape in all its variants.
    mutating func simulateAll() throws {
        var next = 0
        while next < candidates.count {
            addVariants(of: next)
            if records[next].estimate == nil && records[next].obstacle == nil { try estimate(next) }
            try simulate(next)
            next += 1
        }
    }

    /// The best of the candidates that ran, on a tie the first.
    mutating func outcome() throws -> MappingSearch.Outcome {
        guard let best = best(), var result = results[best] else {
            throw failure ?? BrokenLaw(description: "no mapping ran and none failed")
        }
        records[best].isChosen = true
        let decision = MappingDecision(
            mapping: records[best].mapping, written: records[0].mapping, writtenCycles: records[0].exactCycles,
            candidates: records.count, estimated: records.count { $0.estimate != nil },
            simulated: records.count { $0.exact != nil })
        result.decision = decision
        return MappingSearch.Outcome(
            candidate: candidates[best], activity: result, decision: decision, records: records)
    }

    /// Does something with a candidate; where the machine cannot run it, that is noted.
    private mutating func attempt(_ index: Int, _ body: (inout Work) throws -> Void) throws {
        do {
            try body(&self)
        } catch let error as InputError {
            records[index].obstacle = error.message
            failure = failure ?? error
        }
    }
}

extension MappingCandidate {
    /// The result of a run of the layer.
    func result(_ run: LayerRun) -> LayerActivity {
        LayerActivity(
            name: form.layer.name, shape: form.shape, algorithm: form.algorithm, note: form.note, mapping: mapping,
            orders: run.orders, activity: run.activity)
    }
}
