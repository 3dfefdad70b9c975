import Hardware

/// What the naive machine works on: masks of every group of channels, and what a fetch of inputs reads.
struct NaiveWorkload {
    /// Bits of a mask.
    var width: Int
    /// `[group][filter][step]`.
    var weights: [[[UInt64]]]
    /// `[group][step][tile]`.
    var activations: [[[UInt64]]]
    /// Bits of inputs that a fetch of these steps for these tiles reads.
    var inputBits: (_ group: Int, _ steps: [Int], _ tiles: [Int]) -> Int
    /// Whether patches are transformed behind the input buffer.
    var transformsOnRead = false

    /// Pairs times steps.
    var size: Int {
        zip(weights, activations).reduce(0) { $0 + $1.0.count * $1.1.count * ($1.1.first?.count ?? 0) }
    }
}

/// A second, naive statement of the contract: it steps FIFOs, multipliers, fetch streams and drains cycle by cycle, and
/// sorts every idle cycle of every PE into its class one by one. Dumb on purpose; it shares no code with the engine.
struct NaiveMachine {
    struct Pass {
        var group: Int
        /// By row, the filters of its slots.
        var rows: [[Int]]
        /// By column, its tiles.
        var columns: [[Int]]
        var steps: [Int]
        var finish: Int?
        var drained: Int?
    }

    struct Bundle {
        var pass: Int
        var steps: [Int]
        var isFirst: Bool
        var issue: Int?
        var holder = ""
        var fetched: [String: Int] = [:]
    }

    /// An entry as one PE sees it.
    struct Entry {
        var bundle: Int
        var products: Int
        var done: Int?
    }

    struct PE {
        var entries: [Entry] = []
        var head = 0
        var busy: Set<Int> = []
    }

    struct Stream {
        var name: String
        var rate: Int
        var prefetch: Int
        var next = 0
        var left: Int?
        var lastFetched = -1
    }

    struct Result: Equatable {
        var cycles = 0
        var useful = 0
        var executed = 0
        var busy = 0
        var classes: [String: Int] = [:]
    }

    let configuration: Configuration
    let workload: NaiveWorkload
    var passes: [Pass] = []
    var bundles: [Bundle] = []
    var pes: [[PE]]
    var result = Result()

    init(_ configuration: Configuration, _ workload: NaiveWorkload) {
        self.configuration = configuration
        self.workload = workload
        let array = configuration.peArray
        pes = Array(repeating: Array(repeating: PE(), count: array.columns), count: array.rows)
        for group in workload.weights.indices { plan(group) }
    }

    // MARK: The schedule

    mutating func plan(_ group: Int) {
        let array = configuration.peArray
        let weights = workload.weights[group]
        let tiles = workload.activations[group].first?.count ?? 0
        let steps = workload.activations[group].count
        var allRows: [[Int]] = Array(repeating: [], count: ceilDivide(weights.count, array.filtersPerPE))
        var order = Array(weights.indices)
        if array.balance != .none {
            let density = weights.map { filter in filter.map(\.nonzeroBitCount).reduce(0, +) }
            order.sort { density[$0] == density[$1] ? $0 < $1 : density[$0] > density[$1] }
        }
        if array.balance == .pairs {
            var row = 0
            var direction = 1
            for filter in order {
                allRows[row].append(filter)
                if row + direction < 0 || row + direction >= allRows.count {
                    direction = -direction
                } else {
                    row += direction
                }
            }
        } else {
            for (i, filter) in order.enumerated() { allRows[i / array.filtersPerPE].append(filter) }
        }
        for firstRow in stride(from: 0, to: allRows.count, by: array.rows) {
            let rows = Array(allRows[firstRow..<min(allRows.count, firstRow + array.rows)])
            let kept = (0..<steps).filter { step in
                array.skipEmptySteps == .none || rows.joined().contains { weights[$0][step] != 0 }
            }
            for firstTile in stride(from: 0, to: tiles, by: array.columns * array.tilesPerPE) {
                let last = min(tiles, firstTile + array.columns * array.tilesPerPE)
                let columns = stride(from: firstTile, to: last, by: array.tilesPerPE).map {
                    Array($0..<min(last, $0 + array.tilesPerPE))
                }
                for first in stride(from: 0, to: kept.count, by: array.broadcastSteps) {
                    bundles.append(
                        Bundle(
                            pass: passes.count,
                            steps: Array(kept[first..<min(kept.count, first + array.broadcastSteps)]),
                            isFirst: first == 0))
                }
                passes.append(Pass(group: group, rows: rows, columns: columns, steps: kept))
            }
        }
    }

    // MARK: The clock

    mutating func run() -> Result {
        var streams = [
            Stream(
                name: "weight_fetch", rate: configuration.weightBuffer.bandwidth.count,
                prefetch: configuration.weightBuffer.prefetch),
            Stream(
                name: "input_fetch", rate: configuration.inputBuffer.bandwidth.count,
                prefetch: configuration.inputBuffer.prefetch),
        ]
        if workload.transformsOnRead {
            streams.append(
                Stream(
                    name: "input_transform", rate: configuration.inputTransform.units,
                    prefetch: configuration.inputBuffer.prefetch))
        }
        var nextBundle = 0
        var cycle = 0
        while passes.contains(where: { $0.drained == nil }) {
            for i in streams.indices { step(&streams[i], cycle) }
            if nextBundle < bundles.count, let holder = holderIfIssued(nextBundle, cycle, streams) {
                bundles[nextBundle].issue = cycle
                bundles[nextBundle].holder = holder
                enqueue(nextBundle)
                nextBundle += 1
            }
            for row in pes.indices { for column in pes[row].indices { dispatch(row, column, cycle) } }
            finishPasses(cycle)
            drainPasses(cycle)
            cycle += 1
            precondition(cycle < 1_000_000, "the naive machine hangs")
        }
        let last = (passes.last?.drained ?? -1) + configuration.outputTransform.latency
        result.cycles = last + 1
        classify(last)
        return result
    }

    /// Moves what one stream can move in one cycle.
    mutating func step(_ stream: inout Stream, _ cycle: Int) {
        var budget = stream.rate
        while stream.next < bundles.count {
            let ahead = stream.next - stream.prefetch
            let allowed = ahead < 0 ? -1 : bundles[ahead].issue
            guard let allowed, allowed < cycle else { return }
            let left = stream.left ?? amount(stream.name, stream.next)
            let moved = min(left, budget)
            budget -= moved
            if moved < left {
                stream.left = left - moved
                return
            }
            // A bundle without work is there as soon as the one before it, or as soon as it may be.
            let fetched = left == 0 && stream.left == nil ? max(stream.lastFetched, allowed) : cycle
            stream.lastFetched = fetched
            let latency =
                stream.name == "input_transform" && stream.next == 0 ? configuration.inputTransform.latency : 0
            bundles[stream.next].fetched[stream.name] = fetched + latency
            stream.left = nil
            stream.next += 1
        }
    }

    func amount(_ stream: String, _ index: Int) -> Int {
        let bundle = bundles[index]
        let pass = passes[bundle.pass]
        switch stream {
        case "weight_fetch":
            var bits = 0
            for step in bundle.steps {
                for filter in pass.rows.joined() {
                    let mask = workload.weights[pass.group][filter][step]
                    switch configuration.weightBuffer.encoding {
                    case .dense: bits += workload.width * configuration.datatype.weights
                    case .bitmask: bits += workload.width + mask.nonzeroBitCount * configuration.datatype.weights
                    }
                }
            }
            return ceilDivide(bits, 8)
        case "input_fetch":
            return ceilDivide(workload.inputBits(pass.group, bundle.steps, Array(pass.columns.joined())), 8)
        default: return bundle.steps.count * pass.columns.joined().count * configuration.inputTransform.interval
        }
    }

    /// The holder, if the bundle goes out in this cycle: the condition that was met last, the first of those on a tie.
    func holderIfIssued(_ index: Int, _ cycle: Int, _ streams: [Stream]) -> String? {
        let bundle = bundles[index]
        let pass = passes[bundle.pass]
        let array = configuration.peArray
        // Each condition: its class, and whether it is met in a given cycle.
        var conditions: [(String, (Int) -> Bool)] = []
        for row in pass.rows.indices {
            for column in pass.columns.indices {
                let position = pes[row][column].entries.count + bundle.steps.count - 1 - array.fifoDepth
                if position >= 0 {
                    let done = pes[row][column].entries[position].done
                    conditions.append(("imbalance", { at in done.map { $0 + array.stallLatency < at } ?? false }))
                }
            }
        }
        if bundle.isFirst {
            let before = bundle.pass - array.accumulatorSets
            let drained = before < 0 ? -1 : passes[before].drained
            conditions.append(("drain", { at in drained.map { $0 < at } ?? false }))
        }
        for stream in streams {
            let fetched = bundle.fetched[stream.name]
            conditions.append((stream.name, { at in fetched.map { $0 <= at } ?? false }))
        }
        let previous = index == 0 ? -1 : bundles[index - 1].issue ?? Int.max - 1
        conditions.append(("broadcast", { at in previous < at }))
        guard conditions.allSatisfy({ $0.1(cycle) }) else { return nil }
        return conditions.first { !$0.1(cycle - 1) }?.0
    }

    mutating func enqueue(_ index: Int) {
        let bundle = bundles[index]
        let pass = passes[bundle.pass]
        for (row, filters) in pass.rows.enumerated() {
            for (column, tiles) in pass.columns.enumerated() {
                for step in bundle.steps {
                    var products = 0
                    for filter in filters {
                        for tile in tiles {
                            let w = workload.weights[pass.group][filter][step]
                            let a = workload.activations[pass.group][step][tile]
                            result.useful += (w & a).nonzeroBitCount
                            switch configuration.peArray.zeroSkipping {
                            case .both: products += (w & a).nonzeroBitCount
                            case .weights: products += w.nonzeroBitCount
                            case .activations: products += a.nonzeroBitCount
                            case .none: products += workload.width
                            }
                        }
                    }
                    result.executed += products
                    pes[row][column].entries.append(Entry(bundle: index, products: products))
                }
                let waiting = pes[row][column].entries.count - pes[row][column].head
                precondition(waiting <= configuration.peArray.fifoDepth, "the FIFO overflows")
            }
        }
    }

    mutating func dispatch(_ row: Int, _ column: Int, _ cycle: Int) {
        var multipliers = configuration.peArray.multipliers
        for _ in 0..<configuration.peArray.lookahead {
            let head = pes[row][column].head
            guard head < pes[row][column].entries.count else { return }
            var entry = pes[row][column].entries[head]
            guard let issue = bundles[entry.bundle].issue, issue < cycle else { return }
            while multipliers > 0 && entry.products > 0 {
                entry.products -= 1
                multipliers -= 1
                pes[row][column].busy.insert(cycle)
            }
            if entry.products == 0 {
                entry.done = cycle
                pes[row][column].busy.insert(cycle)
                pes[row][column].head += 1
            }
            pes[row][column].entries[head] = entry
            if entry.products > 0 { return }
        }
    }

    mutating func finishPasses(_ cycle: Int) {
        for p in passes.indices where passes[p].finish == nil {
            if passes[p].steps.isEmpty {
                let before = p == 0 ? -1 : passes[p - 1].finish
                let freed =
                    p < configuration.peArray.accumulatorSets
                    ? -1 : passes[p - configuration.peArray.accumulatorSets].drained
                guard let before, let freed else { return }
                passes[p].finish = max(before, freed)
            } else {
                guard let lastBundle = bundles.lastIndex(where: { $0.pass == p }), bundles[lastBundle].issue != nil
                else {
                    return
                }
                var finish = -1
                for row in passes[p].rows.indices {
                    for column in passes[p].columns.indices {
                        guard let entry = pes[row][column].entries.last(where: { $0.bundle == lastBundle }),
                            let done = entry.done
                        else { return }
                        finish = max(finish, done)
                    }
                }
                passes[p].finish = finish
            }
        }
    }

    /// Passes leave in order: every interval the output units take one pair each.
    mutating func drainPasses(_ cycle: Int) {
        for p in passes.indices where passes[p].drained == nil {
            let before = p == 0 ? -1 : passes[p - 1].drained
            guard let finish = passes[p].finish, let before else { return }
            var now = max(finish + configuration.peArray.pipeline, before)
            var pairs = passes[p].rows.joined().count * passes[p].columns.joined().count
            while pairs > 0 {
                pairs -= configuration.outputTransform.units
                now += configuration.outputTransform.interval
            }
            // Known ahead of its time; nobody may look at it before.
            if now > cycle { return }
            passes[p].drained = now
        }
    }

    // MARK: The classes

    mutating func classify(_ last: Int) {
        let multipliers = configuration.peArray.multipliers
        for row in pes.indices {
            for column in pes[row].indices {
                let pe = pes[row][column]
                result.busy += pe.busy.count
                let mine = pe.entries.map(\.bundle)
                for cycle in 0...max(0, last) where cycle <= last && !pe.busy.contains(cycle) {
                    let next = mine.first { (bundles[$0].issue ?? Int.max) >= cycle }
                    let previous = mine.last { (bundles[$0].issue ?? Int.max) < cycle }
                    let from = previous.map { bundles[$0].pass + 1 } ?? 0
                    let to = next.map { bundles[$0].pass } ?? passes.count
                    let unmapped = (from..<max(from, to)).contains { p in
                        let isMapped = row < passes[p].rows.count && column < passes[p].columns.count
                        return !isMapped && (passes[p].finish ?? -1) >= cycle
                    }
                    let kind = unmapped ? "unmapped" : next.map { bundles[$0].holder } ?? "drain"
                    result.classes[kind, default: 0] += multipliers
                }
            }
        }
        result.classes["useful"] = result.useful
        result.classes["ineffectual"] = result.executed - result.useful
        result.classes["underfill"] = result.busy * multipliers - result.executed
        result.classes = result.classes.filter { $0.value != 0 }
    }

    func ceilDivide(_ a: Int, _ b: Int) -> Int { (a + b - 1) / b }
}
