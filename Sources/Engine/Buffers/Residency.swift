/// Which chunks stay in a buffer between their uses: the offline optimum in places of one size (page `BuffersAndTraffic`).
///
/// Of the chunks held, the one whose next use lies farthest goes first (Belady, IBM Systems Journal 5, 1966). What a smaller buffer holds
/// a larger one holds too (Mattson et al., IBM Systems Journal 9, 1970), so more places never load more.
struct Residency {
    /// By load, in their order, the chunk.
    private(set) var loads: [Int32] = []
    /// By use, the load that brought the chunk.
    private(set) var loadOfUse: [Int32] = []

    /// Plans the loads of some uses.
    ///
    /// - Parameters:
    ///   - uses: the chunks that are used, in order.
    ///   - chunks: how many chunks there are.
    ///   - held: how many may be held from one use to the next; nil for all.
    init(_ uses: [Int32], chunks: Int, held: Int?) {
        loadOfUse.reserveCapacity(uses.count)
        // By chunk, the load that holds it; -1 where none does.
        var loadOfChunk = [Int32](repeating: -1, count: chunks)
        guard let held else {
            for chunk in uses {
                if loadOfChunk[Int(chunk)] < 0 {
                    loadOfChunk[Int(chunk)] = Int32(loads.count)
                    loads.append(chunk)
                }
                loadOfUse.append(loadOfChunk[Int(chunk)])
            }
            return
        }
        let next = Self.nextUses(uses, chunks: chunks)
        var farthest = FarthestUse()
        var count = 0
        for (use, chunk) in uses.enumerated() {
            var load = loadOfChunk[Int(chunk)]
            let isHeld = load >= 0
            if !isHeld {
                load = Int32(loads.count)
                loads.append(chunk)
            }
            loadOfUse.append(load)
            guard let again = next[use] else {
                if isHeld { count -= 1 }
                loadOfChunk[Int(chunk)] = -1
                continue
            }
            if isHeld || count < held {
                if !isHeld { count += 1 }
            } else if let last = farthest.last, last.use > again {
                farthest.removeLast()
                loadOfChunk[Int(last.chunk)] = -1
            } else {
                continue
            }
            loadOfChunk[Int(chunk)] = load
            farthest.insert(chunk, use: again)
        }
    }

    /// By use, the next one of the same chunk; nil for the last.
    private static func nextUses(_ uses: [Int32], chunks: Int) -> [Int32?] {
        var later = [Int32?](repeating: nil, count: chunks)
        var next = [Int32?](repeating: nil, count: uses.count)
        for use in uses.indices.reversed() {
            next[use] = later[Int(uses[use])]
            later[Int(uses[use])] = Int32(use)
        }
        return next
    }
}

/// The chunks that are held, by their next use: a binary heap.
///
/// A chunk that is used and held on leaves its entry behind. That entry's use has passed, so it lies below all others and is
/// never the farthest while anything is held.
private struct FarthestUse {
    private var heap: [(use: Int32, chunk: Int32)] = []

    /// The farthest next use.
    var last: (use: Int32, chunk: Int32)? { heap.first }

    mutating func insert(_ chunk: Int32, use: Int32) {
        var at = heap.count
        heap.append((use, chunk))
        while at > 0, heap[(at - 1) / 2].use < use {
            heap[at] = heap[(at - 1) / 2]
            at = (at - 1) / 2
        }
        heap[at] = (use, chunk)
    }

    mutating func removeLast() {
        let moved = heap.removeLast()
        if heap.isEmpty { return }
        var at = 0
        while true {
            var child = 2 * at + 1
            if child >= heap.count { break }
            if child + 1 < heap.count, heap[child + 1].use > heap[child].use { child += 1 }
            if heap[child].use <= moved.use { break }
            heap[at] = heap[child]
            at = child
        }
        heap[at] = moved
    }
}
