import Energy
import Hardware
import Reports
import Simulation
import TestSupport
import Traces

@testable import Engine

/// Layers with invented figures, such that every column has a value.
enum HandMade {
    static var first: LayerActivity {
        var activity = Activity()
        activity.timing.cycles = 1000
        activity.array.slots[.useful] = 700_000
        activity.array.slots[.ineffectual] = 100_000
        activity.array.slots[.underfill] = 123_456
        activity.array.slots[.imbalance] = 80_000
        activity.array.slots[.drain] = 20_544
        activity.timing.held[.array] = 900
        activity.timing.held[.drain] = 100
        activity.array.busyCycles = 230_864
        activity.array.usefulProducts = 700_000
        activity.array.ineffectualProducts = 100_000
        activity.array.gatedProducts = 100_000
        activity.workload.denseMultiplies = 1_400_000
        activity.workload.weights = 1000
        activity.workload.nonZeroWeights = 800
        activity.workload.activations = 3000
        activity.workload.nonZeroActivations = 3000
        activity.array.passes = 4
        activity.array.bundles = 36
        activity.weights.bufferReadBytes = 1601
        activity.inputs.bufferReadBytes = 6001
        activity.memory.weightBytes = 1600
        activity.memory.inputBytes = 6000
        activity.memory.outputBytes = 512
        return LayerActivity(
            name: "conv1", shape: LayerShape(channels: 3, filters: 8), algorithm: .direct,
            note: "runs direct: its stride is 2x2, not 1", activity: activity)
    }

    static var second: LayerActivity {
        var activity = Activity()
        activity.timing.cycles = 2_000_000
        activity.array.slots[.useful] = 1_500_000_000
        activity.array.slots[.underfill] = 500_000_000
        activity.array.slots[.drain] = 47_999_000
        activity.array.slots[.weightFetch] = 1000
        activity.timing.held[.issue] = 1_500_000
        activity.timing.held[.weightFetch] = 1000
        activity.timing.held[.drain] = 499_000
        activity.array.busyCycles = 500_000_000
        activity.array.usefulProducts = 1_500_000_000
        activity.workload.denseMultiplies = 15_000_000_000
        activity.workload.weights = 2000
        activity.workload.nonZeroWeights = 700
        activity.workload.activations = 6000
        activity.workload.nonZeroActivations = 2000
        activity.array.passes = 64
        activity.array.bundles = 4096
        activity.transforms.inputTiles = 100
        activity.transforms.inputAdds = 3200
        activity.transforms.outputAdds = 2400
        activity.workload.growthBits = 2
        activity.weights.bufferReadBytes = 3000
        activity.inputs.bufferReadBytes = 5000
        activity.memory.weightBytes = 1500
        activity.memory.inputBytes = 5200
        activity.memory.outputBytes = 1024
        return LayerActivity(
            name: "conv2", shape: LayerShape(channels: 8, filters: 8), algorithm: .winograd(tile: 2, kernel: 3),
            note: nil, activity: activity)
    }

    /// A layer without work, so that no ratio is defined.
    static var third: LayerActivity {
        LayerActivity(
            name: "fc", shape: LayerShape(channels: 8, filters: 8), algorithm: .linear, note: nil,
            activity: Activity())
    }

    static func report(
        _ layers: [LayerActivity], path: String? = "traces/tiny.yaml", digest: String = "00ff",
        showsSensitivity: Bool = false, notExported: [NotExported] = []
    ) throws -> SimulationReport {
        var configuration = Configuration()
        configuration.name = "mobile"
        configuration.peArray.gating = true
        let trace = TraceActivity(
            configuration: configuration, model: "tiny", traceDescription: "a \"made up\" network", traceDigest: digest,
            seed: 7, layers: layers, notExported: notExported)
        let library = try ConfigurationLibrary(
            directory: repository + "/Configs", environment: [:], executable: nil, workingDirectory: "/")
        let result = SimulationResult(trace, machine: try Machine(configuration, library: library))
        return SimulationReport(result: result, tracePath: path, version: "1.2.3", showsSensitivity: showsSensitivity)
    }

    static func report() throws -> SimulationReport { try report([first, second, third]) }
}

extension LayerActivity {
    /// The same layer under another name.
    func named(_ name: String, note: String? = nil) -> LayerActivity {
        LayerActivity(name: name, shape: shape, algorithm: algorithm, note: note, activity: activity)
    }
}

/// Comma-separated values (RFC 4180), parsed character by character.
func parseCSV(_ text: String) -> [[String]] {
    var (rows, row, field) = ([[String]](), [String](), "")
    var isQuoted = false
    var rest = text.unicodeScalars[...]
    while let c = rest.popFirst() {
        switch c {
        case "\"" where !isQuoted: isQuoted = true
        case "\"":
            if rest.first == "\"" {
                rest.removeFirst()
                field.unicodeScalars.append(c)
            } else {
                isQuoted = false
            }
        case "," where !isQuoted:
            row.append(field)
            field = ""
        case "\n" where !isQuoted:
            rows.append(row + [field])
            (row, field) = ([], "")
        default: field.unicodeScalars.append(c)
        }
    }
    return rows
}

/// The rows of a CSV file by column.
func table(_ bytes: [UInt8]) -> [[String: String]] {
    let rows = parseCSV(String(decoding: bytes, as: UTF8.self))
    return rows.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(rows[0], $0)) }
}
