// swift-tools-version: 6.2
import PackageDescription

// `Tests/run` sets this, so that a newer compiler's new warnings do not stop a user's build.
let strict = Context.environment["WINOSIM_STRICT"] == "1"
let settings: [SwiftSetting] = strict ? [.treatAllWarnings(as: .error)] : []

func floor(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], data: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies + ["TestSupport"], exclude: data, swiftSettings: settings)
}

let package = Package(
    name: "winosim",
    products: [
        .executable(name: "winosim", targets: ["winosim"]),
        .library(
            name: "Winosim",
            targets: [
                "YAML", "Tensors", "Winograd", "Traces", "Hardware", "DRAM", "Simulation", "Energy", "Comparisons",
                "Reports", "Sweeps",
            ]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"),
    ],
    targets: [
        .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        floor("YAML", ["CLibYAML"]),
        floor("Tensors", ["YAML"]),
        floor("Winograd"),
        floor("Traces", ["YAML", "Tensors", "Winograd"]),
        floor("Hardware", ["YAML"]),
        floor("DRAM", ["YAML"]),
        floor("Simulation", ["YAML", "Tensors", "Winograd", "Traces", "Hardware", "DRAM"]),
        floor("Energy", ["YAML", "Winograd", "Traces", "Hardware", "DRAM", "Simulation"]),
        floor("Comparisons", ["YAML", "Traces", "Hardware", "Simulation", "Energy"]),
        floor("Reports", ["YAML", "Tensors", "Hardware", "DRAM", "Traces", "Simulation", "Energy", "Comparisons"]),
        floor("Sweeps", ["YAML", "Tensors", "Traces", "Hardware", "DRAM", "Simulation", "Energy", "Reports"]),
        .executableTarget(
            name: "winosim",
            dependencies: [
                "YAML", "Tensors", "Traces", "Hardware", "DRAM", "Simulation", "Energy", "Comparisons", "Reports",
                "Sweeps",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: settings),
        tests("YAMLTests", ["YAML"], data: ["Errors"]),
        tests("TensorsTests", ["Tensors", "YAML"]),
        tests("WinogradTests", ["Winograd"]),
        tests("TracesTests", ["Traces", "Tensors", "Winograd", "YAML"]),
        tests("HardwareTests", ["Hardware", "YAML"], data: ["Errors"]),
        tests("DRAMTests", ["DRAM", "YAML"], data: ["Data"]),
        tests("SimulationTests", ["Simulation", "DRAM", "Traces", "Hardware", "Tensors", "Winograd", "YAML"]),
        tests("EnergyTests", ["Energy", "Simulation", "Traces", "Hardware", "YAML"], data: ["Errors"]),
        tests(
            "ComparisonsTests", ["Comparisons", "Energy", "Simulation", "Traces", "Hardware", "YAML"], data: ["Errors"]),
        tests(
            "ReportsTests",
            [
                "Reports", "Comparisons", "Energy", "Simulation", "DRAM", "Traces", "Hardware", "YAML",
            ], data: ["Golden"]),
        tests("SweepsTests", ["Sweeps", "Reports", "Simulation", "Traces", "Hardware", "YAML"], data: ["Errors"]),
        tests("WinosimTests", ["winosim", "Tensors"], data: ["Help"]),
        tests("DocumentationTests", ["Hardware", "DRAM", "Reports", "Sweeps", "YAML"]),
    ],
    swiftLanguageModes: [.v6]
)
