import Simulation

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
    static let all = [layer, status, note] + figures.map(\.file) + [products]

    /// What a terminal shows of it.
    ///
    /// - Parameter isRounded: whether operands are rounded, so that there are errors to be expected.
    static func shown(isRounded: Bool) -> [Column<LayerVerification>] {
        let word = text("status", "verified, failed or skipped") {
            $0.isFailed ? $0.status.name.uppercased() : $0.status.name
        }
        return [layer.shown("layer", ""), word.shown("status", "")] + figures.prefix(isRounded ? 5 : 4).map(\.shown)
            + [products.shown("products", "", align: .right)]
    }

    private static let layer = text("layer", "name of the layer") { $0.layer }
    private static let status = text("status", "verified, failed or skipped") { $0.status.name }
    private static let note = text("note", "why it failed or was skipped") { $0.status.note }
    private static let products = count("products", "products", "products of two non-zero values, counted one by one") {
        $0.products
    }

    private static let figures = [
        figure("max_error", "", "largest difference from the trace's outputs over the largest of them", "max", "error")
        {
            $0.recorded?.largest
        },
        figure(
            "snr_dB", "dB", "the trace's outputs over the differences from them; empty where none differs", "SNR", "dB"
        ) { $0.recorded?.signalToNoise },
        figure(
            "direct_max_error", "", "largest difference from a direct convolution over its largest output", "direct",
            "max error"
        ) { $0.direct?.largest },
        figure(
            "direct_snr_dB", "dB", "a direct convolution's outputs over the differences; empty where none differs",
            "direct", "SNR dB"
        ) { $0.direct?.signalToNoise },
        figure(
            "expected_max_error", "",
            "largest error to be expected of rounding the operands; empty where none is rounded", "rounding", "error"
        ) { $0.rounding },
    ]

    /// An error or a signal-to-noise ratio. What is infinite, as the ratio is where nothing differs, is not defined in files; for
    /// people there is a word.
    private static func figure(
        _ name: String, _ unit: String, _ description: String, _ head: String...,
        value: @escaping @Sendable (LayerVerification) -> Double?
    ) -> (file: Column, shown: Column) {
        let file = measure(name, unit, description, value)
        let isRatio = unit == "dB"
        let about = file.about.shown(head, as: .printed(isRatio ? "%.1f" : "%.2e"), align: .right)
        let shown = Column(about) { row in
            value(row).map {
                $0.isFinite ? .real($0) : .text(isRatio && $0 == .infinity ? "exact" : "\($0)")
            } ?? .empty
        }
        return (file, shown)
    }
}
