import Hardware

/// The weights of a channel group, cut every `chunk` bytes in the order of use.
struct WeightChunks: Sendable {
    private(set) var table = ChunkTable()
    /// By row group, the uses of each of its passes.
    private(set) var uses: [GroupUses] = []
    /// By row group and bundle, the bytes of the group up to the end of the bundle.
    private(set) var ends: [[Int]] = []
    /// Bytes of a chunk but the last of a group.
    let chunk: Int

    /// - Parameters:
    ///   - grouping: row groups, their steps in the order of broadcast.
    ///   - order: all steps in the order of broadcast, those that are left out at their places.
    init(_ sizes: WeightSizes, grouping: Grouping, order: [Int], chunk: Bytes, bundleSize: Int) {
        self.chunk = chunk.count
        for (index, group) in grouping.rowGroups.enumerated() {
            cut(
                index, counts: sizes.held(group: index), bits: sizes.bufferBits(group: index), order,
                isUsed: !group.steps.isEmpty)
            let ends = Self.bundleEnds(group.steps, bits: sizes.bufferBits(group: index), order, bundleSize)
            addUses(index, ends)
            self.ends.append(ends.map { Bytes.holding(bits: $0).count })
        }
    }

    /// Cuts a group; a step counts with the chunk in which it begins.
    ///
    /// - Parameter isUsed: whether the group keeps any step.
    private mutating func cut(
        _ group: Int, counts: [ValueCount], bits: [Int], _ order: [Int], isUsed: Bool
    ) {
        let bytes = Bytes.holding(bits: bits.reduce(0, +)).count
        var held = [ValueCount](repeating: ValueCount(), count: isUsed ? max(1, (bytes + chunk - 1) / chunk) : 0)
        var before = 0
        for step in order where isUsed {
            held[min(before / 8 / chunk, held.count - 1)] += counts[step]
            before += bits[step]
        }
        table.add(
            held.enumerated().map { number, count in
                let size = min(chunk, bytes - number * chunk)
                return Chunk(
                    group: group, start: number * chunk, bytes: size, moved: count, held: count, heldBytes: size)
            })
    }

    /// The bits of a group up to the end of each of its bundles: steps that are left out go with the next bundle, at the end with
    /// the last.
    private static func bundleEnds(_ kept: [Int], bits: [Int], _ order: [Int], _ bundleSize: Int) -> [Int] {
        var ends: [Int] = []
        var sum = 0
        var broadcast = 0
        for step in order {
            sum += bits[step]
            guard broadcast < kept.count, kept[broadcast] == step else { continue }
            broadcast += 1
            if broadcast % bundleSize == 0 || broadcast == kept.count { ends.append(sum) }
        }
        if !ends.isEmpty { ends[ends.count - 1] = sum }
        return ends
    }

    private mutating func addUses(_ group: Int, _ ends: [Int]) {
        var used = GroupUses()
        var before = 0
        for (bundle, end) in ends.enumerated() where end > before {
            let chunks = before / 8 / chunk...(Bytes.holding(bits: end).count - 1) / chunk
            used.add(chunks.lazy.map { [first = table.first[group]] in first + $0 }, bundle: bundle)
            before = end
        }
        // Without a bit the group has one chunk of no bytes, which comes with its first bundle.
        if ends.last == 0 { used.add(CollectionOfOne(table.first[group]), bundle: 0) }
        uses.append(used)
    }
}
