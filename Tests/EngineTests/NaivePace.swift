import Hardware

/// The estimate by which orders that move the same bytes are compared (page `BuffersAndTraffic`), in bytes of the memory's time.
struct NaivePace {
    /// Cycles of a pass.
    let cycles: Int
    let bytesPerCycle: Int
    let accumulatorSets: Int
    let outputBytes: (NaivePassPlace) -> Int

    /// - Parameter products: those of the channel group.
    init(
        _ configuration: Configuration, bundles: [Int], passes: Int, products: Int, bytesPerCycle: Int,
        outputBytes: @escaping (NaivePassPlace) -> Int
    ) {
        let array = configuration.peArray
        let slots = passes * array.rows * array.columns * array.multipliers
        cycles = max(bundles.max() ?? 0, (products + slots - 1) / max(1, slots))
        self.bytesPerCycle = bytesPerCycle
        accumulatorSets = array.accumulatorSets
        self.outputBytes = outputBytes
    }

    func end(of plan: NaivePlan) -> Int {
        var memory = 0
        var ends: [Int] = []
        // By bundle of the channel group, its pass.
        let passOfBundle = plan.passes.enumerated().flatMap { p, place in plan.chunks.bundles[place.row].map { _ in p }
        }
        func pass(of bundle: Int) -> Int { bundle < passOfBundle.count ? passOfBundle[bundle] : plan.passes.count }
        let spans = plan.loads.mapValues { loads in
            loads.map { (first: pass(of: $0.bundles.min() ?? 0), last: pass(of: $0.bundles.max() ?? 0)) }
        }
        let lastPasses = spans.mapValues { $0.map(\.last).sorted() }
        for (p, place) in plan.passes.enumerated() {
            if p >= accumulatorSets { memory += outputBytes(plan.passes[p - accumulatorSets]) }
            var end = (ends.last ?? 0) + cycles * bytesPerCycle
            for operand in NaiveOperand.allCases {
                let chunks = (operand == .weights ? plan.chunks.weights : plan.chunks.inputs)
                if fits(plan, operand) {
                    func group(_ place: NaivePassPlace) -> Int { operand == .weights ? place.row : place.column }
                    if plan.passes[..<p].contains(where: { group($0) == group(place) }) { continue }
                    memory += chunks[group(place)].reduce(0) { $0 + $1.bytes }
                    if !chunks[group(place)].isEmpty { end = max(end, memory) }
                    continue
                }
                let loads = plan.loads[operand] ?? []
                for (i, load) in loads.enumerated() where spans[operand]?[i].first == p {
                    let freed = i - (plan.places[operand]?.count ?? 0)
                    if freed >= 0, let last = lastPasses[operand]?[freed], min(last, p - 1) >= 0 {
                        memory = max(memory, ends[min(last, p - 1)])
                    }
                    memory += plan.chunks.chunk(operand, load.chunk).bytes
                    end = max(end, memory)
                }
            }
            ends.append(end)
        }
        return max(ends.last ?? 0, memory + plan.passes.suffix(accumulatorSets).reduce(0) { $0 + outputBytes($1) })
    }

    private func fits(_ plan: NaivePlan, _ operand: NaiveOperand) -> Bool {
        let all = (operand == .weights ? plan.chunks.weights : plan.chunks.inputs).joined().count
        return all <= plan.places[operand]?.count ?? 0
    }
}
