import Engine
import Foundation

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
        let datatype = run.configuration.datatype
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

extension LayerVerification.Status {
    /// One word for it: `verified`, `failed` or `skipped`.
    var name: String {
        switch self {
        case .verified: "verified"
        case .failed: "failed"
        case .skipped: "skipped"
        }
    }

    /// Why it failed or was skipped.
    var note: String? {
        switch self {
        case .verified: nil
        case .failed(let why), .skipped(let why): why
        }
    }
}

extension Column<LayerVerification> {
    /// What a summary holds of a layer's verification.
    static let all = [layer, status, note] + errors.map(\.file) + [expected.file, products]

    /// What a terminal shows of it.
    ///
    /// - Parameter isRounded: whether operands are rounded, so that there are errors to be expected.
    static func shown(isRounded: Bool) -> [Column<LayerVerification>] {
        let word = text("status", "verified, failed or skipped") {
            $0.isFailed ? $0.status.name.uppercased() : $0.status.name
        }
        return [layer.shown(["layer", ""]), word.shown(["status", ""])] + errors.map(\.shown)
            + (isRounded ? [expected.shown] : []) + [products.shown(["products", ""], align: .right)]
    }

    private static let layer = text("layer", "name of the layer") { $0.layer }
    private static let status = text("status", "verified, failed or skipped") { $0.status.name }
    private static let note = text("note", "why it failed or was skipped") { $0.status.note }
    private static let products = count("products", "products", "products of two non-zero values, counted one by one") {
        $0.products
    }

    private static let errors = [
        error("max_error", "", "largest difference from the trace's outputs over the largest of them", "max", "error") {
            $0.recorded?.largest
        },
        error(
            "snr_dB", "dB", "the trace's outputs over the differences from them; empty where none differs", "SNR", "dB"
        ) {
            $0.recorded?.signalToNoise
        },
        error(
            "direct_max_error", "", "largest difference from a direct convolution over its largest output", "direct",
            "max error"
        ) { $0.direct?.largest },
        error(
            "direct_snr_dB", "dB", "a direct convolution's outputs over the differences; empty where none differs",
            "direct", "SNR dB"
        ) { $0.direct?.signalToNoise },
    ]
    private static let expected = error(
        "expected_max_error", "", "largest error to be expected of rounding the operands; empty where none is rounded",
        "rounding", "error"
    ) { $0.rounding }

    /// An error or a signal-to-noise ratio. What is infinite, as the ratio is where nothing differs, is not defined in files; for
    /// people there is a word.
    private static func error(
        _ name: String, _ unit: String, _ description: String, _ head: String...,
        value: @escaping @Sendable (LayerVerification) -> Double?
    ) -> (file: Column, shown: Column) {
        let file = measure(name, unit, description, value)
        let isRatio = unit == "dB"
        let shown = Column(file.about) { row in
            value(row).map {
                $0.isFinite ? .real($0) : .text(isRatio && $0 == .infinity ? "exact" : "\($0)")
            } ?? .empty
        }.shown(head, as: .printed(isRatio ? "%.1f" : "%.2e"), align: .right)
        return (file, shown)
    }
}
