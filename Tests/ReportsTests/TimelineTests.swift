import Files
import Foundation
import Reports
import Simulation
import TestSupport
import Testing

@testable import Engine

@Suite struct TimelineTests {
    /// Two layers of 100 and 50 cycles with every kind of event, and one without cycles.
    static func report() throws -> SimulationReport {
        var first = HandMade.first.cycles(100)
        first.timeline = LayerTimeline(
            cycles: 100,
            slices: [
                TimelineSlice(track: "weight loads", name: "block 0", start: 0, end: 19, bytes: 640),
                TimelineSlice(track: "weight loads", name: "block 1", start: 20, end: 20, bytes: 64),
                TimelineSlice(track: "passes", name: "pass 0", start: 21, end: 80),
                TimelineSlice(track: "stores", name: "pass 0", start: 90, end: 99, bytes: 128),
            ],
            samples: [
                TimelineSample(counter: "weight buffer", unit: "B", cycle: 0, value: 640),
                TimelineSample(counter: "weight buffer", unit: "B", cycle: 20, value: 704),
                TimelineSample(counter: "DRAM reads", unit: "B/cycle", cycle: 5, value: 12.5),
                TimelineSample(counter: "DRAM reads", unit: "B/cycle", cycle: 30, value: 0),
            ])
        var second = HandMade.second.named("a \"quoted\\\n\u{1}name\u{7F}").cycles(50)
        second.timeline = LayerTimeline(
            cycles: 50,
            slices: [
                TimelineSlice(track: "passes", name: "pass 0", start: 0, end: 49),
                TimelineSlice(track: "drains", name: "d", start: 49, end: 49),
            ],
            samples: [
                TimelineSample(counter: "weight buffer", unit: "B", cycle: 0, value: 32),
                TimelineSample(counter: "output buffer", unit: "B", cycle: 7, value: 3),
            ])
        var third = HandMade.third
        third.timeline = LayerTimeline()
        return try HandMade.report([first, second, third])
    }

    private static func validated(_ report: SimulationReport) throws -> TimelineValidator {
        TimelineValidator(try #require(report.timelineJSON()))
    }

    @Test func timelinesHoldWhatWasRecorded() throws {
        let timeline = try Self.validated(Self.report())
        #expect(timeline.faults == [])
        #expect(timeline.process == "tiny on mobile")
        #expect(
            timeline.tracks
                == [1: "layers", 2: "weight loads", 3: "passes", 4: "stores", 5: "drains"])
        let quoted = "a \"quoted\\\n\u{1}name\u{7F}"
        let layers = timeline.slices(of: "layers")
        #expect(layers.map(\.name) == ["conv1", quoted, "fc"])
        #expect(layers.map(\.start) == [0, 100, 150] && layers.map(\.end) == [100, 150, 150])
        let loads = timeline.slices(of: "weight loads")
        #expect(loads.map(\.start) == [0, 20] && loads.map(\.end) == [20, 21] && loads.map(\.bytes) == [640, 64])
        #expect(timeline.slices(of: "passes").map(\.start) == [21, 100])
        #expect(timeline.slices(of: "passes").map(\.bytes) == [nil, nil])
        #expect(timeline.slices(of: "drains").map(\.start) == [149])
    }

    @Test func countersReturnToZeroWithTheirLayer() throws {
        let counters = try Self.validated(Self.report()).counters
        typealias Sample = TimelineValidator.Sample
        #expect(
            counters == [
                // The next layer's first value replaces the 0 at cycle 100.
                "weight buffer (B)": [
                    Sample(time: 0, value: 640), Sample(time: 20, value: 704), Sample(time: 100, value: 32),
                    Sample(time: 150, value: 0),
                ],
                "DRAM reads (B/cycle)": [
                    Sample(time: 0, value: 0), Sample(time: 5, value: 12.5), Sample(time: 30, value: 0),
                ],
                "output buffer (B)": [
                    Sample(time: 0, value: 0), Sample(time: 107, value: 3), Sample(time: 150, value: 0),
                ],
            ])
    }

    @Test func textMatchesTheGolden() throws {
        let text = String(decoding: try #require(try Self.report().timelineJSON()), as: UTF8.self)
        #expect(text == (try GoldenTests.pinned.expected("timeline.json", observed: text)))
    }

    @Test func timelinesAreWrittenOnlyWhereRecorded() throws {
        #expect(try HandMade.report().timelineJSON() == nil)
        let folder = try Folder()
        let report = try Self.report()
        let names = ["layers.csv", "energy.csv", "area.csv", "mapping.csv", "timeline.json", "summary.json"]
        #expect(try report.write(to: folder.path) == names)
        #expect(folder.names() == names.sorted())
        #expect([UInt8](try folder.bytes("timeline.json")) == report.timelineJSON())
    }

    /// Random timelines read back as they were written.
    @Test(arguments: 1...20) func randomTimelinesReadBack(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var expected: [String: [Int]] = [:]
        var offset = 0
        let layers = (0..<Int.random(in: 1...6, using: &generator)).map { index in
            let cycles = Int.random(in: 1...10_000_000_000, using: &generator)
            var timeline = LayerTimeline()
            timeline.cycles = cycles
            for track in ["a", "b"].shuffled(using: &generator) {
                var start = 0
                while start < cycles {
                    start += Int.random(in: 0...cycles / 3, using: &generator)
                    let end = min(cycles - 1, start + Int.random(in: 0...cycles / 3, using: &generator))
                    if start > end { break }
                    let bytes = Bool.random(using: &generator) ? Int.random(in: 0...(.max), using: &generator) : nil
                    timeline.slices.append(
                        TimelineSlice(track: track, name: "s\(start)", start: start, end: end, bytes: bytes))
                    expected[track, default: []] += [offset + start, offset + end + 1, bytes ?? -1]
                    start = end + 1
                }
            }
            let times = (0..<5).map { _ in Int.random(in: 0..<cycles, using: &generator) }
            timeline.samples = Set(times).sorted().map {
                TimelineSample(
                    counter: "c", unit: "B", cycle: $0, value: Double.random(in: 0...1e12, using: &generator).rounded())
            }
            offset += cycles
            var layer = HandMade.second.named("layer \(index)").cycles(cycles)
            layer.timeline = timeline
            return layer
        }
        let timeline = try Self.validated(HandMade.report(layers))
        #expect(timeline.faults == [], "seed \(seed)")
        for track in ["a", "b"] {
            let observed = timeline.slices(of: track).flatMap { [$0.start, $0.end, $0.bytes ?? -1] }
            #expect(observed == expected[track] ?? [], "seed \(seed), track \(track)")
        }
        #expect(timeline.slices(of: "layers").last?.end == offset, "seed \(seed)")
    }

    /// Each case violates one rule of a file that is otherwise valid.
    @Test(arguments: [
        ("]}", "]", "not JSON"),
        ("traceEvents", "events", "no array traceEvents"),
        ("\"ph\":\"X\",\"pid\":1", "\"pid\":1", "has no name or phase"),
        ("\"ts\":21,", "", "has no whole pid, tid and ts"),
        ("\"ts\":21,", "\"ts\":21.5,", "has no whole pid, tid and ts"),
        ("\"pid\":1,\"tid\":3,\"ts\":21", "\"pid\":2,\"tid\":3,\"ts\":21", "is of process 2"),
        ("\"dur\":60,", "", "has no whole dur of at least 0"),
        ("\"dur\":60,", "\"dur\":-60,", "has no whole dur of at least 0"),
        ("\"dur\":60,", "\"dur\":59,", "does not last from first_cycle to last_cycle"),
        ("\"bytes\":64,", "\"bytes\":-64,", "has bytes that are no count"),
        ("\"bytes\":64,", "\"bytes\":0.5,", "has bytes that are no count"),
        ("\"ph\":\"C\"", "\"ph\":\"c\"", "unknown phase c"),
        ("\"value\":12.5", "\"value\":\"12.5\"", "has no number for a value"),
        ("\"value\":12.5", "\"value\":-12.5", "is negative"),
        (" (B/cycle)", "", "names no unit"),
        ("process_name", "program_name", "the process has no name"),
        ("\"tid\":3,\"ts\":0,\"name\":\"thread_name\"", "\"tid\":9,\"ts\":0,\"name\":\"thread_name\"", "3 has no name"),
        ("\"name\":\"stores\"", "\"name\":\"passes\"", "two tracks have one name"),
        ("\"sort_index\":4", "\"sort_index\":3", "two tracks have one place"),
        ("thread_sort_index", "thread_sort", "has no sort index"),
        (
            "\"ts\":20,\"name\":\"block 1\",\"dur\":1,", "\"ts\":19,\"name\":\"block 1\",\"dur\":2,",
            "block 1 at 19 overlaps block 0 in part"
        ),
        ("\"ts\":20,", "\"ts\":-1,", "stands out of order"),
        ("\"ts\":20,", "\"ts\":-1,", "is at -1"),
        ("\"ts\":150,\"name\":\"fc\"", "\"ts\":151,\"name\":\"fc\"", "layer fc begins at 151, not at 150"),
        ("\"layer\":\"conv1\",\"bytes\"", "\"layer\":\"conv2\",\"bytes\"", "is not where its layer is"),
        ("\"ts\":90,", "\"ts\":91,", "pass 0 at 91 is not where its layer is"),
        ("\"ts\":5,", "\"ts\":30,", "goes back in time"),
        ("\"ts\":30,", "\"ts\":151,", "outlasts the run"),
        ("\"ts\":30,", "\"ts\":101,", "DRAM reads (B/cycle) is not 0 at the layer's end 100"),
        ("\"value\":0}}\n]", "\"value\":1}}\n]", "output buffer (B) is not 0 at the layer's end 150"),
    ]) func validatorDetectsEveryBrokenRule(part: String, replacement: String, fault: String) throws {
        let text = String(decoding: try #require(try Self.report().timelineJSON()), as: UTF8.self)
        #expect(text.contains(part))
        let broken = TimelineValidator(text.replacing(part, with: replacement).utf8)
        #expect(broken.faults.contains { $0.contains(fault) }, "\(broken.faults)")
    }

    @Test func validatorDistinguishesNestingFromOverlap() {
        func faults(_ slices: [(start: Int, duration: Int)]) -> [String] {
            let events =
                [
                    #"{"ph":"M","pid":1,"tid":1,"ts":0,"name":"process_name","args":{"name":"p"}}"#,
                    #"{"ph":"M","pid":1,"tid":1,"ts":0,"name":"thread_name","args":{"name":"layers"}}"#,
                    #"{"ph":"M","pid":1,"tid":1,"ts":0,"name":"thread_sort_index","args":{"sort_index":1}}"#,
                    #"{"ph":"M","pid":1,"tid":2,"ts":0,"name":"thread_name","args":{"name":"t"}}"#,
                    #"{"ph":"M","pid":1,"tid":2,"ts":0,"name":"thread_sort_index","args":{"sort_index":2}}"#,
                    """
                    {"ph":"X","pid":1,"tid":1,"ts":0,"name":"l","dur":99,\
                    "args":{"layer":"l","first_cycle":0,"last_cycle":98}}
                    """,
                ]
                + slices.map { start, duration in
                    """
                    {"ph":"X","pid":1,"tid":2,"ts":\(start),"name":"s","dur":\(duration),\
                    "args":{"layer":"l","first_cycle":\(start),"last_cycle":\(start + duration - 1)}}
                    """
                }
            return TimelineValidator("{\"traceEvents\":[\(events.joined(separator: ","))]}".utf8).faults
        }
        #expect(faults([(0, 10), (0, 10), (3, 4), (7, 3), (8, 1), (10, 1)]) == [])
        #expect(faults([(0, 10), (9, 2)]) == ["t: s at 9 overlaps s in part"])
        #expect(faults([(0, 10), (2, 4), (5, 2)]) == ["t: s at 5 overlaps s in part"])
        #expect(faults([(0, 4), (0, 10)]) == ["t: s at 0 overlaps s in part"])
        #expect(faults([(90, 10)]) == ["t: s at 90 is not where its layer is"])
    }
}

extension LayerActivity {
    /// The same layer with another number of cycles.
    fileprivate func cycles(_ cycles: Int) -> LayerActivity {
        var activity = activity
        activity.timing.cycles = cycles
        return LayerActivity(name: name, shape: shape, algorithm: algorithm, note: note, activity: activity)
    }
}

extension LayerTimeline {
    fileprivate init(cycles: Int, slices: [TimelineSlice], samples: [TimelineSample]) {
        self.init()
        (self.cycles, self.slices, self.samples) = (cycles, slices, samples)
    }
}
