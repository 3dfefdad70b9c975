import Energy
import Hardware
import Reports
import TestSupport
import Traces

@testable import Simulation

/// Layers whose figures were made up so that every column has something to show.
enum HandMade {
    static var first: LayerResult {
        var activity = Activity()
        activity.cycles = 1000
        activity.slots[.useful] = 700_000
        activity.slots[.ineffectual] = 100_000
        activity.slots[.underfill] = 123_456
        activity.slots[.imbalance] = 80_000
        activity.slots[.drain] = 20_544
        activity.ledger[.array] = 900
        activity.ledger[.drain] = 100
        activity.busyCycles = 230_864
        activity.usefulProducts = 700_000
        activity.ineffectualProducts = 100_000
        activity.gatedProducts = 100_000
        activity.denseMultiplies = 1_400_000
        activity.weights = 1000
        activity.nonZeroWeights = 800
        activity.activations = 3000
        activity.nonZeroActivations = 3000
        activity.passes = 4
        activity.bundles = 36
        activity.weightOperands.bufferReadBytes = 1601
        activity.inputOperands.bufferReadBytes = 6001
        activity.dramWeightBytes = 1600
        activity.dramInputBytes = 6000
        activity.dramOutputBytes = 512
        return LayerResult(
            name: "conv1", shape: LayerShape(channels: 3, filters: 8), algorithm: .direct,
            note: "runs direct: its stride is 2x2, not 1", activity: activity)
    }

    static var second: LayerResult {
        var activity = Activity()
        activity.cycles = 2_000_000
        activity.slots[.useful] = 1_500_000_000
        activity.slots[.underfill] = 500_000_000
        activity.slots[.drain] = 47_999_000
        activity.slots[.weightFetch] = 1000
        activity.ledger[.issue] = 1_500_000
        activity.ledger[.weightFetch] = 1000
        activity.ledger[.drain] = 499_000
        activity.busyCycles = 500_000_000
        activity.usefulProducts = 1_500_000_000
        activity.denseMultiplies = 15_000_000_000
        activity.weights = 2000
        activity.nonZeroWeights = 700
        activity.activations = 6000
        activity.nonZeroActivations = 2000
        activity.passes = 64
        activity.bundles = 4096
        activity.inputTransforms = 100
        activity.inputTransformAdds = 3200
        activity.outputTransformAdds = 2400
        activity.growthBits = 2
        activity.weightOperands.bufferReadBytes = 3000
        activity.inputOperands.bufferReadBytes = 5000
        activity.dramWeightBytes = 1500
        activity.dramInputBytes = 5200
        activity.dramOutputBytes = 1024
        return LayerResult(
            name: "conv2", shape: LayerShape(channels: 8, filters: 8), algorithm: .winograd(tile: 2, kernel: 3),
            note: nil, activity: activity)
    }

    /// A layer that did nothing, so that no ratio is defined.
    static var third: LayerResult {
        LayerResult(
            name: "fc", shape: LayerShape(channels: 8, filters: 8), algorithm: .linear, note: nil,
            activity: Activity())
    }

    static func report(
        _ layers: [LayerResult], path: String? = "traces/tiny.yaml", digest: String = "00ff",
        showsSensitivity: Bool = false, notExported: [NotExported] = []
    ) throws -> SimulationReport {
        var configuration = Configuration()
        configuration.name = "mobile"
        configuration.peArray.gating = true
        let result = SimulationResult(
            configuration: configuration, model: "tiny", traceDescription: "a \"made up\" network", traceDigest: digest,
            seed: 7, layers: layers, notExported: notExported)
        let library = try ConfigurationLibrary(
            directory: repository + "/Configs", environment: [:], executable: nil, workingDirectory: "/")
        let model = try EnergyModel(
            configuration: configuration, tables: EnergyTables.load(for: configuration, library: library))
        return SimulationReport(
            result: result, model: model, tracePath: path, version: "1.2.3", showsSensitivity: showsSensitivity)
    }

    static func report() throws -> SimulationReport { try report([first, second, third]) }
}

extension LayerResult {
    /// The same under another name.
    func named(_ name: String, note: String? = nil) -> LayerResult {
        LayerResult(name: name, shape: shape, algorithm: algorithm, note: note, activity: activity)
    }
}

/// A text read as comma-separated values by RFC 4180, one character after the other.
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
