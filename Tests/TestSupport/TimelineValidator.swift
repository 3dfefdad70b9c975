import Foundation

/// A second statement of what a timeline in the trace-event format has to keep, read from the file alone.
///
/// Each event has the fields of its kind; process and tracks are named once, and no two tracks alike; slices on one track
/// nest, parents first; the slices of the track `layers` follow one another from 0, and all other slices lie in the layer
/// that they name; counters rise in time, are never negative and return to 0 at every layer's end.
public struct TimelineValidator {
    /// A slice, of a track by name.
    public struct Slice: Equatable, Sendable {
        /// The track's name.
        public let track: String
        /// The slice's name.
        public let name: String
        /// The first cycle.
        public let start: Int
        /// The cycle after the last.
        public let end: Int
        /// Bytes that it moved, if it says so.
        public let bytes: Int?
        let layer: String?
        let firstCycle: Int?
    }

    /// A value of a counter from a cycle on.
    public struct Sample: Equatable, Sendable {
        /// The cycle.
        public let time: Int
        /// The value.
        public let value: Double

        /// Makes a sample.
        public init(time: Int, value: Double) {
            self.time = time
            self.value = value
        }
    }

    /// What is wrong, in words; empty for a file that keeps everything.
    public private(set) var faults: [String] = []
    /// All slices in the file's order.
    public private(set) var slices: [Slice] = []
    /// All counters' samples in the file's order.
    public private(set) var counters: [String: [Sample]] = [:]
    /// The tracks' names by number.
    public private(set) var tracks: [Int: String] = [:]
    /// The process's name.
    public private(set) var process: String?
    private var sortIndices: [Int: Int] = [:]
    private var used: Set<Int> = []
    private var raw: [(track: Int, slice: Slice)] = []

    /// Reads a file and checks it.
    public init(_ bytes: some Sequence<UInt8>) {
        guard let root = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes)) else {
            faults.append("not JSON")
            return
        }
        guard case .array(let events)? = root["traceEvents"] else {
            faults.append("no array traceEvents")
            return
        }
        for (index, event) in events.enumerated() { read(event, "event \(index)") }
        checkNames()
        slices = raw.map { track, slice in
            Slice(
                track: tracks[track] ?? "track \(track)", name: slice.name, start: slice.start, end: slice.end,
                bytes: slice.bytes, layer: slice.layer, firstCycle: slice.firstCycle)
        }
        checkNesting()
        checkLayers()
        checkCounters()
    }

    /// The slices of one track.
    public func slices(of track: String) -> [Slice] { slices.filter { $0.track == track } }

    private mutating func read(_ event: JSONValue, _ place: String) {
        guard let name = event["name"]?.text, let phase = event["ph"]?.text, !name.isEmpty else {
            return faults.append("\(place) has no name or phase")
        }
        guard let process = event["pid"]?.integer, let track = event["tid"]?.integer, let time = event["ts"]?.integer
        else { return faults.append("\(place) (\(name)) has no whole pid, tid and ts") }
        if process != 1 { faults.append("\(place) (\(name)) is of process \(process)") }
        if time < 0 { faults.append("\(place) (\(name)) is at \(time)") }
        guard let arguments = event["args"] else { return faults.append("\(place) (\(name)) has no args") }
        switch phase {
        case "M": readMetadata(name, track: track, arguments, place)
        case "X":
            guard let duration = event["dur"]?.integer, duration >= 0 else {
                return faults.append("\(place) (\(name)) has no whole dur of at least 0")
            }
            if let bytes = arguments["bytes"], (bytes.integer ?? -1) < 0 {
                faults.append("\(place) (\(name)) has bytes that are no count")
            }
            let first = arguments["first_cycle"]?.integer
            if first == nil || arguments["last_cycle"]?.integer != first.map({ $0 + duration - 1 }) {
                faults.append("\(place) (\(name)) does not last from first_cycle to last_cycle")
            }
            used.insert(track)
            let slice = Slice(
                track: "", name: name, start: time, end: time + duration, bytes: arguments["bytes"]?.integer,
                layer: arguments["layer"]?.text, firstCycle: first)
            raw.append((track, slice))
        case "C":
            guard let value = arguments["value"]?.number else {
                return faults.append("\(place) (\(name)) has no number for a value")
            }
            if !name.hasSuffix(")") || !name.contains(" (") { faults.append("counter \(name) names no unit") }
            used.insert(track)
            counters[name, default: []].append(Sample(time: time, value: value))
        default: faults.append("\(place) (\(name)) is of the unknown phase \(phase)")
        }
    }

    private mutating func readMetadata(_ kind: String, track: Int, _ arguments: JSONValue, _ place: String) {
        switch (kind, arguments["name"]?.text, arguments["sort_index"]?.integer) {
        case ("process_name", let name?, _) where process == nil && !name.isEmpty: process = name
        case ("thread_name", let name?, _) where tracks[track] == nil && !name.isEmpty: tracks[track] = name
        case ("thread_sort_index", _, let index?) where sortIndices[track] == nil: sortIndices[track] = index
        default: faults.append("\(place) (\(kind)) says nothing new")
        }
    }

    private mutating func checkNames() {
        if process == nil { faults.append("the process has no name") }
        for track in used.sorted() {
            if tracks[track] == nil { faults.append("track \(track) has no name") }
            if sortIndices[track] == nil { faults.append("track \(track) has no sort index") }
        }
        if Set(tracks.values).count != tracks.count { faults.append("two tracks have one name") }
        if Set(sortIndices.values).count != sortIndices.count { faults.append("two tracks have one place") }
    }

    private mutating func checkNesting() {
        for (track, slices) in Dictionary(grouping: slices, by: \.track).sorted(by: { $0.key < $1.key }) {
            var open: [Slice] = []
            var time = 0
            for slice in slices {
                if slice.start < time { faults.append("\(track): \(slice.name) at \(slice.start) stands out of order") }
                time = slice.start
                while let parent = open.last, parent.end <= slice.start { open.removeLast() }
                if let parent = open.last, slice.end > parent.end {
                    faults.append("\(track): \(slice.name) at \(slice.start) overlaps \(parent.name) in part")
                }
                open.append(slice)
            }
        }
    }

    private mutating func checkLayers() {
        let layers = slices(of: "layers")
        var end = 0
        for layer in layers {
            if layer.start != end { faults.append("layer \(layer.name) begins at \(layer.start), not at \(end)") }
            end = layer.end
        }
        var rest = Dictionary(grouping: slices, by: \.track)
        rest["layers"] = nil
        for (track, slices) in rest.sorted(by: { $0.key < $1.key }) {
            var index = 0
            for slice in slices {
                while index < layers.count, layers[index].end <= slice.start { index += 1 }
                let layer = index < layers.count ? layers[index] : nil
                if layer?.name != slice.layer || slice.end > layer?.end ?? 0
                    || slice.start != (layer?.start ?? 0) + (slice.firstCycle ?? 0)
                {
                    faults.append("\(track): \(slice.name) at \(slice.start) is not where its layer is")
                }
            }
        }
    }

    private mutating func checkCounters() {
        let ends = slices(of: "layers").map(\.end)
        for (name, samples) in counters.sorted(by: { $0.key < $1.key }) {
            if samples.contains(where: { $0.value < 0 }) { faults.append("counter \(name) is negative") }
            if zip(samples, samples.dropFirst()).contains(where: { $0.time >= $1.time }) {
                faults.append("counter \(name) goes back in time")
            }
            if let last = samples.last, last.time > ends.last ?? 0 { faults.append("counter \(name) outlasts the run") }
            // At an end the next layer's first value may stand in place of the 0.
            for end in ends {
                let before = samples.last { $0.time < end }?.value ?? 0
                let isSet = samples.contains { $0.time == end && (end != ends.last || $0.value == 0) }
                if before != 0 && !isSet { faults.append("counter \(name) is not 0 at the layer's end \(end)") }
            }
        }
    }
}

/// A JSON value whose whole numbers are told from others.
private enum JSONValue: Decodable {
    case integer(Int)
    case real(Double)
    case text(String)
    case array([JSONValue])
    case object([String: JSONValue])
    case other

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Int.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .real(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else if let value = try? container.decode([String: JSONValue].self) {
            self = .object(value)
        } else {
            self = .other
        }
    }

    subscript(key: String) -> JSONValue? { if case .object(let entries) = self { entries[key] } else { nil } }

    var integer: Int? { if case .integer(let value) = self { value } else { nil } }

    var number: Double? { if case .real(let value) = self { value } else { integer.map(Double.init) } }

    var text: String? { if case .text(let value) = self { value } else { nil } }
}
