import Foundation
import Simulation

/// What the functional pass found, for the terminal.
extension SimulationReport {
    /// The table of what it found, one row a layer; below it why layers failed or were skipped, and the tolerance. Nothing where it
    /// did not run.
    var verificationParts: [ReportDocument.Part] {
        guard let verification else { return [] }
        let isRounded = verification.contains { $0.rounding != nil }
        let notes = verification.compactMap(\.status.note).unique().map { note in
            "\(verification.filter { $0.status.note == note }.map(\.layer).joined(separator: ", ")): \(note)"
        }
        let text =
            "Errors are shares of max|outputs|" + (tolerance.map { "; the tolerance is \($0)" } ?? "")
            + (isRounded ? "; rounding the operands alone makes the rounding error" : "")
        return [
            .table(ReportTable(Column<LayerVerification>.shown(isRounded: isRounded), rows: verification)),
            .list("", notes), .paragraph(text),
        ]
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
}

extension LayerVerification {
    var isFailed: Bool { if case .failed = status { true } else { false } }

    /// The larger of both errors.
    fileprivate var largest: Double? { [recorded?.largest, direct?.largest].compactMap { $0 }.max() }

    /// Whether the error is larger than rounding's and one that passes together: without rounding the layer would fail too. The
    /// recorded and the computed largest output, of which both are shares, differ by no more than what passes.
    fileprivate func exceedsRounding(by tolerance: Double) -> Bool {
        (largest ?? .infinity) > (rounding ?? 0) * (1 + tolerance) + tolerance
    }
}
