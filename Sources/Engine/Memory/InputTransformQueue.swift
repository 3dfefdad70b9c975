import Hardware

/// The input transform between DRAM and the input buffer: jobs of one tile of one channel, in the order in which loads bring
/// them.
struct InputTransformQueue {
    /// When the jobs of a slice of channels of a column group are in the buffer.
    struct Ready {
        var cycle = -1
        /// Whether the last of them waited for a unit longer than the transform takes.
        var waited = false
    }

    private let interval: Int
    private let latency: Int
    /// The starts of the last jobs, one a unit.
    private var starts: [Int]
    private var next = 0
    private(set) var jobs = 0
    /// The cycles in which units took up jobs since they were last asked for, and where that ended before.
    private var busy: (start: Int, end: Int)?
    private var busyBefore = -1

    init(_ transform: InputTransform) {
        interval = transform.interval
        latency = transform.latency
        starts = [Int](repeating: Int.min / 2, count: transform.units)
    }

    /// Takes up a job whose last byte arrives in `arrived`.
    @inline(__always)
    mutating func enter(arrived: Int, into ready: inout Ready) {
        let unit = starts[next] + interval
        let start = max(arrived + 1, unit)
        starts[next] = start
        next = next + 1 == starts.count ? 0 : next + 1
        jobs += 1
        let end = start + interval - 1
        busy = (min(busy?.start ?? start, start), max(busy?.end ?? end, end))
        let done = start + interval - 1 + latency
        if done >= ready.cycle {
            ready.cycle = done
            // Bytes come in bursts, and the tiles of one burst wait for each other a little; the transform is in the way when
            // they wait for longer than it takes.
            ready.waited = unit - (arrived + 1) > interval - 1 + latency
        }
    }

    /// The cycles in which units were busy with jobs since the last call, without those that an earlier call told; nil where
    /// none are left.
    mutating func takeBusy() -> (start: Int, end: Int)? {
        defer { busy = nil }
        guard let busy, busy.end > busyBefore else { return nil }
        let start = max(busy.start, busyBefore + 1)
        busyBefore = busy.end
        return (start, busy.end)
    }
}
