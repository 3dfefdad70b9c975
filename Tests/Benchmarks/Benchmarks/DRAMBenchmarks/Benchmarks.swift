import Benchmark
import DRAM
import Foundation
import YAML

/// The folder of shipped memories, from this file's place in the project.
private let presets = (0..<5).reduce(URL(filePath: #filePath)) { url, _ in url.deletingLastPathComponent() }
    .appending(path: "Configs/dram").path

private let count = 1_000_000

/// Reads of one burst after the other.
private func sequential() -> [DRAMRequest] {
    (0..<count).map { DRAMRequest(address: $0 * 64, isWrite: false, cycle: 0) }
}

/// Reads at places of 1 GiB drawn by SplitMix64 (Steele, Lea and Flood, 2014).
private func random() -> [DRAMRequest] {
    var state: UInt64 = 6
    return (0..<count).map { _ in
        state &+= 0x9E37_79B9_7F4A_7C15
        var draw = state
        draw = (draw ^ draw >> 30) &* 0xBF58_476D_1CE4_E5B9
        draw = (draw ^ draw >> 27) &* 0x94D0_49BB_1331_11EB
        draw ^= draw >> 31
        return DRAMRequest(address: Int(draw % (1 << 24)) * 64, isWrite: false, cycle: 0)
    }
}

let benchmarks: @Sendable () -> Void = {
    let rate = BenchmarkMetric.custom("requests (10 k/s)", polarity: .prefersLarger, useScalingFactor: false)

    for (name, requests) in [("sequential", sequential()), ("random", random())] {
        Benchmark(
            "1 M \(name) reads on DDR4-2400, one core",
            configuration: .init(metrics: [rate, .wallClock], maxDuration: .seconds(5), maxIterations: 20)
        ) { benchmark in
            let node = try Document.parse("{standard: DDR4-2400}", file: "benchmark")
            let memory = try DRAMConfiguration.decode(node, presets: DRAMPresets(folder: presets))
            let clock = ContinuousClock()
            for _ in benchmark.scaledIterations {
                benchmark.startMeasurement()
                let time = try clock.measure { blackHole(try DRAMReplay.run(requests, memory)) }
                benchmark.stopMeasurement()
                benchmark.measurement(rate, Int(Double(count) / 1e4 / (time / .seconds(1))))
            }
        }
    }
}
