// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "winosim-benchmarks",
    dependencies: [
        .package(name: "winosim", path: "../.."),
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    ],
    targets: ["SimulationBenchmarks", "DRAMBenchmarks", "SweepBenchmarks"].map { name in
        .executableTarget(
            name: name,
            dependencies: [
                .product(name: "Winosim", package: "winosim"),
                .product(name: "Benchmark", package: "benchmark"),
            ],
            path: "Benchmarks/\(name)",
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
    },
    swiftLanguageModes: [.v6]
)
