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
    /// What a summary holds of a layer's verification. A signal-to-noise ratio is not defined where nothing differs.
    static let all: [Column<LayerVerification>] = [
        .text("layer", "name of the layer") { $0.layer },
        .text("status", "verified, failed or skipped") { $0.status.name },
        .text("note", "why it failed or was skipped") { $0.status.note },
        .measure("max_error", "", "largest difference from the trace's outputs over the largest of them") {
            $0.recorded?.largest
        },
        .measure("snr_dB", "dB", "the trace's outputs over the differences from them; empty where none differs") {
            $0.recorded?.signalToNoise
        },
        .measure("direct_max_error", "", "largest difference from a direct convolution over its largest output") {
            $0.direct?.largest
        },
        .measure("direct_snr_dB", "dB", "a direct convolution's outputs over the differences; empty where none differs")
        {
            $0.direct?.signalToNoise
        },
        .measure(
            "expected_max_error", "",
            "largest error to be expected of rounding the operands; empty where none is rounded"
        ) { $0.rounding },
        Column(name: "products", unit: "products", description: "products of two non-zero values, counted one by one") {
            $0.products.map(Cell.integer) ?? .empty
        },
    ]
}
