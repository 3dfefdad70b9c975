import Foundation
import Simulation

extension SimulationReport {
    /// The table of what the functional pass found, one row a layer, and the tolerance below it; nil where it did not run.
    ///
    /// - Parameter tolerance: the largest error that passed, as a share of the largest output.
    public func verificationTable(tolerance: Double) -> String? {
        guard let verification else { return nil }
        var table = TextTable([
            ("layer", .left), ("verification", .left), ("max error", .right), ("SNR [dB]", .right),
            ("max error direct", .right), ("SNR direct [dB]", .right), ("products", .right), ("note", .left),
        ])
        for layer in verification {
            let name = layer.status.name
            var isFailed = false
            if case .failed = layer.status { isFailed = true }
            table.add([
                layer.layer, isFailed ? name.uppercased() : name, Self.error(layer.recorded),
                Self.decibels(layer.recorded), Self.error(layer.direct), Self.decibels(layer.direct),
                layer.products.map(NumberText.grouped) ?? "-", layer.status.note ?? "",
            ])
        }
        return table.text + "errors are shares of max|outputs|; tolerance \(tolerance)\n"
    }

    private static func error(_ error: OutputError?) -> String {
        error.map { String(format: "%.2e", $0.largest) } ?? "-"
    }

    private static func decibels(_ error: OutputError?) -> String {
        error.map { $0.signalToNoise == .infinity ? "exact" : String(format: "%.1f", $0.signalToNoise) } ?? "-"
    }
}
