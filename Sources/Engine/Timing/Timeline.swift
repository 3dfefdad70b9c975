/// Something that took some cycles of a layer.
public struct TimelineSlice: Hashable, Sendable {
    /// Where it is drawn; slices of one track do not overlap.
    public var track: String
    /// What it is called.
    public var name: String
    /// The first cycle, from the layer's cycle 0.
    public var start: Int
    /// The last cycle.
    public var end: Int
    /// Bytes that it moved, where it moved any.
    public var bytes: Int?
}

/// The value of a counter from a cycle on.
public struct TimelineSample: Hashable, Sendable {
    /// The counter's name.
    public var counter: String
    /// What it counts in.
    public var unit: String
    /// The cycle, from the layer's cycle 0.
    public var cycle: Int
    /// The value from then on.
    public var value: Double
}

/// What happened when in one layer.
public struct LayerTimeline: Hashable, Sendable {
    /// Cycles of the layer.
    public var cycles = 0
    /// In the order of tracks, and in time in each of them.
    public var slices: [TimelineSlice] = []
    /// In time, counter by counter.
    public var samples: [TimelineSample] = []

    /// Makes an empty timeline.
    public init() {}
}

/// Collects what happens when in one layer.
final class TimelineRecorder {
    private var slices: [TimelineSlice] = []
    /// By counter: changes of its value.
    private var changes: [String: (unit: String, steps: [(cycle: Int, by: Double)])] = [:]

    /// The tracks in the order in which they are drawn; passes and loads have several of each.
    private static let order = [
        "DRAM reads", "DRAM writes", "weight loads", "input loads", "input transform", "passes", "drains", "stores",
    ]

    /// Adds a slice of at least one cycle.
    func add(_ track: String, _ name: String, _ start: Int, _ end: Int, bytes: Int? = nil) {
        slices.append(TimelineSlice(track: track, name: name, start: start, end: max(start, end), bytes: bytes))
    }

    /// Changes a counter from a cycle on.
    func change(_ counter: String, unit: String, at cycle: Int, by difference: Double) {
        changes[counter, default: (unit, [])].steps.append((cycle, difference))
    }

    /// A counter's value between two cycles.
    func hold(_ counter: String, unit: String, _ start: Int, _ end: Int, value: Double) {
        change(counter, unit: unit, at: start, by: value)
        change(counter, unit: unit, at: max(start, end) + 1, by: -value)
    }

    /// The timeline of a layer of so many cycles.
    func timeline(cycles: Int) -> LayerTimeline {
        var timeline = LayerTimeline()
        timeline.cycles = cycles
        func place(_ track: String) -> Int { Self.order.firstIndex { track.hasPrefix($0) } ?? Self.order.count }
        timeline.slices = Self.nested(
            slices.filter { $0.start < cycles }.sorted {
                (place($0.track), $0.track, $0.start, -$0.end) < (place($1.track), $1.track, $1.start, -$1.end)
            }, cycles: cycles)
        for (counter, (unit, steps)) in changes.sorted(by: { $0.key < $1.key }) {
            var value = 0.0
            for (index, step) in steps.sorted(by: { $0.cycle < $1.cycle }).enumerated() {
                value += step.by
                let cycle = min(step.cycle, cycles)
                let sample = TimelineSample(counter: counter, unit: unit, cycle: cycle, value: max(0, value))
                if index > 0, timeline.samples.last?.cycle == cycle { timeline.samples.removeLast() }
                timeline.samples.append(sample)
            }
        }
        return timeline
    }

    /// Cuts slices of a track short where the next one begins, unless that lies inside; and all at the layer's end. What nothing
    /// waits for (a chunk whose steps are skipped, a load that arrives after the last pass) would reach further.
    private static func nested(_ sorted: [TimelineSlice], cycles: Int) -> [TimelineSlice] {
        var slices = sorted
        var open: [Int] = []
        for index in slices.indices {
            slices[index].end = min(slices[index].end, cycles - 1)
            let slice = slices[index]
            while let last = open.last, slices[last].track != slice.track || slices[last].end < slice.end {
                if slices[last].track == slice.track && slices[last].end >= slice.start {
                    slices[last].end = slice.start - 1
                }
                open.removeLast()
            }
            open.append(index)
        }
        return slices.filter { $0.end >= $0.start }
    }
}
