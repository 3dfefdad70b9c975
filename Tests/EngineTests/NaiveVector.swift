import Hardware

@testable import Engine

/// The vector unit behind a plain channel, stepped cycle by cycle, from the page `VectorUnit` alone.
struct NaiveVector {
    private struct Part {
        var readBytes = 0
        var writtenBytes = 0
        var turns = 0
        /// The cycle in which the load begins, and those in which its bytes arrive.
        var granted: Int?
        var arrivals: [Int] = []
        /// The cycle in which the first turn is taken, and the first one behind the last turn.
        var start: Int?
        var left: Int?
        /// When the results had space, and when their last byte was accepted.
        var drained: Int?
        var accepted: Int?

        var arrived: Int? {
            readBytes == 0 ? granted : arrivals.count == readBytes ? arrivals.last : nil
        }
    }

    private enum Transfer {
        case load(Int)
        case store(Int)
    }

    private var parts: [Part] = []
    private var transfer: Transfer?
    private var bytesLeft = 0
    private let places: Int
    private let capacity: Int
    private let rate: Int
    private let latency: Int
    private let width: Int
    private let delay: Int

    private(set) var cycles = 0
    /// Cycles before parts that waited for operands, and for space.
    private(set) var waitedForInputs = 0
    private(set) var waitedForOutputs = 0
    private(set) var worked = 0

    var count: Int { parts.count }

    init(_ work: VectorWork, _ configuration: Configuration) {
        guard case .bandwidth(let width, let delay) = configuration.dram else { preconditionFailure("a plain channel") }
        (self.width, self.delay) = (width, delay)
        let chunk = configuration.inputBuffer.chunkSize.count
        places = configuration.inputBuffer.capacity.count / chunk
        capacity = configuration.outputBuffer.capacity.count
        rate = configuration.vectorUnit.lanes * configuration.vectorUnit.operations
        latency = configuration.vectorUnit.latency
        func largest(_ amount: Int, _ count: Int) -> Int { (amount + count - 1) / count }
        var count = 1
        while largest(work.readBytes, count) > chunk || largest(work.writtenBytes, count) > max(1, capacity / 2) {
            count += 1
        }
        parts = Array(repeating: Part(), count: count)
        for byte in 0..<work.readBytes { parts[byte % count].readBytes += 1 }
        for byte in 0..<work.writtenBytes { parts[byte % count].writtenBytes += 1 }
        for turn in 0..<work.turns { parts[turn % count].turns += 1 }
        var cycle = 0
        while parts.contains(where: { $0.accepted == nil }) {
            precondition(cycle < 1_000_000, "nothing moves")
            stepChannel(cycle)
            stepLanes(cycle)
            stepOutputs(cycle)
            cycle += 1
        }
        cycles = 1 + (parts.flatMap { [$0.drained, $0.accepted] }.compactMap(\.self).max() ?? 0)
        countCycles()
    }

    private mutating func stepChannel(_ cycle: Int) {
        while transfer == nil, let next = next(cycle) {
            switch next {
            case .load(let part):
                parts[part].granted = cycle
                bytesLeft = parts[part].readBytes
            case .store(let part):
                bytesLeft = parts[part].writtenBytes
                // Nothing to store: it is done when the store before it is.
                if bytesLeft == 0 { parts[part].accepted = part == 0 ? -1 : parts[part - 1].accepted }
            }
            if bytesLeft > 0 { transfer = next }
        }
        let moved = min(width, bytesLeft)
        bytesLeft -= moved
        switch transfer {
        case .load(let part): parts[part].arrivals += Array(repeating: cycle + delay, count: moved)
        case .store(let part): if bytesLeft == 0 { parts[part].accepted = cycle }
        case nil: break
        }
        if bytesLeft == 0 { transfer = nil }
    }

    private func next(_ cycle: Int) -> Transfer? {
        let load = parts.firstIndex { $0.granted == nil }.flatMap { part -> Int? in
            if part < places { return part }
            return parts[part - places].left.map { $0 <= cycle } == true ? part : nil
        }
        let store = parts.firstIndex { $0.accepted == nil }.flatMap { part in
            parts[part].drained.map { $0 < cycle } == true ? part : nil
        }
        guard let store else { return load.map { .load($0) } }
        let deadline = store + 2 < parts.count ? store + 2 : Int.max
        if let load, load <= deadline { return .load(load) }
        return .store(store)
    }

    private mutating func stepLanes(_ cycle: Int) {
        guard let part = parts.firstIndex(where: { $0.start == nil }) else { return }
        if part > 0 { guard let left = parts[part - 1].left, left <= cycle else { return } }
        if part > 1 { guard let drained = parts[part - 2].drained, drained < cycle else { return } }
        guard let arrived = parts[part].arrived, arrived < cycle else { return }
        parts[part].start = cycle
        parts[part].left = cycle + max(1, (parts[part].turns + rate - 1) / rate)
    }

    private mutating func stepOutputs(_ cycle: Int) {
        while let part = parts.firstIndex(where: { $0.drained == nil }) {
            guard let left = parts[part].left, left - 1 + latency <= cycle else { return }
            let held = parts[..<part].reduce(0) { $0 + ($1.accepted == nil ? $1.writtenBytes : 0) }
            guard held + parts[part].writtenBytes <= capacity else { return }
            parts[part].drained = cycle
        }
    }

    private mutating func countCycles() {
        var free = 0
        for (index, part) in parts.enumerated() {
            guard let start = part.start, let left = part.left, let arrived = part.arrived else { return }
            let room = index < 2 ? 0 : (parts[index - 2].drained ?? 0) + 1
            if arrived + 1 >= room { waitedForInputs += start - free } else { waitedForOutputs += start - free }
            worked += left - start
            free = left
        }
        worked += min(latency, cycles - free)
        waitedForOutputs += max(0, cycles - free - latency)
    }
}
