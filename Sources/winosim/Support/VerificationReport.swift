import Foundation
import Reports
import Simulation

/// What the functional pass found, as a table and as JSON.
struct VerificationReport {
    let layers: [LayerVerification]
    let tolerance: Double

    /// The names of the layers whose outputs are wrong.
    var failed: [String] {
        layers.compactMap { if case .failed = $0.status { $0.layer } else { nil } }
    }

    /// Whether at least one layer could be compared with something.
    var comparedAny: Bool {
        layers.contains { if case .skipped = $0.status { false } else { true } }
    }

    /// One row a layer.
    var text: String {
        var table = TextTable([
            ("layer", .left), ("verification", .left), ("max error", .right), ("SNR [dB]", .right),
            ("max error direct", .right), ("SNR direct [dB]", .right), ("products", .right), ("note", .left),
        ])
        for layer in layers {
            let (word, note) = words(layer.status)
            table.add([
                layer.layer, word, Self.error(layer.recorded?.largest), Self.decibels(layer.recorded?.signalToNoise),
                Self.error(layer.direct?.largest), Self.decibels(layer.direct?.signalToNoise),
                layer.products.map(NumberText.grouped) ?? "-", note,
            ])
        }
        return table.text + "errors are shares of max|outputs|; tolerance \(tolerance)\n"
    }

    /// One object a layer. A figure that there is not is left out, as is an infinite ratio, where the error is 0.
    func json() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let rows = try layers.map { layer in
            let (word, note) = words(layer.status)
            return try encoder.encode(
                Row(
                    layer: layer.layer, status: word.lowercased(), note: note.isEmpty ? nil : note,
                    maxError: finite(layer.recorded?.largest), signalToNoise: finite(layer.recorded?.signalToNoise),
                    directMaxError: finite(layer.direct?.largest),
                    directSignalToNoise: finite(layer.direct?.signalToNoise), products: layer.products))
        }
        return Array("[\n    ".utf8) + rows.joined(separator: Array(",\n    ".utf8)) + Array("\n  ]".utf8)
    }

    private struct Row: Encodable {
        var layer: String
        var status: String
        var note: String?
        var maxError: Double?
        var signalToNoise: Double?
        var directMaxError: Double?
        var directSignalToNoise: Double?
        var products: Int?

        enum CodingKeys: String, CodingKey {
            case layer
            case status
            case note
            case maxError = "max_error"
            case signalToNoise = "snr_dB"
            case directMaxError = "direct_max_error"
            case directSignalToNoise = "direct_snr_dB"
            case products
        }
    }

    private func words(_ status: LayerVerification.Status) -> (word: String, note: String) {
        switch status {
        case .verified: ("verified", "")
        case .failed(let why): ("FAILED", why)
        case .skipped(let why): ("skipped", why)
        }
    }

    private func finite(_ value: Double?) -> Double? { value.flatMap { $0.isFinite ? $0 : nil } }

    private static func error(_ value: Double?) -> String { value.map { String(format: "%.2e", $0) } ?? "-" }

    private static func decibels(_ value: Double?) -> String {
        value.map { $0 == .infinity ? "exact" : String(format: "%.1f", $0) } ?? "-"
    }
}
