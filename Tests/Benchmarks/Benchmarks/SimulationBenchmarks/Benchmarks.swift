import Benchmark
import Engine
import Foundation
import Hardware
import Tensors
import Traces

/// The project's folder, from this file's place in it.
private let projectFolder = (0..<5).reduce(URL(filePath: #filePath)) { url, _ in url.deletingLastPathComponent() }

/// A layer of masks that is nearly all array: 512 filters, 512 tiles, 512 steps of 16 bits.
private func maskLayer() -> Layer {
    func masks(_ rows: Int, _ columns: Int, seed: UInt64) -> Tensor {
        let draws = SplitMix64(seed: seed)
        // The AND of two draws: a quarter of the bits is set.
        return Tensor(
            (0..<rows * columns).map { UInt16(truncatingIfNeeded: draws.output(2 * $0) & draws.output(2 * $0 + 1)) },
            shape: [rows, columns])
    }
    var shape = LayerShape(channels: 512 * 16, filters: 512)
    shape.batch = 512
    return Layer(
        name: "masks", operation: .linear, shape: shape,
        weights: .mask(TensorReference(name: "weights", tensor: masks(512, 512, seed: 1))),
        activations: .mask(TensorReference(name: "activations", tensor: masks(512, 512, seed: 2))))
}

/// The first layer of a network on a 4K frame, half of whose pixels are zero.
private func frameLayer() -> Layer {
    var shape = LayerShape(channels: 3, filters: 64)
    (shape.height, shape.width) = (2160, 3840)
    (shape.kernelHeight, shape.kernelWidth) = (3, 3)
    (shape.paddingHeight, shape.paddingWidth) = (1, 1)
    return Layer(
        name: "frame", shape: shape, relu: .spatial, weights: .density(1, .spatial, Spread()),
        activations: .density(0.5, .spatial, Spread()))
}

/// Every manifest that ships.
private func shippedTraces() -> [URL] {
    let folder = projectFolder.appending(path: "Traces")
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.allObjects ?? []
    return files.compactMap { $0 as? URL }.filter { $0.pathExtension == "yaml" }.sorted { $0.path < $1.path }
}

let benchmarks: @Sendable () -> Void = {
    let pairs = BenchmarkMetric.custom("mask pairs (M/s)", polarity: .prefersLarger, useScalingFactor: false)

    Benchmark(
        "array engine, one core",
        configuration: .init(metrics: [pairs, .wallClock], maxDuration: .seconds(5), maxIterations: 20)
    ) { benchmark in
        let layer = maskLayer()
        let simulator = CycleModel()
        let clock = ContinuousClock()
        for _ in benchmark.scaledIterations {
            benchmark.startMeasurement()
            let time = try clock.measure { blackHole(try simulator.simulate(layer)) }
            benchmark.stopMeasurement()
            benchmark.measurement(pairs, Int(512.0 * 512 * 512 / 1e6 / (time / .seconds(1))))
        }
    }

    Benchmark(
        "3840 x 2160, 3 to 64 channels, on mobile, one core",
        configuration: .init(
            metrics: [.wallClock, .peakMemoryResident], maxDuration: .seconds(30), maxIterations: 3)
    ) { benchmark in
        let configuration = try Configuration.load(
            path: projectFolder.appending(path: "Configs/mobile.yaml").path, overrides: [])
        for _ in benchmark.scaledIterations {
            blackHole(try CycleModel(configuration).simulate(frameLayer()))
        }
    }

    for url in shippedTraces() {
        let name = "\(url.deletingLastPathComponent().lastPathComponent)/\(url.lastPathComponent) on mobile, one core"
        Benchmark(
            name,
            configuration: .init(
                metrics: [.wallClock, .peakMemoryResident], maxDuration: .seconds(3), maxIterations: 10)
        ) { benchmark in
            let configuration = try Configuration.load(
                path: projectFolder.appending(path: "Configs/mobile.yaml").path, overrides: [])
            for _ in benchmark.scaledIterations {
                blackHole(try await CycleModel(configuration).run(Trace.load(path: url.path), concurrency: 1))
            }
        }
    }
}
