import Hardware

/// What a buffer loads and holds at a time of one operand (page `BuffersAndTraffic`).
struct Chunk: Sendable {
    /// The row group or column group that it belongs to.
    let group: Int
    /// Bytes of its group before it.
    let start: Int
    /// Bytes that are moved for it.
    let bytes: Int
    /// The values that are moved.
    let moved: ValueCount
    /// The values that its place then holds, and their bytes.
    let held: ValueCount
    let heldBytes: Int
}

/// The cut of one operand of a channel group into chunks, group by group.
struct ChunkTable: Sendable {
    private(set) var chunks: [Chunk] = []
    /// By group, the number of its first chunk; and how many all have.
    private(set) var first = [0]
    /// Bytes of all chunks.
    private(set) var bytes = 0

    /// Adds the chunks of the next group.
    mutating func add(_ group: [Chunk]) {
        chunks += group
        first.append(chunks.count)
        bytes = group.reduce(bytes) { $0 + $1.bytes }
    }

    var count: Int { chunks.count }

    /// The chunks of a group.
    func range(of group: Int) -> Range<Int> { first[group]..<first[group + 1] }
}

/// A run of consecutive bundles of a pass that use a chunk.
struct ChunkUse: Sendable {
    /// The chunk's number in its table.
    let chunk: Int32
    /// The first and the last bundle, counted in the pass.
    let first: Int32
    var last: Int32
}

/// The uses of one operand by the passes of a group, in their order, and how many chunks one bundle uses at most.
struct GroupUses: Sendable {
    private(set) var uses: [ChunkUse] = []
    private(set) var mostOfBundle = 0
    /// Where the uses of the last bundle may lie.
    private var oldest = 0

    /// Adds the use of some chunks, in rising order, by the next bundle.
    mutating func add(_ chunks: some Sequence<Int>, bundle: Int) {
        var count = 0
        let known = uses.count
        while oldest < known, Int(uses[oldest].last) < bundle - 1 { oldest += 1 }
        for chunk in chunks {
            count += 1
            let before = uses[oldest..<known].lastIndex { $0.chunk == chunk && Int($0.last) == bundle - 1 }
            if let before {
                uses[before].last = Int32(bundle)
            } else {
                uses.append(ChunkUse(chunk: Int32(chunk), first: Int32(bundle), last: Int32(bundle)))
            }
        }
        mostOfBundle = max(mostOfBundle, count)
    }
}
