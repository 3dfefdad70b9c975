import Hardware

/// The two operands that are loaded; weights go first on a tie.
enum NaiveOperand: Int, CaseIterable {
    case weights, inputs
}

/// What one load moves.
struct NaiveChunk {
    var bytes = 0
    /// By step, the bytes of the chunk up to the end of that step: of weights all steps, of inputs those of its slices.
    var ends: [Int: Int] = [:]
    /// The jobs of a load for the input transform, in order.
    var jobs: [NaiveJob] = []
    /// Values that are moved, whether stored or not, the zeros among them, and the index bits.
    var moved = 0
    var movedZeros = 0
    var movedIndexBits = 0
    /// Values that the buffer then holds, stored or not, true for non-zeros, and their bytes.
    var held: [Bool] = []
    var heldBytes = 0

    /// Adds the weights of a step, which take these bits in the buffer and in DRAM.
    mutating func append(_ values: [Bool], _ stored: NaiveStored) {
        moved += values.count
        movedZeros += values.filter { !$0 }.count
        movedIndexBits += stored.indexBits
        held += values
    }
}

/// What the passes of a channel group need: the groups of filters and tiles, and what of them some pass uses.
struct NaiveGroup {
    let workload: NaiveWorkload
    let buffers: NaiveBuffers
    let index: Int
    /// By row group and row, its filters.
    let rows: [[[Int]]]
    /// By column group, its tiles.
    let tiles: [[Int]]
    /// By row group, the steps that it does not leave out.
    let kept: [Set<Int>]
    /// The slices that some pass uses.
    let slices: [Int]
    /// By column group, the bits that each of these takes in the buffer.
    let sliceBits: [[Int: Int]]

    init(_ configuration: Configuration, _ buffers: NaiveBuffers, _ index: Int, rows: [[[Int]]], tiles: [[Int]]) {
        self.buffers = buffers
        self.index = index
        self.rows = rows
        self.tiles = tiles
        let workload = buffers.workload
        self.workload = workload
        let steps = workload.operands.indices
        kept = rows.map { rows in
            Set(
                steps.filter { step in
                    configuration.peArray.skipEmptySteps == .none
                        || rows.joined().contains { workload.weights[index][$0][step] != 0 }
                })
        }
        let used = kept.reduce(Set()) { $0.union($1) }
        let slices = Set(used.map { workload.slices[$0] }).sorted()
        self.slices = slices
        sliceBits = tiles.map { tiles in
            slices.reduce(into: [:]) { bits, slice in
                bits[slice] = buffers.heldInputs(index, steps.filter { workload.slices[$0] == slice }, tiles).bits
            }
        }
    }

    /// All steps of a slice, those too that every pass leaves out.
    func steps(of slice: Int) -> [Int] { workload.operands.indices.filter { workload.slices[$0] == slice } }

    /// Bytes that some slices of a column group take in the buffer.
    func held(_ slices: some Sequence<Int>, _ column: Int) -> Int {
        ceilDivide(slices.reduce(0) { $0 + sliceBits[column][$1, default: 0] }, 8)
    }

    /// Bytes of the largest slice of any column group.
    var largestSlice: Int {
        tiles.indices.flatMap { column in slices.map { held(CollectionOfOne($0), column) } }.max() ?? 0
    }

    // MARK: Weights

    /// The bits of a row group up to the end of each step of an order.
    func weightEnds(_ row: Int, _ order: [Int]) -> [Int] {
        var bits = 0
        return order.map { step in
            bits += buffers.weights(index, [step], Array(rows[row].joined())).bits
            return bits
        }
    }

    /// A row group in an order of steps, cut every so many bytes.
    func weightChunks(_ row: Int, _ order: [Int], cut size: Int) -> [NaiveChunk] {
        let filters = Array(rows[row].joined())
        let ends = weightEnds(row, order)
        let bytes = ceilDivide(ends.last ?? 0, 8)
        guard !kept[row].isEmpty else { return [] }
        var chunks: [NaiveChunk] = []
        for first in stride(from: 0, to: max(1, bytes), by: size) {
            var chunk = NaiveChunk()
            chunk.bytes = min(size, bytes - first)
            chunk.heldBytes = chunk.bytes
            for (place, step) in order.enumerated() {
                chunk.ends[step] = min(max(0, ceilDivide(ends[place], 8) - first), chunk.bytes)
            }
            chunks.append(chunk)
        }
        for (place, step) in order.enumerated() {
            let begin = place == 0 ? 0 : ends[place - 1]
            let values = workload.weightVectors(index, [step], filters).joined()
            // A step without bits may lie at the end of the group.
            chunks[min(begin / 8 / size, chunks.count - 1)].append(
                Array(values), buffers.weights(index, [step], filters))
        }
        return chunks
    }

    /// All row groups that some pass uses, as ideal memory holds them.
    func allWeights() -> NaiveChunk {
        var all = NaiveChunk()
        for row in rows.indices where !kept[row].isEmpty {
            let filters = Array(rows[row].joined())
            for step in workload.operands.indices {
                let values = workload.weightVectors(index, [step], filters).joined()
                all.append(Array(values), buffers.weights(index, [step], filters))
            }
            let bits = weightEnds(row, Array(workload.operands.indices)).last ?? 0
            all.bytes += ceilDivide(bits, 8)
            all.heldBytes += ceilDivide(bits, 8)
        }
        return all
    }

    // MARK: Inputs

    /// The slices of a column group, cut into the longest runs that fit a place.
    func inputChunks(_ column: Int, place: Int) -> [NaiveChunk] {
        var runs: [[Int]] = []
        for slice in slices {
            if let run = runs.last, held(run + [slice], column) <= place {
                runs[runs.count - 1].append(slice)
            } else {
                runs.append([slice])
            }
        }
        var bits = 0
        return runs.map { inputChunk($0, column, from: &bits) }
    }

    /// All column groups, as ideal memory holds them.
    func allInputs() -> NaiveChunk {
        var all = NaiveChunk()
        for column in tiles.indices {
            var bits = 0
            let one = inputChunk(slices, column, from: &bits)
            all.bytes += one.bytes
            all.moved += one.moved
            all.movedZeros += one.movedZeros
            all.movedIndexBits += one.movedIndexBits
            all.held += one.held
            all.heldBytes += one.heldBytes
        }
        return all
    }

    /// Some slices of a column group.
    ///
    /// - Parameter bits: the group's bits before them, and then with them.
    private func inputChunk(_ slices: [Int], _ column: Int, from bits: inout Int) -> NaiveChunk {
        var chunk = NaiveChunk()
        let before = ceilDivide(bits, 8)
        for slice in slices {
            let steps = steps(of: slice)
            let items = workload.moved(index, steps, tiles[column])
            chunk.jobs += jobs(slice, column, items) { ceilDivide(bits + $0, 8) - before }
            for step in steps {
                bits += items.reduce(0) { $0 + ($1.step == step ? $1.bits : 0) }
                chunk.ends[step] = ceilDivide(bits, 8) - before
            }
            chunk.moved += items.reduce(0) { $0 + $1.values }
            chunk.movedZeros += items.reduce(0) { $0 + $1.zeros }
            if !workload.movesAllInputs { chunk.movedIndexBits += items.reduce(0) { $0 + $1.values } }
            chunk.held += workload.vectorsHeld(index, steps, tiles[column]).joined()
        }
        chunk.bytes = ceilDivide(bits, 8) - before
        chunk.heldBytes = held(slices, column)
        return chunk
    }

    /// The patches of a slice, each a job when its own pixels and those before it have arrived.
    ///
    /// - Parameter bytes: the bytes of the chunk up to that bit of the slice.
    private func jobs(_ slice: Int, _ column: Int, _ items: [NaiveItem], bytes: (Int) -> Int) -> [NaiveJob] {
        guard let patchChannels = workload.patchChannels else { return [] }
        let channels = Set(steps(of: slice).flatMap(patchChannels)).sorted()
        var jobs: [NaiveJob] = []
        var next = 0
        var bits = 0
        for tile in tiles[column] {
            for channel in channels {
                while next < items.count, (items[next].tile, items[next].channel) <= (tile, channel) {
                    bits += items[next].bits
                    next += 1
                }
                jobs.append(NaiveJob(tile: tile, channel: channel, bytes: bytes(bits)))
            }
        }
        return jobs
    }

    private func ceilDivide(_ a: Int, _ b: Int) -> Int { (a + b - 1) / b }
}
