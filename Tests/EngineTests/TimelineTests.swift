import Hardware
import TestSupport
import Testing
import Traces

@testable import Engine

@Suite struct TimelineTests {
    private func timeline(_ random: RandomCase) throws -> (timeline: LayerTimeline, activity: Activity)? {
        let recorder = TimelineRecorder()
        guard let lowered = try? LoweredLayer(random.layer, random.configuration),
            let activity = try? LayerSimulation(
                lowered: lowered, configuration: random.configuration, nextDensity: .unknown, recorder: recorder
            ).run().activity
        else { return nil }
        return (recorder.timeline(cycles: activity.cycles), activity)
    }

    /// No slice or sample is outside the layer.
    @Test func slicesNestAndCountersReturnToZero() throws {
        var tracks = Set<String>()
        for seed in UInt64(0)..<400 {
            let random =
                try seed % 2 == 0
                ? RandomCase(seed: seed, withMemory: true) : RandomCase.drawn(seed: seed, withMemory: true)
            guard let (timeline, activity) = try timeline(random) else { continue }
            #expect(timeline.cycles == activity.cycles)
            var open: [TimelineSlice] = []
            for slice in timeline.slices {
                open.removeAll { $0.track != slice.track || $0.end < slice.start }
                #expect(open.allSatisfy { $0.start <= slice.start && slice.end <= $0.end }, "seed \(seed): \(slice)")
                #expect(
                    slice.start >= 0 && slice.end >= slice.start && slice.end < timeline.cycles,
                    "seed \(seed): \(slice)")
                open.append(slice)
                tracks.insert(String(slice.track.prefix { $0 != "," }))
            }
            var values: [String: Double] = [:]
            for sample in timeline.samples {
                #expect(sample.value >= 0 && sample.cycle <= timeline.cycles, "seed \(seed): \(sample)")
                values[sample.counter] = sample.value
            }
            for (counter, value) in values { #expect(abs(value) < 1e-6, "seed \(seed): \(counter) ends at \(value)") }
        }
        #expect(
            tracks == [
                "DRAM reads", "DRAM writes", "weight loads", "input loads", "input transform", "passes", "drains",
                "stores",
            ])
    }

    @Test func recordingChangesNoFigure() throws {
        let random = RandomCase(seed: 7, withMemory: true)
        let simulator = CycleModel(random.configuration)
        let with = try simulator.simulate(random.layer, recordsTimeline: true)
        let without = try simulator.simulate(random.layer)
        #expect(with.activity == without.activity)
        #expect(with.timeline != nil && without.timeline == nil)
    }
}
