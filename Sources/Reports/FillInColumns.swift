import Simulation
import Traces

extension Column<FillIn> {
    /// The columns of a fill-in report. A density is the share of elements that are not zero.
    static let all: [Column<FillIn>] = names + densities

    private static let names: [Column<FillIn>] = [
        .text("layer", "name of the layer") { $0.layer },
        .text("algorithm", "the transforms that are measured") {
            Algorithm.winograd(tile: $0.tile, kernel: $0.kernel).description
        },
        .text("relu", "what the trace says stands before the multiplies: none, spatial or winograd") {
            $0.relu.rawValue
        },
    ]

    private static let densities: [Column<FillIn>] = [
        .measure("weight_density_before", "", "taps; empty where the weights live in the Winograd domain") {
            $0.weightDensityBefore
        },
        .measure("weight_density_after", "", "positions as they are multiplied: of G g G^T, or as trained") {
            $0.weightDensityAfter
        },
        .measure("pixel_density", "", "pixels as the trace has them") { $0.pixelDensity },
        .measure("pixel_density_rectified", "", "pixels after max(0, d)") { $0.rectifiedPixelDensity },
        .measure("activation_density_no_relu", "", "positions of B^T d B") { $0.activationDensityNoRelu },
        .measure("activation_density_spatial_relu", "", "positions of B^T max(0, d) B: the fill-in") {
            $0.activationDensitySpatialRelu
        },
        .measure("activation_density_winograd_relu", "", "positions of max(0, B^T d B)") {
            $0.activationDensityWinogradRelu
        },
    ]
}

extension Column<LeftOutLayer> {
    /// What a report holds of a layer that was not measured.
    static let all: [Column<LeftOutLayer>] = [
        .text("layer", "name of the layer") { $0.layer },
        .text("reason", "why Winograd's algorithm does not apply") { $0.reason },
    ]
}
