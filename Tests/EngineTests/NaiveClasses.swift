import Hardware

/// The classes of cycles and slots (page `CyclesAndSlots`).
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
                    let kind = unmapped ? "unmapped" : next.map { idleClass(bundles[$0].holder) } ?? afterwards
                    result.classes[kind, default: 0] += multipliers
                }
            }
        }
        result.classes["useful"] = result.useful
        result.classes["ineffectual"] = result.executed - result.useful
        result.classes["underfill"] = result.busy * multipliers - result.executed
        result.classes = result.classes.filter { $0.value != 0 }
    }

    /// The class of idle slots before an entry. The one-bundle limit causes no idle slots, so it has no class.
    private func idleClass(_ holder: String) -> String { holder == "array" ? "imbalance" : holder }

    /// Charges each cycle to the holder of the next bundle or, after the last bundle, to what is still unfinished.
    mutating func keepLedger(_ last: Int) {
        let finish = passes.last { !$0.steps.isEmpty }?.finish ?? -1
        let drained = (passes.last?.drained ?? -1) + configuration.outputTransform.latency
        // The first bundle that is not issued before the cycle.
        var next = 0
        for cycle in 0..<last + 1 {
            while next < bundles.count, (bundles[next].issue ?? Int.max) < cycle { next += 1 }
            let holder: String
            if next < bundles.count {
                holder = bundles[next].holder
            } else if cycle <= finish {
                holder = "array"
            } else if cycle <= drained {
                holder = "drain"
            } else {
                holder = "dram_outputs"
            }
            result.ledger[holder, default: 0] += 1
        }
    }
}

extension NaiveMachine.Result {
    /// The holders of cycles, in the order of the columns of a report.
    static let holders = [
        "array", "issue", "weight_fetch", "input_fetch", "input_transform", "dram_weights", "dram_inputs",
        "dram_outputs", "drain",
    ]

    /// The classes of slots.
    static let slotClasses = [
        "useful", "ineffectual", "underfill", "unmapped", "imbalance", "drain", "dram_outputs", "dram_weights",
        "dram_inputs", "weight_fetch", "input_fetch", "input_transform",
    ]

    /// The holder of most cycles, the first of those on a tie.
    var boundBy: String? {
        Self.holders.reduce(nil) { best, holder in
            ledger[holder, default: 0] > best.map { ledger[$0, default: 0] } ?? 0 ? holder : best
        }
    }
}
