import Engine
import Hardware
import YAML

extension SimulationReport {
    /// `timeline.json`: what happened when, in the trace-event format that Perfetto and chrome://tracing open; nil where no
    /// timeline was recorded.
    ///
    /// One cycle is shown as 1 us. Layers stand one after another, each a slice of the track `layers`; below it is a track
    /// for each of the machine's parts, and a counter for each sampled value, with its unit in its name. All counters
    /// return to 0 at a layer's end, where buffers are empty and the memory is idle.
    public func timelineJSON() -> [UInt8]? {
        let timelines = run.layers.compactMap(\.timeline)
        if timelines.isEmpty { return nil }
        let events = timelines.reduce(0) { $0 + $1.slices.count + $1.samples.count }
        let configuration = run.configuration
        var writer = TraceEvents(
            notes: [
                ("program", "winosim \(version)"), ("model", run.model), ("machine", configuration.name),
                ("clock", QuantityKind.frequency.format(configuration.clock.value)),
                ("unit_of_time", "1 us is 1 cycle"), ("trace_digest", run.traceDigest),
            ], capacity: 4096 + 160 * events)
        writer.nameProcess("\(run.model) on \(configuration.name)")
        let tracks = Self.tracks(timelines)
        for (name, track) in tracks.sorted(by: { $0.value < $1.value }) { writer.nameTrack(track, name) }
        var counters: [Counter] = []
        var offset = 0
        for layer in run.layers {
            write(layer, offset: offset, tracks: tracks, counters: &counters, to: &writer)
            offset += layer.activity.cycles
        }
        for counter in counters { counter.write(to: &writer) }
        writer.close()
        return writer.bytes
    }

    /// The number of each track, from 1: `layers`, then the others in the order in which they first appear.
    private static func tracks(_ timelines: [LayerTimeline]) -> [String: Int] {
        var tracks = ["layers": 1]
        var last = ""
        for timeline in timelines {
            for slice in timeline.slices where slice.track != last {
                last = slice.track
                if tracks[last] == nil { tracks[last] = tracks.count + 1 }
            }
        }
        return tracks
    }

    private func write(
        _ layer: LayerActivity, offset: Int, tracks: [String: Int], counters: inout [Counter],
        to writer: inout TraceEvents
    ) {
        var name: [UInt8] = []
        JSON.append(text: layer.name, to: &name)
        let cycles = layer.activity.cycles
        writer.slice(
            layer.name, track: 1, offset: offset, start: 0, end: cycles - 1, layer: name,
            algorithm: layer.algorithm.description)
        guard let timeline = layer.timeline else { return }
        var (last, track) = ("", 0)
        for slice in timeline.slices {
            if slice.track != last { (last, track) = (slice.track, tracks[slice.track] ?? 0) }
            writer.slice(
                slice.name, track: track, offset: offset, start: slice.start, end: slice.end, layer: name,
                bytes: slice.bytes)
        }
        var current: (counter: String, unit: String, index: Int)?
        for sample in timeline.samples {
            if current?.counter != sample.counter || current?.unit != sample.unit {
                let name = "\(sample.counter) (\(sample.unit))"
                let index = counters.firstIndex { $0.name == name } ?? counters.count
                if index == counters.count { counters.append(Counter(name: name)) }
                current = (sample.counter, sample.unit, index)
            }
            if let current { counters[current.index].set(sample.value, at: offset + sample.cycle, writingTo: &writer) }
        }
        for index in counters.indices where counters[index].value != 0 {
            counters[index].set(0, at: offset + cycles, writingTo: &writer)
        }
    }
}

/// A counter and its last value, which is written when time moves on: a viewer takes one value a counter and time.
private struct Counter {
    let name: String
    private(set) var value = 0.0
    private var time = 0

    init(name: String) { self.name = name }

    mutating func set(_ value: Double, at time: Int, writingTo writer: inout TraceEvents) {
        if time > self.time { write(to: &writer) }
        (self.value, self.time) = (value, time)
    }

    func write(to writer: inout TraceEvents) { writer.counter(name, time: time, value: value) }
}
