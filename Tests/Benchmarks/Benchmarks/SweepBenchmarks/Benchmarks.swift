import Benchmark
import Foundation
import Hardware
import Sweeps

/// The project's folder, from this file's place in it.
private let projectFolder = (0..<5).reduce(URL(filePath: #filePath)) { url, _ in url.deletingLastPathComponent() }

/// Machines around `mobile` that differ in all that makes a layer take other cycles: 64 of the grid's 7,776.
private let sweep = """
    base: \(projectFolder.path)/Configs/mobile.yaml
    traces: [\(projectFolder.path)/Traces/resnet-18/winograd-relu.yaml]
    axes:
      pe_array.rows: [8, 16, 32]
      pe_array.columns: [8, 16, 32]
      pe_array.multipliers: [2, 4, 8, 16]
      pe_array.fifo_depth: [2, 4, 8, 16]
      pe_array.lookahead: [1, 2, 4]
      weight_buffer.bandwidth: [192 B, 384 B, 768 B]
      weight_buffer.capacity: [256 KiB, 512 KiB, 1 MiB]
      input_buffer.capacity: [256 KiB, 512 KiB, 1 MiB]
    sample: {method: random, count: 64, seed: 2}
    """

let benchmarks: @Sendable () -> Void = {
    let points = BenchmarkMetric.custom("points a minute", polarity: .prefersLarger, useScalingFactor: false)
    // The harness holds one thread of the pool: a second worker has nothing to run on where there are two cores.
    Benchmark(
        "64 points of ResNet-18 behind LPDDR4, one core",
        configuration: .init(
            metrics: [points, .wallClock, .peakMemoryResident], maxDuration: .seconds(60), maxIterations: 3)
    ) { benchmark in
        let file = FileManager.default.temporaryDirectory.appending(path: "sweep-\(UUID().uuidString).yaml")
        try Data(sweep.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let library = try ConfigurationLibrary(
            directory: projectFolder.appending(path: "Configs").path, environment: [:], executable: nil,
            workingDirectory: "/")
        let plan = try SweepPlan(Sweep.load(path: file.path), library: library)
        let runner = try SweepRunner(plan, version: "benchmark", jobs: 1, memory: .kibibytes(1 << 20))
        let clock = ContinuousClock()
        for _ in benchmark.scaledIterations {
            benchmark.startMeasurement()
            let time = try await clock.measure { blackHole(try await runner.run(journal: nil)) }
            benchmark.stopMeasurement()
            benchmark.measurement(points, Int(Double(plan.count) * 60 / (time / .seconds(1))))
        }
    }
}
