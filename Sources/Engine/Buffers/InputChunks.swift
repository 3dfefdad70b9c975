import Hardware

/// The inputs of a channel group, cut into runs of slices that fit a place.
struct InputChunks: Sendable {
    private(set) var table = ChunkTable()
    let slices: InputSlices
    /// By chunk, its slices among those that are used.
    private(set) var slicesOfChunk: [Range<Int>] = []
    /// `[column group, slice]`: the chunk that holds it, and -1 where no pass uses it.
    private var chunkOfSlice: [Int32]
    private let layout: StepLayout
    /// By slice, its place among those that are used.
    private let places: [Int]

    /// - Parameters:
    ///   - groups: column groups.
    ///   - place: bytes of a place.
    init(_ slices: InputSlices, groups: Int, layout: StepLayout, place: Int) {
        self.slices = slices
        self.layout = layout
        chunkOfSlice = [Int32](repeating: -1, count: groups * layout.slices)
        var places = [Int](repeating: -1, count: layout.slices)
        for (index, slice) in slices.live.enumerated() { places[slice] = index }
        self.places = places
        for group in 0..<groups { cut(group, place) }
    }

    /// The chunk that holds a slice of a column group.
    @inline(__always)
    func chunk(group: Int, slice: Int) -> Int { Int(chunkOfSlice[group * layout.slices + slice]) }

    /// The place of a slice among those of its chunk.
    @inline(__always)
    func place(of slice: Int, in chunk: Int) -> Int { places[slice] - slicesOfChunk[chunk].lowerBound }

    /// Bytes of a chunk up to the end of a step.
    @inline(__always)
    func bytes(of chunk: Int, through step: Int) -> Int {
        let chunk = table.chunks[chunk]
        let slice = layout.slice(ofStep: step)
        let number = layout.number(ofStep: step)
        return Bytes.holding(bits: slices.bits(group: chunk.group, slice: places[slice], through: number)).count
            - chunk.start
    }

    /// Cuts a column group into the longest runs of slices that fit a place.
    private mutating func cut(_ group: Int, _ place: Int) {
        let count = slices.live.count
        let base = group * count
        var chunks: [Chunk] = []
        var first = 0
        while first < count {
            var held = slices.held[base + first]
            var moved = slices.moved[base + first]
            var end = first + 1
            while end < count {
                var more = held
                more += slices.held[base + end]
                guard Bytes.holding(bits: slices.inBuffer.bits(of: more)).count <= place else { break }
                held = more
                moved += slices.moved[base + end]
                end += 1
            }
            let start = Bytes.holding(bits: slices.bits(group: group, before: first)).count
            for slice in first..<end {
                chunkOfSlice[group * layout.slices + slices.live[slice]] = Int32(table.count + chunks.count)
            }
            chunks.append(
                Chunk(
                    group: group, start: start,
                    bytes: Bytes.holding(bits: slices.bits(group: group, before: end)).count - start, moved: moved,
                    held: held, heldBytes: Bytes.holding(bits: slices.inBuffer.bits(of: held)).count))
            slicesOfChunk.append(first..<end)
            first = end
        }
        table.add(chunks)
    }
}

/// Which chunks of inputs each pass of a channel group uses, with its steps in some order.
struct InputUses: Sendable {
    /// `[list of steps, column group]`
    private var uses: [GroupUses] = []
    /// By row group, the number of its list of steps.
    private var lists: [Int] = []
    private let groups: Int
    /// The most chunks that a bundle uses.
    let mostOfBundle: Int

    /// - Parameter grouping: row groups, their steps in the order of broadcast.
    init(_ chunks: InputChunks, grouping: Grouping, layout: StepLayout, bundleSize: Int) {
        groups = grouping.columnGroups
        var numbers: [[Int]: Int] = [:]
        for steps in grouping.rowGroups.map(\.steps) {
            if numbers[steps] == nil {
                numbers[steps] = numbers.count
                let slices = steps.map(layout.slice(ofStep:))
                uses += (0..<groups).map { Self.uses(of: slices, chunks, $0, bundleSize) }
            }
            lists.append(numbers[steps] ?? 0)
        }
        mostOfBundle = uses.reduce(0) { max($0, $1.mostOfBundle) }
    }

    /// The uses of a pass.
    func of(rowGroup: Int, columnGroup: Int) -> GroupUses { uses[lists[rowGroup] * groups + columnGroup] }

    /// - Parameter slices: the slices of the steps of a pass.
    private static func uses(of slices: [Int], _ chunks: InputChunks, _ group: Int, _ bundleSize: Int) -> GroupUses {
        var used = GroupUses()
        var ofBundle: [Int] = []
        for (bundle, first) in stride(from: 0, to: slices.count, by: bundleSize).enumerated() {
            ofBundle.removeAll(keepingCapacity: true)
            for slice in slices[first..<min(first + bundleSize, slices.count)] {
                let chunk = chunks.chunk(group: group, slice: slice)
                if !ofBundle.contains(chunk) { ofBundle.append(chunk) }
            }
            if ofBundle.count > 1 { ofBundle.sort() }
            used.add(ofBundle, bundle: bundle)
        }
        return used
    }
}
