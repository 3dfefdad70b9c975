import Hardware

/// Where the cycles go: the contract's section 6.
extension NaiveMachine {
    mutating func classify(_ last: Int) {
        let multipliers = configuration.peArray.multipliers
        let drained = (passes.last?.drained ?? -1) + configuration.outputTransform.latency
        for row in pes.indices {
            for column in pes[row].indices {
                let pe = pes[row][column]
                result.busy += pe.busy.count
                let mine = pe.entries.map(\.bundle)
                // The first of its entries that is not issued before the cycle.
                var at = 0
                for cycle in 0...max(0, last) where cycle <= last && !pe.busy.contains(cycle) {
                    while at < mine.count, (bundles[mine[at]].issue ?? Int.max) < cycle { at += 1 }
                    let next = at < mine.count ? mine[at] : nil
                    let from = at > 0 ? bundles[mine[at - 1]].pass + 1 : 0
                    let to = next.map { bundles[$0].pass } ?? passes.count
                    let unmapped = (from..<max(from, to)).contains { p in
                        let isMapped = row < passes[p].rows.count && column < passes[p].columns.count
                        return !isMapped && (passes[p].finish ?? -1) >= cycle
                    }
                    let afterwards = cycle > drained ? "dram_outputs" : "drain"
                    let kind = unmapped ? "unmapped" : next.map { bundles[$0].holder } ?? afterwards
                    result.classes[kind, default: 0] += multipliers
                }
            }
        }
        result.classes["useful"] = result.useful
        result.classes["ineffectual"] = result.executed - result.useful
        result.classes["underfill"] = result.busy * multipliers - result.executed
        result.classes = result.classes.filter { $0.value != 0 }
    }
}
