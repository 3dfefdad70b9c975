import Foundation
import Hardware

/// A chunk of an operand of a channel group, by its row or column group and its place in it.
struct NaiveChunkPlace: Hashable {
    var group: Int
    var index: Int
}

/// A run of consecutive bundles that use a chunk; bundles are numbered in the channel group.
struct NaiveUse {
    var chunk: NaiveChunkPlace
    var bundles: [Int]
}

/// A load of a chunk, and the bundles that use the chunk while it stays.
struct NaivePlannedLoad {
    var chunk: NaiveChunkPlace
    var bundles: [Int]
}

/// The places of a buffer, and how many of them it stages.
struct NaivePlaces {
    var count: Int
    var staged: Int
}

/// A pass of a channel group.
struct NaivePassPlace: Equatable {
    var row: Int
    var column: Int
}

/// The chunks of a channel group in one order of steps, and the bundles that use them.
struct NaiveChunks {
    let group: NaiveGroup
    /// By row group, the steps of its bundles.
    let bundles: [[[Int]]]
    /// By row group, its chunks.
    let weights: [[NaiveChunk]]
    /// By column group, its chunks.
    let inputs: [[NaiveChunk]]
    /// By row group and bundle, the chunks of weights that it uses.
    let usedWeights: [[[Int]]]
    /// By row group, column group and bundle, the chunks of inputs that it uses.
    let usedInputs: [[[[Int]]]]

    init(_ group: NaiveGroup, _ configuration: Configuration, _ stepOrder: StepOrder, inputs: [[NaiveChunk]]) {
        self.group = group
        let steps = Array(group.workload.operands.indices)
        let slices = group.workload.slices
        let order =
            stepOrder == .channels
            ? Set(slices).sorted().flatMap { slice in steps.filter { slices[$0] == slice } } : steps
        let size = configuration.naiveChunk(.weights)
        bundles = group.kept.map { kept in
            let steps = order.filter(kept.contains)
            return stride(from: 0, to: steps.count, by: configuration.peArray.broadcastSteps).map {
                Array(steps[$0..<min(steps.count, $0 + configuration.peArray.broadcastSteps)])
            }
        }
        weights = group.rows.indices.map { group.weightChunks($0, order, cut: size) }
        self.inputs = inputs
        usedInputs = bundles.map { bundles in
            inputs.map { chunks in
                bundles.map { steps in
                    chunks.indices.filter { chunk in steps.contains { chunks[chunk].ends[$0] != nil } }
                }
            }
        }
        var used: [[[Int]]] = []
        for (row, bundles) in bundles.enumerated() {
            let ends = group.weightEnds(row, order)
            var begin = 0
            used.append(
                bundles.indices.map { bundle in
                    // Steps that are left out belong to the next bundle, or to the last one.
                    let last = bundles[bundle].last.flatMap(order.firstIndex)
                    let end = bundle == bundles.count - 1 ? ends.last ?? 0 : last.map { ends[$0] } ?? 0
                    defer { begin = end }
                    let bytes = end > begin ? begin / 8..<(end + 7) / 8 : 0..<0
                    if ends.last == 0 && bundle == 0 { return [0] }
                    return Set(bytes.map { $0 / size }).sorted()
                })
        }
        usedWeights = used
    }

    func chunk(_ operand: NaiveOperand, _ place: NaiveChunkPlace) -> NaiveChunk {
        (operand == .weights ? weights : inputs)[place.group][place.index]
    }

    /// The chunks of an operand that a bundle of a pass uses, in their order.
    func used(_ operand: NaiveOperand, by bundle: Int, of pass: NaivePassPlace) -> [NaiveChunkPlace] {
        switch operand {
        case .weights:
            return usedWeights[pass.row][bundle].map { NaiveChunkPlace(group: pass.row, index: $0) }
        case .inputs:
            return usedInputs[pass.row][pass.column][bundle].map { NaiveChunkPlace(group: pass.column, index: $0) }
        }
    }

    /// The largest number of chunks of an operand that one bundle uses.
    func mostUsed(_ operand: NaiveOperand) -> Int {
        let used = operand == .weights ? Array(usedWeights.joined()) : Array(usedInputs.joined().joined())
        return used.map(\.count).max() ?? 0
    }

    /// The uses of all chunks of an operand: by first bundle, then in the order of chunks.
    func uses(_ operand: NaiveOperand, _ passes: [NaivePassPlace]) -> [NaiveUse] {
        var uses: [NaiveUse] = []
        var number = 0
        // The uses that the bundle before was part of.
        var open: [NaiveChunkPlace: Int] = [:]
        for pass in passes {
            for bundle in bundles[pass.row].indices {
                var now: [NaiveChunkPlace: Int] = [:]
                for chunk in used(operand, by: bundle, of: pass) {
                    if let use = open[chunk] {
                        uses[use].bundles.append(number)
                        now[chunk] = use
                    } else {
                        now[chunk] = uses.count
                        uses.append(NaiveUse(chunk: chunk, bundles: [number]))
                    }
                }
                open = now
                number += 1
            }
        }
        return uses
    }
}

extension NaivePlaces {
    /// The loads of some uses, in order: at each use a look at the future says what goes.
    func loads(_ uses: [NaiveUse]) -> [NaivePlannedLoad] {
        let chunks = Set(uses.map(\.chunk)).count
        let room = chunks <= count ? chunks : count - staged
        // For each use, the next one of its chunk.
        var next: [Int?] = []
        var seen: [NaiveChunkPlace: Int] = [:]
        for use in uses.indices.reversed() {
            next.append(seen[uses[use].chunk])
            seen[uses[use].chunk] = use
        }
        next.reverse()
        var loads: [NaivePlannedLoad] = []
        // What is held from one use to the next: its load, and that next use.
        var held: [NaiveChunkPlace: (load: Int, next: Int)] = [:]
        for (number, use) in uses.enumerated() {
            let load: Int
            if let kept = held.removeValue(forKey: use.chunk) {
                load = kept.load
            } else {
                load = loads.count
                loads.append(NaivePlannedLoad(chunk: use.chunk, bundles: []))
            }
            loads[load].bundles += use.bundles
            guard let next = next[number] else { continue }
            held[use.chunk] = (load, next)
            if held.count > room, let farthest = held.max(by: { $0.value.next < $1.value.next }) {
                held[farthest.key] = nil
            }
        }
        return loads
    }
}

/// An order of a channel group's passes and steps, and its loads.
struct NaivePlan {
    let chunks: NaiveChunks
    let passes: [NaivePassPlace]
    let places: [NaiveOperand: NaivePlaces]
    let loads: [NaiveOperand: [NaivePlannedLoad]]

    init(_ chunks: NaiveChunks, _ passes: [NaivePassPlace], _ places: [NaiveOperand: NaivePlaces]) {
        self.chunks = chunks
        self.passes = passes
        self.places = places
        loads = places.reduce(into: [:]) { $0[$1.key] = $1.value.loads(chunks.uses($1.key, passes)) }
    }

    /// Bytes that all loads move.
    var bytes: Int {
        loads.reduce(0) { sum, loads in
            sum + loads.value.reduce(0) { $0 + chunks.chunk(loads.key, $1.chunk).bytes }
        }
    }

    /// k and ceil(count / k), for the powers of two and three times them.
    static func runs(of count: Int) -> [Int] {
        var runs: Set<Int> = []
        var power = 1
        while power <= max(1, count) {
            for k in [power, 3 * power] { runs.formUnion([k, (count + k - 1) / k]) }
            power *= 2
        }
        return runs.filter { 1...max(1, count) ~= $0 }.sorted()
    }

    /// The order of passes with blocks of row groups or of column groups, and strips of the other ones.
    static func order(rows: Int, columns: Int, _ loop: LoopOrder, block: Int, strip: Int) -> [NaivePassPlace] {
        func cut(_ groups: [Int], _ size: Int) -> [[Int]] {
            groups.isEmpty ? [] : [Array(groups.prefix(size))] + cut(Array(groups.dropFirst(size)), size)
        }
        let (all, others) = loop == .weights ? (rows, columns) : (columns, rows)
        var passes: [NaivePassPlace] = []
        for (number, groups) in cut(Array(0..<all), block).enumerated() {
            var strips = cut(Array(0..<others), strip)
            if strip > 1 && number % 2 == 1 { strips.reverse() }
            for strip in strips {
                for group in groups {
                    for other in strip {
                        passes.append(
                            loop == .weights
                                ? NaivePassPlace(row: group, column: other) : NaivePassPlace(row: other, column: group))
                    }
                }
            }
        }
        return passes
    }

    /// 1, and where a block has more groups than one, what was asked for or the powers of two below all.
    static func strips(block: Int, asked: Int?, of count: Int) -> [Int] {
        if block > 1, let asked { return [min(asked, count)] }
        return block == 1 ? [1] : [1] + (1..<20).map { Int(pow(2, Double($0))) }.filter { $0 < count }
    }

    /// Of all orders of passes that are allowed, the one that moves the fewest bytes, or ends first by the estimate.
    static func best(
        _ chunks: NaiveChunks, _ places: [NaiveOperand: NaivePlaces], _ loopOrder: LoopOrder, block: Int?,
        strip: Int?, _ pace: NaivePace
    ) -> NaivePlan? {
        var candidates: [(plan: NaivePlan, ties: [Int])] = []
        let rows = chunks.weights.count
        let columns = chunks.inputs.count
        for loop in [LoopOrder.weights, .inputs] where [.auto, .fast, loop].contains(loopOrder) {
            let (outside, inside) = loop == .weights ? (rows, columns) : (columns, rows)
            for n in block.map({ [min($0, outside)] }) ?? runs(of: outside).filter({ $0 == 1 || $0 < outside }) {
                for s in strips(block: n, asked: strip, of: inside) {
                    let passes = order(rows: rows, columns: columns, loop, block: n, strip: s)
                    candidates.append((NaivePlan(chunks, passes, places), [-n, -s, loop == .weights ? 0 : 1]))
                }
            }
        }
        // The estimate is asked only for those that it decides on.
        let fewest = candidates.map(\.plan.bytes).min()
        if loopOrder != .fast { candidates = candidates.filter { $0.plan.bytes == fewest } }
        let keys = candidates.map { [pace.end(of: $0.plan), $0.plan.bytes] + $0.ties }
        let best = zip(candidates, keys).min { $0.1.lexicographicallyPrecedes($1.1) }?.0
        return best?.plan
    }
}
