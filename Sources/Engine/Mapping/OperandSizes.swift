import Hardware

/// How much of a buffer the groups of one operand take, and how much of DRAM.
protocol OperandSizes {
    /// Row groups, or column groups.
    var groups: Int { get }
    /// Steps of a group.
    var steps: Int { get }
    /// How the buffer stores their values.
    var inBuffer: StoredForm { get }
    /// How DRAM stores them.
    var inDRAM: StoredForm { get }
    /// Values that a group has in the buffer, by step: what several steps share counts with the first of them.
    func held(group: Int) -> [ValueCount]
    /// Values that are moved from DRAM, by step.
    func moved(group: Int) -> [ValueCount]
}

extension OperandSizes {
    /// What a group's steps take in the buffer.
    func bufferBits(group: Int) -> [Int] {
        let inBuffer = inBuffer
        return held(group: group).map { inBuffer.bits(of: $0) }
    }

    /// What is moved from DRAM for a group, rounded up to bytes once.
    func movedBytes(group: Int) -> Int {
        let inDRAM = inDRAM
        return Bytes.holding(bits: moved(group: group).reduce(0) { $0 + inDRAM.bits(of: $1) }).count
    }
}

/// The weights of one masked product, in the weight buffer's encoding, on chip as in DRAM. A row group that keeps no step has none.
struct WeightSizes: OperandSizes {
    let groups: Int
    let steps: Int
    let inBuffer: StoredForm
    var inDRAM: StoredForm { inBuffer }
    /// `[row group, step]`
    private let counts: [ValueCount]

    init(_ product: MaskedProduct, grouping: Grouping, stored: StoredForm) {
        groups = grouping.rowGroups.count
        steps = product.steps
        inBuffer = stored
        var counts = [ValueCount](repeating: ValueCount(), count: groups * steps)
        for (index, group) in grouping.rowGroups.enumerated() where !group.steps.isEmpty {
            for filter in group.rows.joined() {
                for step in 0..<product.steps {
                    let mask = product.weights[filter * product.steps + step]
                    counts[index * steps + step] += ValueCount(
                        values: product.lanes[step], nonZeros: mask.nonzeroBitCount, vectors: 1)
                }
            }
            guard stored.encoding.codesVectors else { continue }
            for step in 0..<product.steps {
                counts[index * steps + step].padding = stored.encoding.padding(
                    in: group.rows.joined().lazy.map { product.weights[$0 * product.steps + step] })
            }
        }
        self.counts = counts
    }

    func held(group: Int) -> [ValueCount] { Array(counts[group * steps..<(group + 1) * steps]) }

    func moved(group: Int) -> [ValueCount] { held(group: group) }
}
