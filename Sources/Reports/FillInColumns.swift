import Simulation
import Traces

extension Column<FillIn> {
    /// The columns of a fill-in report. A density is the share of elements that are not zero.
    static let all: [Column<FillIn>] = [
        text("layer", "name of the layer") { $0.layer }.shown("layer", ""),
        text("algorithm", "the transforms that are measured") {
            Algorithm.winograd(tile: $0.tile, kernel: $0.kernel).description
        }.shown("algorithm", ""),
        text("relu", "what the trace says stands before the multiplies: none, spatial or winograd") {
            $0.relu.rawValue
        }.shown("ReLU", ""),
        density("weight_density_before", "taps; empty where the weights live in the Winograd domain", "weights", "g") {
            $0.weightDensityBefore
        },
        density(
            "weight_density_after", "positions as they are multiplied: of G g G^T, or as trained", "weights", "G g G^T"
        ) { $0.weightDensityAfter },
        density("pixel_density", "pixels as the trace has them", "pixels", "d") { $0.pixelDensity },
        density("pixel_density_rectified", "pixels after max(0, d)", "rectified", "max(0,d)") {
            $0.rectifiedPixelDensity
        },
        density("activation_density_no_relu", "positions of B^T d B", "no ReLU", "B^T d B") {
            $0.activationDensityNoRelu
        },
        density(
            "activation_density_spatial_relu", "positions of B^T max(0, d) B: the fill-in", "spatial ReLU",
            "B^T max(0,d) B"
        ) { $0.activationDensitySpatialRelu },
        density(
            "activation_density_winograd_relu", "positions of max(0, B^T d B)", "Winograd ReLU", "max(0,B^T d B)"
        ) { $0.activationDensityWinogradRelu },
    ]

    private static func density(
        _ name: String, _ description: String, _ head: String, _ formula: String,
        _ value: @escaping @Sendable (FillIn) -> Double?
    ) -> Column { measure(name, "", description, value).shown(head, formula, as: .percent) }
}

extension Column<LeftOutLayer> {
    /// What a report holds of a layer that was not measured.
    static let all: [Column<LeftOutLayer>] = [
        .text("layer", "name of the layer") { $0.layer },
        .text("reason", "why Winograd's algorithm does not apply") { $0.reason },
    ]
}
