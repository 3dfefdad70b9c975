import Files
import Hardware

/// The cut of one operand into what its buffer holds at a time.
struct BlockPlan: Sendable {
    /// Consecutive groups that are loaded together, or one group that is streamed.
    struct Block: Hashable, Sendable {
        var groups: Range<Int>
        /// The runs of steps in which the group is streamed; empty where the block is loaded whole.
        var chunks: [Range<Int>] = []

        var isStreamed: Bool { !chunks.isEmpty }
    }

    let blocks: [Block]
    /// The least capacity at which no group would be streamed.
    let wholeGroupsCapacity: Int

    /// One block where all groups fit; else blocks of at most half the buffer, and chunks of groups that exceed it.
    ///
    /// - Parameter buffer: the buffer's name in the configuration.
    /// - Throws: `InputError` where a single step exceeds half the buffer.
    init(_ sizes: some OperandSizes, capacity: Bytes, buffer: String, layer: String, mark: Mark?) throws {
        let half = capacity.count / 2
        let bytes = (0..<sizes.groups).map { group in
            Bytes.holding(bits: sizes.bufferBits(group: group, from: 0).reduce(0, +)).count
        }
        let all = bytes.reduce(0, +)
        wholeGroupsCapacity = min(all, 2 * (bytes.max() ?? 0))
        if all <= capacity.count {
            blocks = [Block(groups: 0..<sizes.groups)]
            return
        }
        var blocks: [Block] = []
        var first = 0
        while first < sizes.groups {
            if bytes[first] > half {
                let chunks = try Self.chunks(
                    sizes, group: first, half: half, buffer: buffer, layer: layer, mark: mark)
                blocks.append(Block(groups: first..<first + 1, chunks: chunks))
                first += 1
                continue
            }
            var last = first
            var sum = 0
            while last < sizes.groups, bytes[last] <= half, sum + bytes[last] <= half {
                sum += bytes[last]
                last += 1
            }
            blocks.append(Block(groups: first..<last))
            first = last
        }
        self.blocks = blocks
    }

    /// A bundle may read two chunks and no more: the third could only come when the bundle has freed the first.
    ///
    /// - Parameter group: the group whose bundles they are; nil where every group is read by them.
    /// - Throws: `InputError` where a bundle reads more.
    func check(_ bundles: [ArraySlice<Int>], of group: Int?, buffer: String, layer: String, mark: Mark?) throws {
        for block in blocks where block.isStreamed && group.map(block.groups.contains) ?? true {
            for steps in bundles {
                let read = block.chunks.indices.filter { chunk in steps.contains { block.chunks[chunk].contains($0) } }
                if let first = read.first, let last = read.last, last - first > 1 {
                    throw InputError(
                        "layer '\(layer)': a bundle of \(steps.count) steps needs \(last - first + 1) chunks of \(buffer), which "
                            + "holds two at a time; raise \(buffer).capacity or lower pe_array.broadcast_steps",
                        at: mark)
                }
            }
        }
    }

    private static func chunks(
        _ sizes: some OperandSizes, group: Int, half: Int, buffer: String, layer: String, mark: Mark?
    ) throws -> [Range<Int>] {
        var chunks: [Range<Int>] = []
        var first = 0
        while first < sizes.steps {
            let bits = sizes.bufferBits(group: group, from: first)
            var last = first
            var sum = 0
            while last < sizes.steps, Bytes.holding(bits: sum + bits[last - first]).count <= half {
                sum += bits[last - first]
                last += 1
            }
            if last == first {
                throw InputError(
                    "layer '\(layer)': one step takes \(Bytes.holding(bits: bits[0]).count) bytes of \(buffer), and half of its "
                        + "capacity is \(half) bytes; raise \(buffer).capacity, or make a step smaller",
                    at: mark)
            }
            chunks.append(first..<last)
            first = last
        }
        return chunks
    }
}
