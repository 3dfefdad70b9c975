import Foundation
import Simulation

/// What the functional pass found, for the terminal.
extension SimulationReport {
    /// The table of what it found, one row a layer; below it why layers failed or were skipped, and the tolerance. Nil where it
    /// did not run.
    ///
    /// - Parameter width: characters that lines have at most.
    public func verificationTable(width: Int = 120) -> String? {
        guard let verification else { return nil }
        let isRounded = verification.contains { $0.rounding != nil }
        var heads: [(head: [String], alignment: TextTable.Alignment)] = [
            (["layer", ""], .left), (["status", ""], .left), (["max", "error"], .right), (["SNR", "dB"], .right),
            (["direct", "max error"], .right), (["direct", "SNR dB"], .right), (["products", ""], .right),
        ]
        if isRounded { heads.insert((["rounding", "error"], .right), at: 6) }
        var table = TextTable(heads)
        for layer in verification {
            let name = layer.isFailed ? layer.status.name.uppercased() : layer.status.name
            var cells = [
                layer.layer, name, Self.error(layer.recorded?.largest), Self.decibels(layer.recorded),
                Self.error(layer.direct?.largest), Self.decibels(layer.direct),
                layer.products.map(NumberText.grouped) ?? "-",
            ]
            if isRounded { cells.insert(Self.error(layer.rounding), at: 6) }
            table.add(cells)
        }
        var lines = table.lines(within: width)
        let notes = verification.compactMap(\.status.note)
        for note in notes.unique() {
            let names = verification.filter { $0.status.note == note }.map(\.layer).joined(separator: ", ")
            lines += NumberText.wrapped(NumberText.printable("\(names): \(note)"), width: width, first: 2, rest: 4)
        }
        let text =
            "Errors are shares of max|outputs|" + (tolerance.map { "; the tolerance is \($0)" } ?? "")
            + (isRounded ? "; rounding the operands alone makes the rounding error" : "")
        lines += NumberText.wrapped(text, width: width)
        return lines.map { $0 + "\n" }.joined()
    }

    /// What can be done about layers that failed: the option that lets larger errors pass and, where operands are rounded,
    /// whether errors of this size come of that. Nil where none failed.
    public var verificationAdvice: String? {
        let failed = verification?.filter(\.isFailed) ?? []
        guard let tolerance, let worst = failed.compactMap(\.largest).max() else { return nil }
        let option = "--tolerance \(Self.roundedUp(worst)) lets it pass"
        let text = "the largest error is \(Self.figure(worst)) of the largest output, and the tolerance is \(tolerance)"
        let datatype = result.configuration.datatype
        guard datatype.quantize else { return "\(text); \(option)" }
        let cause =
            "Rounding weights to \(datatype.weights) bit and activations to \(datatype.activations) bit (quantize)"
        guard let odd = failed.first(where: { $0.exceedsRounding(by: tolerance) }) else {
            return
                "\(text). \(cause) alone makes one of \(Self.figure(failed.compactMap(\.rounding).max() ?? 0)), so an error "
                + "of this size is to be expected; \(option)"
        }
        return
            "\(text). \(cause) makes an error of \(Self.figure(odd.rounding ?? 0)) in "
            + "\(NumberText.printable(odd.layer)), and one of \(Self.figure(odd.largest ?? 0)) is more than that explains"
    }

    private static func figure(_ value: Double) -> String { String(format: "%.2g", value) }

    /// A number that is no smaller, with one digit.
    private static func roundedUp(_ value: Double) -> String {
        guard value > 0, value.isFinite else { return "X" }
        let unit = pow(10, log10(value).rounded(.down))
        return String(format: "%.1g", (value / unit).rounded(.up) * unit).replacing("e-0", with: "e-")
    }

    private static func error(_ value: Double?) -> String { value.map { String(format: "%.2e", $0) } ?? "-" }

    private static func decibels(_ error: OutputError?) -> String {
        error.map { $0.signalToNoise == .infinity ? "exact" : String(format: "%.1f", $0.signalToNoise) } ?? "-"
    }
}

extension LayerVerification {
    fileprivate var isFailed: Bool { if case .failed = status { true } else { false } }

    /// The larger of both errors.
    fileprivate var largest: Double? { [recorded?.largest, direct?.largest].compactMap { $0 }.max() }

    /// Whether the error is larger than rounding's and one that passes together: without rounding the layer would fail too. The
    /// recorded and the computed largest output, of which both are shares, differ by no more than what passes.
    fileprivate func exceedsRounding(by tolerance: Double) -> Bool {
        (largest ?? .infinity) > (rounding ?? 0) * (1 + tolerance) + tolerance
    }
}
