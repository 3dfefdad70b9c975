import Hardware

/// A buffer that both operands share (page `BuffersAndTraffic`): every split is tried.
struct NaiveBanks {
    let count: Int
    /// Bytes of a bank.
    let bytes: Int
    let port: Int
    private let bandwidth: [NaiveOperand: Int]

    /// Nil where each operand has a buffer of its own.
    init?(_ configuration: Configuration) {
        guard let capacity = configuration.operandBuffer.capacity else { return nil }
        count = configuration.operandBuffer.banks
        bytes = capacity.count / count
        bandwidth = [
            .weights: configuration.weightBuffer.bandwidth.count, .inputs: configuration.inputBuffer.bandwidth.count,
        ]
        port = configuration.operandBuffer.port?.count ?? bandwidth.values.max() ?? 1
    }

    /// Each operand's banks, in each split whose ports are wide enough.
    var splits: [[NaiveOperand: Int]] {
        (1..<count).map { [.weights: $0, .inputs: count - $0] }.filter { split in
            NaiveOperand.allCases.allSatisfy { (split[$0] ?? 0) * port >= bandwidth[$0] ?? 0 }
        }
    }

    /// The split that a layer takes; nil where none stages both operands.
    ///
    /// - Parameter place: bytes of a place of each operand.
    func best(
        _ groups: [(chunks: NaiveChunks, pace: NaivePace)], _ place: [NaiveOperand: Int], _ mapping: Mapping
    ) -> [NaiveOperand: Int]? {
        var best: (key: [Int], split: [NaiveOperand: Int])?
        for split in splits {
            guard let cost = cost(groups, split, place, mapping) else { continue }
            let weights = split[.weights] ?? 0
            let key = cost + [abs(2 * weights - count), weights]
            if best.map({ key.lexicographicallyPrecedes($0.key) }) ?? true { best = (key, split) }
        }
        return best?.split
    }

    /// Places of an operand in its banks.
    func places(_ operand: NaiveOperand, _ split: [NaiveOperand: Int], _ place: [NaiveOperand: Int]) -> Int {
        (split[operand] ?? 0) * bytes / max(1, place[operand] ?? 0)
    }

    /// Whether something does not fit, the bytes that are moved, and the estimate; nil where an operand cannot be staged.
    private func cost(
        _ groups: [(chunks: NaiveChunks, pace: NaivePace)], _ split: [NaiveOperand: Int], _ place: [NaiveOperand: Int],
        _ mapping: Mapping
    ) -> [Int]? {
        var allFit = true
        var bytes = 0
        var end = 0
        for (chunks, pace) in groups {
            var found: [NaiveOperand: NaivePlaces] = [:]
            for operand in NaiveOperand.allCases {
                let places = NaivePlaces(
                    count: places(operand, split, place), staged: chunks.mostUsed(operand) + 1)
                let all = (operand == .weights ? chunks.weights : chunks.inputs).joined().count
                if places.count < min(places.staged, all) { return nil }
                if places.count < all { allFit = false }
                found[operand] = places
            }
            let order = mapping.loopOrder == .fast ? .auto : mapping.loopOrder
            guard
                let plan = NaivePlan.best(
                    chunks, found, order, block: mapping.loopBlock, strip: mapping.loopStrip, pace)
            else {
                continue
            }
            bytes += plan.bytes
            end += pace.end(of: plan)
        }
        return allFit ? [0, 0, 0] : [1, bytes, end]
    }
}

extension Configuration {
    /// Bytes of an operand's chunks.
    func naiveChunk(_ operand: NaiveOperand) -> Int {
        let buffer = operand == .weights ? weightBuffer : inputBuffer
        return buffer.chunk?.count ?? max(1, min(4096, (NaiveBanks(self)?.bytes ?? buffer.capacity.count) / 4))
    }

    /// Bytes of an access to a bank of an operand's buffer.
    func naivePort(_ operand: NaiveOperand) -> Int {
        let buffer = operand == .weights ? weightBuffer : inputBuffer
        return NaiveBanks(self)?.port ?? (buffer.bandwidth.count + buffer.banks - 1) / buffer.banks
    }
}
