/// Writes the trace-event format that Perfetto and chrome://tracing open, an event a line, into one buffer.
///
/// The format counts in microseconds; here one of them is one cycle. There is one process, 1. A million events are usual,
/// so nothing is allocated for one of them but its bytes.
struct TraceEvents {
    /// The process that every event belongs to.
    private static let process = 1
    /// The text so far, in UTF-8.
    private(set) var bytes: [UInt8] = []
    private var isFirst = true

    /// Starts the file.
    ///
    /// - Parameters:
    ///   - notes: what the viewers show about the whole trace.
    ///   - capacity: bytes that the file will take, about.
    init(notes: [(key: String, value: String)], capacity: Int) {
        bytes.reserveCapacity(capacity)
        text("{\"displayTimeUnit\":\"ms\",\"otherData\":{")
        for (index, note) in notes.enumerated() {
            text(index == 0 ? "" : ",")
            JSON.append(text: note.key, to: &bytes)
            text(":")
            JSON.append(text: note.value, to: &bytes)
        }
        text("},\"traceEvents\":[")
    }

    /// Ends the file.
    mutating func close() { text("\n]}\n") }

    /// Names the process; its first track carries the event.
    mutating func nameProcess(_ name: String) { metadata("process_name", track: 1, name: name) }

    /// Names a track; tracks are ordered by their numbers.
    mutating func nameTrack(_ track: Int, _ name: String) {
        metadata("thread_name", track: track, name: name)
        begin("thread_sort_index", phase: "M", track: track, time: 0)
        text(",\"args\":{\"sort_index\":")
        integer(track)
        text("}}")
    }

    /// A slice of cycles `start` to `end`, both in the layer, which begins at cycle `offset`.
    ///
    /// - Parameter layer: the layer's name as JSON text with its quotes, made once a layer.
    mutating func slice(
        _ name: String, track: Int, offset: Int, start: Int, end: Int, layer: [UInt8], bytes moved: Int? = nil,
        algorithm: String? = nil
    ) {
        begin(name, phase: "X", track: track, time: offset + start)
        text(",\"dur\":")
        integer(end - start + 1)
        text(",\"args\":{\"layer\":")
        bytes.append(contentsOf: layer)
        if let algorithm {
            text(",\"algorithm\":")
            JSON.append(text: algorithm, to: &bytes)
        }
        if let moved {
            text(",\"bytes\":")
            integer(moved)
        }
        text(",\"first_cycle\":")
        integer(start)
        text(",\"last_cycle\":")
        integer(end)
        text("}}")
    }

    /// The value of a counter from a cycle on. Counters belong to the process; the format requires a track all the same.
    mutating func counter(_ name: String, time: Int, value: Double) {
        begin(name, phase: "C", track: 1, time: time)
        text(",\"args\":{\"value\":")
        if let whole = Int(exactly: value) { integer(whole) } else { bytes.append(contentsOf: value.description.utf8) }
        text("}}")
    }

    private mutating func metadata(_ kind: String, track: Int, name: String) {
        begin(kind, phase: "M", track: track, time: 0)
        text(",\"args\":{\"name\":")
        JSON.append(text: name, to: &bytes)
        text("}}")
    }

    /// What every event begins with.
    private mutating func begin(_ name: String, phase: String, track: Int, time: Int) {
        text(isFirst ? "\n{\"ph\":\"" : ",\n{\"ph\":\"")
        isFirst = false
        text(phase)
        text("\",\"pid\":")
        integer(Self.process)
        text(",\"tid\":")
        integer(track)
        text(",\"ts\":")
        integer(time)
        text(",\"name\":")
        JSON.append(text: name, to: &bytes)
    }

    private mutating func text(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func integer(_ value: Int) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        var rest = value.magnitude
        let start = bytes.count
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        var (low, high) = (start, bytes.count - 1)
        while low < high {
            bytes.swapAt(low, high)
            (low, high) = (low + 1, high - 1)
        }
    }
}
