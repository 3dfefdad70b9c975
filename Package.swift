// swift-tools-version: 6.2
import PackageDescription

// `Tests/run` sets this, so that a newer compiler's new warnings do not stop a user's build.
let strict = Context.environment["WINOSIM_STRICT"] == "1"
let settings: [SwiftSetting] = strict ? [.treatAllWarnings(as: .error)] : []

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
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
                "Files", "YAML", "Tensors", "Winograd", "Traces", "DRAM", "Hardware", "Engine", "Energy",
                "Simulation", "Comparisons", "Reports", "Sweeps",
            ]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"),
    ],
    targets: [
        .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        module("Files"),
        module("YAML", ["CLibYAML", "Files"]),
        module("Tensors", ["Files"]),
        module("Winograd"),
        module("Traces", ["Files", "YAML", "Tensors", "Winograd"]),
        module("DRAM", ["Files", "YAML"]),
        module("Hardware", ["Files", "YAML", "DRAM"]),
        module("Engine", ["Files", "YAML", "Winograd", "Traces", "DRAM", "Hardware"]),
        module("Energy", ["Files", "YAML", "Winograd", "Traces", "DRAM", "Hardware", "Engine"]),
        module("Simulation", ["Files", "Traces", "Hardware", "Engine", "Energy"]),
        module("Comparisons", ["Files", "YAML", "Traces", "Hardware", "Engine", "Energy", "Simulation"]),
        module(
            "Reports",
            ["Files", "YAML", "Traces", "DRAM", "Hardware", "Engine", "Energy", "Simulation", "Comparisons"]),
        module("Sweeps", ["Files", "YAML", "Traces", "Hardware", "Engine", "Energy", "Simulation", "Reports"]),
        .executableTarget(
            name: "winosim",
            dependencies: [
                "Files", "YAML", "Tensors", "Traces", "DRAM", "Hardware", "Engine", "Energy", "Simulation",
                "Comparisons",
                "Reports", "Sweeps",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: settings),
        tests("FilesTests", ["Files"]),
        tests("YAMLTests", ["Files", "YAML"], data: ["Errors"]),
        tests("TensorsTests", ["Files", "Tensors"]),
        tests("WinogradTests", ["Winograd"]),
        tests("TracesTests", ["Traces", "Tensors", "Winograd", "Files"]),
        tests("HardwareTests", ["Hardware", "DRAM", "YAML", "Files"], data: ["Errors"]),
        tests("DRAMTests", ["DRAM", "YAML", "Files"], data: ["Data"]),
        tests("EngineTests", ["Engine", "DRAM", "Traces", "Hardware", "Tensors", "Winograd", "YAML", "Files"]),
        tests("SimulationTests", ["Simulation", "Energy", "Traces", "Hardware", "Files"]),
        tests(
            "EnergyTests", ["Energy", "Engine", "Traces", "Hardware", "DRAM", "YAML", "Files"], data: ["Errors"]),
        tests(
            "ComparisonsTests", ["Comparisons", "Simulation", "Energy", "Engine", "Traces", "Hardware", "Files"],
            data: ["Errors"]
        ),
        tests(
            "ReportsTests",
            [
                "Reports", "Comparisons", "Simulation", "Energy", "Engine", "DRAM", "Traces", "Hardware", "YAML",
                "Files",
            ], data: ["Golden"]),
        tests(
            "SweepsTests", ["Sweeps", "Reports", "Simulation", "Engine", "Traces", "Hardware", "YAML", "Files"],
            data: ["Errors"]),
        tests(
            "FigureTests",
            [
                "Sweeps", "Reports", "Comparisons", "Simulation", "Energy", "Engine", "Traces", "Hardware", "Tensors",
                "YAML",
                "Files",
            ], data: ["Pinned"]),
        tests("WinosimTests", ["winosim", "Files", "Tensors"], data: ["Help"]),
        tests("DocumentationTests", ["Hardware", "DRAM", "Engine", "Energy", "Reports", "Sweeps", "YAML", "Files"]),
    ],
    swiftLanguageModes: [.v6]
)
