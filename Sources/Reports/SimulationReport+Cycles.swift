import Simulation

/// Where the time goes, in words: the ledger of cycles first, since it says what to change, then the slots.
extension SimulationReport {
    /// What the layers together are bound by, and all holders of their cycles, largest first.
    func boundBy() -> String {
        let ledger = total.activity.timing.held
        guard let bound = ledger.largest else { return "Bound by nothing: there are no cycles" }
        let shares = CycleHolder.allCases.filter { ledger[$0] > 0 }
            .sorted { (ledger[$1], $0.rawValue) < (ledger[$0], $1.rawValue) }
            .map { "\($0.name) \(NumberText.percent(Double(ledger[$0]) / Double(ledger.total)))" }
        return "Bound by \(bound.name). What held the next broadcast, in shares of all cycles: "
            + shares.joined(separator: ", ")
    }

    /// The classes of all slots, largest first.
    func slotShares() -> String {
        let slots = total.activity.array.slots
        let shares = CycleClass.allCases.filter { slots[$0] > 0 }
            .sorted { (slots[$1], $0.rawValue) < (slots[$0], $1.rawValue) }
            .map { "\($0.name) \(NumberText.percent(Double(slots[$0]) / Double(slots.total)))" }
        return "What the multipliers did, in shares of all slots: "
            + (shares.isEmpty ? "there are none" : shares.joined(separator: ", "))
    }

    /// Which keys govern what the layers are bound by. Slots without a filter or a tile count only where the array itself sets
    /// the pace: elsewhere more of them at work would wait as long.
    func advice() -> [String] {
        let activity = total.activity
        guard let bound = activity.timing.held.largest else { return [] }
        var keys = bound.keys
        if bound == .array || bound == .issue, let idle = activity.array.slots.largestIdle, let more = idle.keys {
            keys = "\(idle.name) slots: \(more)"
        }
        return ["To change it: \(keys)"]
    }
}

extension SlotCounts {
    /// The largest class of slots in which nothing is multiplied, of those that the array's own keys govern; nil without any.
    fileprivate var largestIdle: CycleClass? {
        [CycleClass.underfill, .unmapped, .imbalance].filter { self[$0] > 0 }.max { self[$0] < self[$1] }
    }
}

extension CycleHolder {
    /// What governs the cycles of this holder.
    fileprivate var keys: String {
        switch self {
        case .array: "more multipliers, or fewer products for each"
        case .issue: "pe_array.broadcast_steps, or steps with more products"
        case .weightFetch: "weight_buffer.bandwidth, prefetch and encoding"
        case .inputFetch: "input_buffer.bandwidth, prefetch and encoding"
        case .inputTransform: "input_transform.units and interval"
        case .dramWeights: "dram; weight_buffer.capacity and mapping.loop_order where weights are read more than once"
        case .dramInputs: "dram; input_buffer.capacity and mapping.loop_order where inputs are read more than once"
        case .dramOutputs: "dram, output_buffer.capacity"
        case .drain: "output_transform.units and interval, pe_array.accumulator_sets"
        }
    }
}

extension CycleClass {
    /// What governs the slots of a class that the array's own keys govern; nil for the others.
    fileprivate var keys: String? {
        switch self {
        case .underfill:
            "pe_array.lookahead and broadcast_steps, or fewer multipliers a PE: steps hold too few products"
        case .unmapped: "pe_array.rows, columns, filters_per_pe and tiles_per_pe: too few filters or tiles for all PEs"
        case .imbalance: "pe_array.fifo_depth, balance and filters_per_pe: other PEs had more products"
        default: nil
        }
    }
}
