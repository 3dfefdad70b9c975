import Hardware

/// One tile of one channel in the input transform on load.
struct NaiveJob {
    var tile: Int
    var channel: Int
    /// Bytes of its load that must have arrived: its own pixels and all that precede them.
    var bytes: Int
    /// The cycle in which it is in the buffer, once it has started.
    var inBuffer: Int?
    /// Whether it waited for a unit longer than the transform takes.
    var hasWaited = false
}

/// The units of the transform on load: job i is taken by unit i modulo their number.
struct NaiveTransformUnits {
    /// All jobs of the layer in order, as places in the loads.
    var queue: [(load: Int, job: Int)] = []
    /// By unit, its next job and the cycle in which it took the last one.
    var units: [(next: Int, start: Int?)]

    init(units count: Int) { units = (0..<count).map { ($0, nil) } }
}

extension NaiveMachine {
    /// Each unit takes its next job if the pixels arrived in an earlier cycle, and its interval has passed.
    mutating func stepTransform(_ cycle: Int) {
        for u in transform.units.indices {
            let unit = transform.units[u]
            guard unit.next < transform.queue.count else { continue }
            let (l, j) = transform.queue[unit.next]
            guard let arrived = loads[l].arrival(of: loads[l].chunk.jobs[j].bytes), arrived < cycle else { continue }
            if let start = unit.start, start + configuration.inputTransform.interval > cycle { continue }
            let waiting = cycle - (arrived + 1)
            loads[l].chunk.jobs[j].hasWaited =
                waiting > configuration.inputTransform.interval - 1 + configuration.inputTransform.latency
            loads[l].chunk.jobs[j].inBuffer =
                cycle + configuration.inputTransform.interval - 1 + configuration.inputTransform.latency
            transform.units[u] = (unit.next + transform.units.count, cycle)
        }
    }

    /// When the last of the jobs of some loads for some tiles and channels is in the buffer, and the class of cycles
    /// that wait for it.
    func lastJob(_ loads: [Int], tiles: some Sequence<Int>, channels: Set<Int>) -> (cycle: Int, kind: String)? {
        let tiles = Set(tiles)
        var latest: NaiveJob?
        let jobs = loads.sorted().flatMap { self.loads[$0].chunk.jobs }
        for job in jobs where tiles.contains(job.tile) && channels.contains(job.channel) {
            guard let cycle = job.inBuffer else { return nil }
            if cycle >= latest?.inBuffer ?? -1 { latest = job }
        }
        guard let latest, let cycle = latest.inBuffer else { return nil }
        return (cycle, latest.hasWaited ? "input_transform" : "dram_inputs")
    }
}
