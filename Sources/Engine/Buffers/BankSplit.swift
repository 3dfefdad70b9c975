import Files
import Hardware

/// How a layer splits the banks of a buffer that both operands share (page `BuffersAndTraffic`).
struct BankSplit {
    /// Banks of each operand.
    let banks: PerOperand<Int>
    /// Places in them.
    let places: PerOperand<Int>

    /// The first of these is taken on a tie: the most even split, then fewer banks for weights.
    fileprivate var preference: (Int, Int) { (abs(banks.weights - banks.inputs), banks.weights) }
}

/// A channel group that has no places yet.
struct UnplacedGroup {
    let plan: GroupPlan
    let pace: PassPace
}

/// Chooses a layer's split.
struct BankSplitChoice {
    private let shared: SharedBanks
    /// Bytes of a place.
    private let place: PerOperand<Int>
    /// The fewest banks that deliver the bandwidth of each operand.
    private let least: PerOperand<Int>
    private let loop: LoopChoice

    /// - Parameter place: bytes of a place of each operand.
    init(_ shared: SharedBanks, place: PerOperand<Int>, configuration: Configuration) {
        self.shared = shared
        self.place = place
        least = PerOperand(
            weights: shared.banks(for: configuration.weightBuffer.bandwidth),
            inputs: shared.banks(for: configuration.inputBuffer.bandwidth))
        loop = configuration.mapping.loop
    }

    /// The split for all channel groups of a layer.
    ///
    /// - Throws: `SplitError` where no split stages both operands.
    func choose(_ groups: [UnplacedGroup]) throws(SplitError) -> BankSplit {
        func most(_ count: (GroupPlan) -> PerOperand<Int>) -> PerOperand<Int> {
            groups.reduce(PerOperand(weights: 0, inputs: 0)) { most, group in
                let count = count(group.plan)
                return PerOperand(weights: max(most.weights, count.weights), inputs: max(most.inputs, count.inputs))
            }
        }
        let staged = most(\.fewestPlaces)
        let splits = splits.filter { Self.holds($0, staged) }
        if splits.isEmpty { throw SplitError(staged: staged, place: place, shared: shared, least: least) }
        let chunks = most(\.chunks)
        if let split = splits.filter({ Self.holds($0, chunks) }).min(by: { $0.preference < $1.preference }) {
            return split
        }
        return fastest(fewestBytes(splits, groups), groups)
    }

    private static func holds(_ split: BankSplit, _ places: PerOperand<Int>) -> Bool {
        Operand.allCases.allSatisfy { split.places[$0] >= places[$0] }
    }

    /// All splits whose ports deliver both bandwidths, weights rising.
    private var splits: [BankSplit] {
        guard least.weights + least.inputs <= shared.count else { return [] }
        return (least.weights...shared.count - least.inputs).map { weights in
            let banks = PerOperand(weights: weights, inputs: shared.count - weights)
            return BankSplit(
                banks: banks,
                places: PerOperand(
                    weights: weights * shared.bank.count / place.weights,
                    inputs: banks.inputs * shared.bank.count / place.inputs))
        }
    }

    /// A split, and by channel group the bytes of its best orders, and these.
    private typealias Candidate = (split: BankSplit, groups: [(bytes: Int, orders: [PassOrder])])

    /// The splits that move the fewest bytes.
    private func fewestBytes(_ splits: [BankSplit], _ groups: [UnplacedGroup]) -> [Candidate] {
        var tables = groups.map { GroupLoads($0.plan, loop, banks: shared.count) }
        // By channel group, what those from it on load at least.
        var rest = [0]
        for group in groups.reversed() { rest.append((rest.last ?? 0) + group.plan.compulsoryBytes) }
        rest.reverse()
        var best: (bytes: Int, candidates: [Candidate]) = (.max, [])
        for index in Self.halving(splits.count) {
            var candidate: Candidate = (splits[index], [])
            var sum = 0
            for group in groups.indices {
                let limit = best.bytes - sum - rest[group + 1]
                guard let loads = tables[group].fewest(in: candidate.split, limit: limit) else { break }
                candidate.groups.append(loads)
                sum += loads.bytes
            }
            if candidate.groups.count < groups.count { continue }
            if sum < best.bytes { best = (sum, []) }
            best.candidates.append(candidate)
        }
        return best.candidates
    }

    /// Indices in an order in which each lies between two earlier ones, as far from them as it can.
    private static func halving(_ count: Int) -> [Int] {
        var indices = count == 1 ? [0] : [0, count - 1]
        var spans = [0..<count - 1]
        var next = 0
        while next < spans.count {
            let span = spans[next]
            next += 1
            if span.count < 2 { continue }
            let middle = (span.lowerBound + span.upperBound) / 2
            indices.append(middle)
            spans += [span.lowerBound..<middle, middle..<span.upperBound]
        }
        return indices
    }

    /// Of several splits the one whose estimates add up to the least; on a tie the first in their preference.
    private func fastest(_ candidates: [Candidate], _ groups: [UnplacedGroup]) -> BankSplit {
        let candidates = candidates.sorted { $0.split.preference < $1.split.preference }
        guard candidates.count > 1 else { return candidates[0].split }
        var best = (split: candidates[0].split, end: Int.max)
        for candidate in candidates {
            // What an estimate cannot be less than may say enough.
            let least = zip(groups, candidate.groups).map { $0.pace.least(of: $0.plan, bytes: $1.bytes) }
            var end = least.reduce(0, +)
            for (index, group) in groups.enumerated() {
                if end >= best.end { break }
                let plan = group.plan.placed(in: candidate.split.places)
                var shortest = Int.max
                for order in candidate.groups[index].orders where shortest > least[index] {
                    shortest = min(shortest, group.pace.end(of: plan, in: order))
                }
                end += shortest - least[index]
            }
            if end < best.end { best = (candidate.split, end) }
        }
        return best.split
    }
}

/// What a channel group loads in each order of passes, as far as it is known.
private struct GroupLoads {
    private let plan: GroupPlan
    private let orders: [PassOrder]
    /// By order, the bytes of each operand by the number of its banks; nil where they are not known.
    private var known: [PerOperand<[Int?]>]

    init(_ plan: GroupPlan, _ allowed: LoopChoice, banks: Int) {
        self.plan = plan
        let grouping = plan.grouping
        orders = PassOrder.candidates(
            rowGroups: grouping.rowGroups.count, columnGroups: grouping.columnGroups, allowed)
        let unknown = [Int?](repeating: nil, count: banks + 1)
        known = orders.map { _ in PerOperand(weights: unknown, inputs: unknown) }
    }

    /// The fewest bytes that any order loads in a split, and all orders that load no more; nil where they are above a limit.
    mutating func fewest(in split: BankSplit, limit: Int) -> (bytes: Int, orders: [PassOrder])? {
        let placed = plan.placed(in: split.places)
        var best = (bytes: limit, orders: [PassOrder]())
        // The most promising ones first.
        let promising = orders.indices.map { order in
            (Operand.allCases.reduce(0) { $0 + bounds($1, order, split).low }, order)
        }.sorted(by: <)
        for (low, order) in promising {
            if low > best.bytes { break }
            var sum = low
            for operand in Operand.allCases where sum <= best.bytes {
                let low = bounds(operand, order, split).low
                sum += bytes(operand, order, split, placed) - low
            }
            if sum > best.bytes { continue }
            if sum < best.bytes { best = (sum, []) }
            best.orders.append(orders[order])
        }
        return best.orders.isEmpty ? nil : best
    }

    /// Between what an operand's bytes lie: more banks never load more.
    private func bounds(_ operand: Operand, _ order: Int, _ split: BankSplit) -> (low: Int, high: Int) {
        let known = known[order][operand]
        let banks = split.banks[operand]
        return (
            known[banks...].lazy.compactMap(\.self).first ?? plan.table(operand).bytes,
            known[...banks].lazy.reversed().compactMap(\.self).first ?? .max
        )
    }

    private mutating func bytes(_ operand: Operand, _ order: Int, _ split: BankSplit, _ placed: GroupPlan) -> Int {
        let (low, high) = bounds(operand, order, split)
        if low == high { return low }
        let bytes = placed.bytes(operand, orders[order])
        known[order].update(operand) { $0[split.banks[operand]] = bytes }
        return bytes
    }
}

/// A shared buffer in which no split has the places that bundles need.
struct SplitError: Error {
    /// Places that an operand needs, and the bytes of each.
    let staged: PerOperand<Int>
    let place: PerOperand<Int>
    let shared: SharedBanks
    /// The fewest banks that deliver the bandwidth of each operand.
    let least: PerOperand<Int>

    /// The error for the user.
    func error(layer: String, configuration: Configuration, mark: Mark?) -> InputError {
        func need(_ operand: Operand) -> (bytes: Int, banks: Int, isForBandwidth: Bool) {
            let bytes = staged[operand] * place[operand]
            let banks = (bytes + shared.bank.count - 1) / shared.bank.count
            return (bytes, max(least[operand], banks), least[operand] > max(1, banks))
        }
        func words(_ operand: Operand) -> String {
            let places = staged[operand] == 1 ? "1 place" : "\(staged[operand]) places"
            let need = need(operand)
            return "\(operand) need \(need.bytes) bytes in \(places) of \(place[operand]), "
                + (need.banks == 1 ? "1 bank" : "\(need.banks) banks")
                + (need.isForBandwidth ? " for their bandwidth" : "")
        }
        let larger = need(.weights).banks < need(.inputs).banks ? Operand.inputs : .weights
        // A place is larger than a chunk where a slice of channels is.
        let change =
            place[larger] > configuration.chunkSize(configuration[larger]).count
            ? "a smaller mapping.step_width, or fewer pe_array.columns or tiles_per_pe"
            : "a smaller \(larger.buffer).chunk or pe_array.broadcast_steps"
        return InputError(
            "layer '\(layer)': operand_buffer has \(shared.count) banks of \(shared.bank.count) bytes; to stage a bundle "
                + "of steps and load ahead \(words(.weights)), and \(words(.inputs)): expected a larger "
                + "operand_buffer.capacity, or \(change)",
            at: mark)
    }
}
