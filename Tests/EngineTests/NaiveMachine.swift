import Hardware

/// A second, naive statement of the pages `ArrayTiming`, `Fetch` and `BuffersAndTraffic`: it steps FIFOs, multipliers,
/// fetch streams and drains cycle by cycle, and classifies every idle cycle of every PE one by one. It is
/// deliberately simple, and shares no code with the engine.
struct NaiveMachine {
    struct Pass {
        var group: Int
        /// By row, the filters of its slots.
        var rows: [[Int]]
        /// By column, its tiles.
        var columns: [[Int]]
        var steps: [Int]
        var bundles: Range<Int>
        var outputBytes = 0
        var finish: Int?
        /// The cycle in which its outputs had space.
        var outputsFree: Int?
        /// Whether only the lack of that space held its drain.
        var waitedForRoom = false
        var drained: Int?
        /// The cycle in which DRAM took its last byte.
        var accepted: Int?
    }

    struct Bundle {
        var pass: Int
        var steps: [Int]
        var isFirst: Bool
        /// By operand, the loads of the chunks that it uses.
        var loads: [NaiveOperand: [Int]] = [:]
        var issue: Int?
        var holder = ""
        /// By stream that has reached it, the bytes to move.
        var work: [String: Int] = [:]
        var fetched: [String: Int] = [:]
        /// By stream that waited only for its operand, the class of those cycles.
        var waited: [String: String] = [:]
    }

    /// An entry in the FIFO of one PE.
    struct Entry {
        var bundle: Int
        /// By pair, the remaining products: filter by filter, tiles innermost.
        var products: [Int]
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
        /// Whether it could have moved its next bundle if the operand had been on chip.
        var isStarved = false
    }

    struct Result: Equatable {
        var cycles = 0
        var useful = 0
        var executed = 0
        var busy = 0
        var classes: [String: Int] = [:]
        /// By holder, its cycles of the layer, without zeros.
        var ledger: [String: Int] = [:]
        var dramReadBytes = 0
        var dramWriteBytes = 0
        /// The counts of the energy model, under their own names, without zeros.
        var counts: [String: Int] = [:]
    }

    let configuration: Configuration
    let workload: NaiveWorkload
    let buffers: NaiveBuffers
    var passes: [Pass] = []
    var bundles: [Bundle] = []
    var pes: [[PE]]
    var loads: [NaiveLoad] = []
    /// The banks of each operand in a buffer that both share.
    var split: [NaiveOperand: Int]?
    /// By channel group, the order that was chosen; none on ideal memory.
    var plans: [NaivePlan] = []
    /// On ideal memory, the bytes that are loaded before the first cycle.
    var everything: [(operand: NaiveOperand, chunk: NaiveChunk)] = []
    var channel = NaiveChannel()
    var transform: NaiveTransformUnits
    var result = Result()

    /// Makes the layer's passes, bundles and loads.
    ///
    /// - Throws: `NaiveFault` if a buffer is too small, or a mask has a bit without an operand.
    init(_ configuration: Configuration, _ workload: NaiveWorkload) throws(NaiveFault) {
        self.configuration = configuration
        self.workload = workload
        buffers = NaiveBuffers(configuration, workload)
        let array = configuration.peArray
        pes = Array(repeating: Array(repeating: PE(), count: array.columns), count: array.rows)
        transform = NaiveTransformUnits(units: configuration.inputTransform.units)
        try workload.checkMasks()
        try plan()
    }

    // MARK: The clock

    /// - Throws: `NaiveFault.stuck` if nothing can move any more.
    mutating func run() throws(NaiveFault) -> Result {
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
        var progress = (count: 0, cycle: 0)
        // A pass without steps may be finished before the first cycle.
        settle(-1)
        while isRunning {
            stepMemory(cycle)
            stepTransform(cycle)
            for i in streams.indices { step(&streams[i], cycle) }
            if nextBundle < bundles.count, let holder = holderIfIssued(nextBundle, cycle, streams) {
                bundles[nextBundle].issue = cycle
                bundles[nextBundle].holder = holder
                enqueue(nextBundle)
                nextBundle += 1
            }
            for row in pes.indices { for column in pes[row].indices { dispatch(row, column, cycle) } }
            settle(cycle)
            cycle += 1
            let count = nextBundle + channel.begun
            if count != progress.count { progress = (count, cycle) }
            // Far longer than any fetch, transfer or drain of the small cases.
            if cycle - progress.cycle > 100_000 { throw NaiveFault.stuck(cycle: progress.cycle) }
        }
        let drained = (passes.last?.drained ?? -1) + configuration.outputTransform.latency
        let last = max(drained, passes.last?.accepted ?? -1)
        result.cycles = last + 1
        classify(last)
        keepLedger(last)
        countLoads()
        countOutputs()
        result.counts = result.counts.filter { $0.value != 0 }
        return result
    }

    /// Whether everything has drained and, with a memory, has been stored.
    var isRunning: Bool {
        guard let last = passes.last else { return false }
        return last.drained == nil || configuration.dram != .ideal && last.accepted == nil
    }

    /// The end of a cycle; a pass without steps finishes in the cycle in which another has drained.
    mutating func settle(_ cycle: Int) {
        for _ in 0..<2 {
            finishPasses(cycle)
            drainPasses(cycle)
        }
    }

    /// Moves what one stream can move in one cycle.
    mutating func step(_ stream: inout Stream, _ cycle: Int) {
        var budget = stream.rate
        while stream.next < bundles.count {
            let ahead = stream.next - stream.prefetch
            let allowed = ahead < 0 ? -1 : bundles[ahead].issue
            guard let allowed, allowed < cycle else { return }
            let ready = ready(stream.next, stream.name)
            let work = bundles[stream.next].work[stream.name] ?? amount(stream.name, stream.next)
            bundles[stream.next].work[stream.name] = work
            let left = stream.left ?? work
            // What is not on chip is moved in the cycle after its arrival; without bytes to move, the arrival is
            // enough.
            guard let ready, ready.cycle < cycle || left == 0 && ready.cycle == cycle else {
                if budget > 0 { stream.isStarved = true }
                return
            }
            if ready.cycle == cycle {
                if budget > 0 { stream.isStarved = true }
                budget = 0
            }
            if stream.isStarved { bundles[stream.next].waited[stream.name] = ready.kind }
            stream.isStarved = false
            let moved = min(left, budget)
            budget -= moved
            if moved < left {
                stream.left = left - moved
                return
            }
            // A bundle without bytes is ready with the one before it, or as soon as it is allowed.
            let fetched = left == 0 && stream.left == nil ? max(stream.lastFetched, allowed, ready.cycle) : cycle
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
        case "weight_fetch": return buffers.weights(pass.group, bundle.steps, Array(pass.rows.joined())).bytes
        case "input_fetch": return buffers.inputs(pass.group, bundle.steps, Array(pass.columns.joined())).bytes
        default: return bundle.steps.count * pass.columns.joined().count * configuration.inputTransform.interval
        }
    }

    /// The holder, if the bundle is issued in this cycle: the condition that was met last, the first of those on a tie.
    func holderIfIssued(_ index: Int, _ cycle: Int, _ streams: [Stream]) -> String? {
        let bundle = bundles[index]
        // Most cycles end here.
        for stream in streams where bundle.fetched[stream.name] ?? Int.max > cycle { return nil }
        let pass = passes[bundle.pass]
        let array = configuration.peArray
        // Each condition: its holder in the ledger, and whether it is met in a given cycle. Absent conditions are not
        // listed.
        var conditions: [(String, (Int) -> Bool)] = []
        for row in pass.rows.indices {
            for column in pass.columns.indices {
                let position = pes[row][column].entries.count + bundle.steps.count - 1 - array.fifoDepth
                if position >= 0 {
                    let done = pes[row][column].entries[position].done
                    conditions.append(("array", { at in done.map { $0 + array.stallLatency < at } ?? false }))
                }
            }
        }
        if bundle.isFirst && bundle.pass >= array.accumulatorSets {
            let before = passes[bundle.pass - array.accumulatorSets]
            let drained = before.drained
            let kind = before.waitedForRoom ? "dram_outputs" : "drain"
            conditions.append((kind, { at in drained.map { $0 < at } ?? false }))
        }
        for stream in streams {
            let fetched = bundle.fetched[stream.name]
            conditions.append((bundle.waited[stream.name] ?? stream.name, { at in fetched.map { $0 <= at } ?? false }))
        }
        let previous = index == 0 ? -1 : bundles[index - 1].issue ?? Int.max - 1
        conditions.append(("issue", { at in previous < at }))
        guard conditions.allSatisfy({ $0.1(cycle) }) else { return nil }
        let holder = conditions.first { !$0.1(cycle - 1) }?.0
        // Every PE is idle in cycle 0, for which the one-bundle limit has no class. If the first bundle has no bytes to
        // fetch, the cycle is charged to the input fetch.
        return index == 0 && holder == "issue" ? "input_fetch" : holder
    }

    mutating func enqueue(_ index: Int) {
        let bundle = bundles[index]
        let pass = passes[bundle.pass]
        for (row, filters) in pass.rows.enumerated() {
            for (column, tiles) in pass.columns.enumerated() {
                for step in bundle.steps {
                    var products: [Int] = []
                    for filter in filters {
                        for tile in tiles {
                            let w = workload.weights[pass.group][filter][step]
                            let a = workload.activations[pass.group][step][tile]
                            result.useful += (w & a).nonzeroBitCount
                            switch configuration.peArray.zeroSkipping {
                            case .both: products.append((w & a).nonzeroBitCount)
                            case .weights: products.append(w.nonzeroBitCount)
                            case .activations: products.append(a.nonzeroBitCount)
                            case .none: products.append(workload.operands[step].count)
                            }
                        }
                    }
                    result.executed += products.reduce(0, +)
                    pes[row][column].entries.append(Entry(bundle: index, products: products))
                }
                let waiting = pes[row][column].entries.count - pes[row][column].head
                precondition(waiting <= configuration.peArray.fifoDepth, "the FIFO overflows")
            }
        }
        countBundle(bundle, pass)
    }

    mutating func dispatch(_ row: Int, _ column: Int, _ cycle: Int) {
        var multipliers = configuration.peArray.multipliers
        for _ in 0..<configuration.peArray.lookahead {
            let head = pes[row][column].head
            guard head < pes[row][column].entries.count else { return }
            var entry = pes[row][column].entries[head]
            guard let issue = bundles[entry.bundle].issue, issue < cycle else { return }
            count("entries examined", 1)
            var updated: Set<Int> = []
            while multipliers > 0, let pair = entry.products.firstIndex(where: { $0 > 0 }) {
                entry.products[pair] -= 1
                multipliers -= 1
                updated.insert(pair)
                pes[row][column].busy.insert(cycle)
                if updatesEveryProduct { count("accumulator updates", 1) }
            }
            if !updatesEveryProduct { count("accumulator updates", updated.count) }
            let isDone = entry.products.allSatisfy { $0 == 0 }
            if isDone {
                entry.done = cycle
                pes[row][column].busy.insert(cycle)
                pes[row][column].head += 1
            }
            pes[row][column].entries[head] = entry
            if !isDone { return }
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
                guard let lastBundle = passes[p].bundles.last, bundles[lastBundle].issue != nil else { return }
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

    /// Passes drain in order: every interval the output units take one pair each.
    mutating func drainPasses(_ cycle: Int) {
        for p in passes.indices where passes[p].drained == nil {
            let before = p == 0 ? -1 : passes[p - 1].drained
            guard let finish = passes[p].finish, let before else { return }
            // Space is taken in the order of the passes, each for all its outputs, and released store by store.
            let others = passes[..<p].filter { $0.accepted == nil }.reduce(0) { $0 + $1.outputBytes }
            let hasRoom =
                configuration.dram == .ideal
                || others + passes[p].outputBytes <= configuration.outputBuffer.capacity.count
            if passes[p].outputsFree == nil && hasRoom { passes[p].outputsFree = cycle }
            guard let outputsFree = passes[p].outputsFree else { return }
            let finished = finish + configuration.peArray.pipeline
            passes[p].waitedForRoom = outputsFree > max(finished, before)
            var now = max(finished, before, outputsFree)
            var pairs = passes[p].rows.joined().count * passes[p].columns.joined().count
            while pairs > 0 {
                pairs -= configuration.outputTransform.units
                now += configuration.outputTransform.interval
            }
            // Known before that cycle; it must not be used earlier.
            if now > cycle { return }
            passes[p].drained = now
        }
    }

    func ceilDivide(_ a: Int, _ b: Int) -> Int { (a + b - 1) / b }
}
