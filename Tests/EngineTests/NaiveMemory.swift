import Hardware

/// One transfer from DRAM into an operand's buffer.
struct NaiveLoad {
    var operand: NaiveOperand
    var chunk: NaiveChunk
    /// The first bundle that uses it, and the last one.
    var firstBundle: Int
    var lastBundle: Int
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
    /// By operand, the places of its buffer and its loads that have not begun, in order.
    var places: [NaiveOperand: Int] = [:]
    var waiting: [NaiveOperand: [Int]] = [:]
    /// By operand, its loads that have taken a place.
    var taken: [NaiveOperand: [Int]] = [:]
    var nextStore = 0
    /// Transfers that have begun.
    var begun = 0
}

extension NaiveMachine {
    /// One cycle of the channel.
    mutating func stepMemory(_ cycle: Int) {
        guard case .bandwidth(let width, let latency) = configuration.dram else { return }
        while channel.transfer == nil, let transfer = nextTransfer(cycle) { begin(transfer, cycle) }
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

    /// Of the transfers that may start, the one with the earliest deadline; on a tie weights, inputs, stores.
    private mutating func nextTransfer(_ cycle: Int) -> NaiveChannel.Transfer? {
        var first: (transfer: NaiveChannel.Transfer, deadline: Int)?
        for operand in [NaiveOperand.weights, .inputs] {
            // A place is free again in the cycle after the issue of the last bundle.
            channel.taken[operand]?.removeAll { l in bundles[loads[l].lastBundle].issue.map { $0 < cycle } ?? false }
            guard let l = channel.waiting[operand]?.first,
                channel.taken[operand, default: []].count < channel.places[operand, default: 0]
            else { continue }
            let deadline = loads[l].firstBundle
            if first.map({ deadline < $0.deadline }) ?? true { first = (.load(l), deadline) }
        }
        let p = channel.nextStore
        if p < passes.count, let drained = passes[p].drained,
            drained + configuration.outputTransform.latency + 1 <= cycle
        {
            let heir = p + configuration.peArray.accumulatorSets
            let deadline = heir < passes.count ? passes[heir].bundles.lowerBound : bundles.count
            if first.map({ deadline < $0.deadline }) ?? true { first = (.store(pass: p), deadline) }
        }
        return first?.transfer
    }

    private mutating func begin(_ transfer: NaiveChannel.Transfer, _ cycle: Int) {
        channel.begun += 1
        switch transfer {
        case .load(let l):
            loads[l].grant = cycle
            channel.waiting[loads[l].operand]?.removeFirst()
            channel.taken[loads[l].operand, default: []].append(l)
            for job in loads[l].chunk.jobs.indices { transform.queue.append((l, job)) }
            // A load without bytes takes no time, and leaves the channel to the next one.
            channel.left = loads[l].chunk.bytes
            if channel.left > 0 { channel.transfer = transfer }
        case .store(let pass):
            channel.transfer = transfer
            channel.left = passes[pass].outputBytes
            channel.nextStore += 1
        }
    }

    /// The cycle in which the last byte that a bundle needs of a stream's operand is on chip, and the class of cycles
    /// that wait for it; nil if that is not known yet.
    func ready(_ index: Int, _ stream: String) -> (cycle: Int, kind: String)? {
        let bundle = bundles[index]
        if stream == "weight_fetch" {
            var latest = -1
            for l in bundle.loads[.weights] ?? [] {
                // The steps that are left out at the end belong to the last bundle.
                let isLast = index + 1 == passes[bundle.pass].bundles.upperBound
                let last = bundle.steps.last.flatMap { loads[l].chunk.ends[$0] }
                let end = isLast ? loads[l].chunk.bytes : last ?? 0
                guard let arrived = loads[l].arrival(of: end) else { return nil }
                latest = max(latest, arrived)
            }
            return (latest, "dram_weights")
        }
        if let channels = workload.patchChannels, !bundle.loads.isEmpty {
            // These jobs do not need bytes of other channels that precede the last step's in the load.
            return lastJob(
                bundle.loads[.inputs] ?? [], tiles: passes[bundle.pass].columns.joined(),
                channels: Set(bundle.steps.flatMap(channels)))
        }
        var latest = -1
        for l in bundle.loads[.inputs] ?? [] {
            for step in bundle.steps {
                guard let end = loads[l].chunk.ends[step] else { continue }
                guard let arrived = loads[l].arrival(of: end) else { return nil }
                latest = max(latest, arrived)
            }
        }
        return (latest, "dram_inputs")
    }
}
