import Hardware

/// One transfer from DRAM into an operand's buffer.
struct NaiveLoad {
    var operand: NaiveOperand
    var part: NaivePart
    /// The passes that use it.
    var passes: [Int] = []
    /// The last bundle that reads it.
    var lastReader: Int?
    /// Its place in the list of loads: a pass and a bundle.
    var place = (pass: 0, bundle: 0)
    /// The second-last load of its buffer before it, whose place it takes.
    var replaces: Int?
    var grant: Int?
    /// For each byte so far, the cycle in which it arrives.
    var arrivals: [Int] = []

    /// When the first `bytes` bytes have arrived; nil if that is not known yet.
    func arrival(of bytes: Int) -> Int? {
        if bytes == 0 { return grant }
        return bytes <= arrivals.count ? arrivals[bytes - 1] : nil
    }
}

/// The channel to DRAM: one transfer at a time, at a number of bytes per cycle.
struct NaiveChannel {
    enum Transfer {
        case load(Int)
        case store(pass: Int)
    }

    var transfer: Transfer?
    /// Bytes of the transfer that are still to be moved.
    var left = 0
    /// Loads in the order in which they are granted.
    var order: [Int] = []
    var nextLoad = 0
    var nextStore = 0
}

extension NaiveMachine {
    /// Puts the loads of all passes into their order.
    mutating func orderLoads() throws(NaiveFault) {
        for l in loads.indices {
            let readers = loads[l].passes.flatMap { passes[$0].bundles }.filter { bundle in
                bundles[bundle].steps.contains { loads[l].part.steps.contains($0) }
            }
            loads[l].lastReader = readers.last
            let pass = loads[l].passes[0]
            // A load that no bundle of its pass reads is placed after all bundles; a pass without steps has none.
            let behind = passes[pass].bundles.upperBound
            loads[l].place = (pass, readers.first ?? behind)
        }
        // A chunk that no bundle reads takes the place of the next chunk of its pass.
        for pass in passes {
            for chunks in pass.loads.values where chunks.count > 1 {
                for i in chunks.indices.reversed().dropFirst() where loads[chunks[i]].lastReader == nil {
                    loads[chunks[i]].place = loads[chunks[i + 1]].place
                }
                try checkPlaces(chunks, pass)
            }
        }
        // The sort is stable: loads of one operand at one place keep the order in which they were made.
        channel.order = loads.indices.sorted { a, b in
            let x = loads[a]
            let y = loads[b]
            return (x.place.pass, x.place.bundle, x.operand.rawValue, a)
                < (y.place.pass, y.place.bundle, y.operand.rawValue, b)
        }
        for operand in [NaiveOperand.weights, .inputs] {
            let mine = channel.order.filter { loads[$0].operand == operand }
            for n in mine.indices.dropFirst(2) { loads[mine[n]].replaces = mine[n - 2] }
        }
    }

    /// A buffer has two places: a bundle that needs both a chunk and the one that replaces it can never be issued.
    private func checkPlaces(_ chunks: [Int], _ pass: Pass) throws(NaiveFault) {
        for bundle in pass.bundles {
            let read = chunks.indices.filter { i in
                bundles[bundle].steps.contains { loads[chunks[i]].part.steps.contains($0) }
            }
            if let first = read.first, let last = read.last, last - first > 1 { throw NaiveFault.bundleDoesNotFit }
        }
    }

    /// One cycle of the channel.
    mutating func stepMemory(_ cycle: Int) {
        guard case .bandwidth(let width, let latency) = configuration.dram else { return }
        while channel.transfer == nil && grant(cycle) {}
        let moved = min(width, channel.left)
        channel.left -= moved
        switch channel.transfer {
        case .load(let l):
            loads[l].arrivals += Array(repeating: cycle + latency, count: moved)
            if channel.left == 0 { channel.transfer = nil }
        case .store(let pass):
            if channel.left == 0 {
                passes[pass].accepted = cycle
                channel.transfer = nil
            }
        case nil: break
        }
    }

    /// Grants the idle channel to the first of the list of loads, or else to the oldest store; false if neither is
    /// ready.
    private mutating func grant(_ cycle: Int) -> Bool {
        if channel.nextLoad < channel.order.count {
            let l = channel.order[channel.nextLoad]
            if let earliest = earliestStart(loads[l]), earliest <= cycle {
                loads[l].grant = cycle
                channel.nextLoad += 1
                for job in loads[l].part.jobs.indices { transform.queue.append((l, job)) }
                // A load without bytes takes no time, and leaves the channel to the next one.
                if loads[l].part.bytes > 0 {
                    channel.transfer = .load(l)
                    channel.left = loads[l].part.bytes
                }
                return true
            }
        }
        if channel.nextStore < passes.count, let drained = passes[channel.nextStore].drained,
            drained + configuration.outputTransform.latency + 1 <= cycle
        {
            channel.transfer = .store(pass: channel.nextStore)
            channel.left = passes[channel.nextStore].outputBytes
            channel.nextStore += 1
            return true
        }
        return false
    }

    /// The first cycle in which the place of a load is free; nil if that is not known yet.
    private func earliestStart(_ load: NaiveLoad) -> Int? {
        guard let replaced = load.replaces.map({ loads[$0] }), let pass = replaced.passes.last else { return 0 }
        if passes[pass].steps.isEmpty { return passes[pass].finish.map { $0 + 1 } }
        // A load that no bundle reads holds its place for no cycle.
        guard let reader = replaced.lastReader else { return 0 }
        return bundles[reader].issue.map { $0 + 1 }
    }

    /// The cycle in which the last byte that a bundle needs of a stream's operand is on chip, and the class of cycles
    /// that wait for it; nil if that is not known yet.
    func ready(_ index: Int, _ stream: String) -> (cycle: Int, kind: String)? {
        let bundle = bundles[index]
        let pass = passes[bundle.pass]
        let operand = stream == "weight_fetch" ? NaiveOperand.weights : .inputs
        var latest = (cycle: -1, kind: "")
        for l in pass.loads[operand] ?? [] {
            let load = loads[l]
            let steps = bundle.steps.filter { load.part.steps.contains($0) }
            guard let last = steps.last, let group = pass.groups[operand] else { continue }
            var one: (cycle: Int, kind: String)
            if operand == .inputs, let channels = workload.patchChannels {
                // These jobs do not need bytes of other channels that precede the last step's in the load.
                guard let job = lastJob(load, tiles: pass.columns.joined(), channels: Set(steps.flatMap(channels)))
                else { return nil }
                one = job
            } else {
                guard let end = load.part.ends[group]?[last], let arrived = load.arrival(of: end) else { return nil }
                one = (arrived, operand == .weights ? "dram_weights" : "dram_inputs")
            }
            if one.cycle >= latest.cycle { latest = one }
        }
        return latest
    }
}
