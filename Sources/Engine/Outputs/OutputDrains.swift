import Hardware

/// How pairs leave the accumulators (page `ArrayTiming`): set by set through the output units, where nothing waits for a memory.
struct OutputDrains {
    private let outputs: OutputTransform
    private let pipeline: Int
    /// When the last passes were drained, one a set of accumulators.
    private var ring: [Int]
    /// When the last pass was drained.
    private(set) var last = -1

    init(_ configuration: Configuration) {
        outputs = configuration.outputTransform
        pipeline = configuration.peArray.pipeline
        ring = [Int](repeating: -1, count: configuration.peArray.accumulatorSets)
    }

    /// Sets of accumulators.
    var sets: Int { ring.count }

    /// The cycle in which the set of accumulators that a pass takes over was drained.
    func freed(pass: Int) -> Int { ring[pass % ring.count] }

    /// Cycles that pairs take in the output units.
    func unitCycles(pairs: Int) -> Int { (pairs + outputs.units - 1) / outputs.units * outputs.interval }

    /// Drains a pass.
    ///
    /// - Parameter finish: the last cycle in which something happened to its entries.
    mutating func drain(pass: Int, pairs: Int, finish: Int, recorder: TimelineRecorder?) {
        let ready = max(finish + pipeline, last)
        last = ready + unitCycles(pairs: pairs)
        recorder?.add("drains", "drain of pass \(pass)", ready + 1, last)
        ring[pass % ring.count] = last
    }
}
