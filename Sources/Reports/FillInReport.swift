import Engine
import Traces

/// A layer that was not measured, because Winograd's algorithm does not apply to it.
public struct LeftOutLayer: Hashable, Sendable {
    /// The layer's name.
    public let layer: String
    /// Why, in words: `its kernel is 1x1`.
    public let reason: String

    /// Names a layer and the reason.
    public init(layer: String, reason: String) { (self.layer, self.reason) = (layer, reason) }
}

/// What was measured of a trace's fill-in, as people and programs read it: a table for the terminal, CSV with a row a
/// layer, a JSON object.
public struct FillInReport: Report {
    let trace: Trace
    let layers: [FillIn]
    let leftOut: [LeftOutLayer]
    let version: String

    /// Makes a report.
    ///
    /// - Parameters:
    ///   - trace: whose layers were measured.
    ///   - layers: what was measured, in the trace's order.
    ///   - leftOut: the layers that were not.
    ///   - version: the program's version.
    public init(of trace: Trace, layers: [FillIn], leftOut: [LeftOutLayer], version: String) {
        (self.trace, self.layers, self.leftOut, self.version) = (trace, layers, leftOut, version)
    }

    /// The densities of all layers, and the layers that were not measured. What is not defined is null, and empty in CSV.
    public var document: ReportDocument {
        let table = ReportTable(Column<FillIn>.all, rows: layers)
        let measured: [[ReportDocument.Part]] = [
            [.table(table)],
            [
                .paragraph(
                    "Under G g G^T, weights of the Winograd domain are those that were trained. -: unknown in the trace."
                )
            ],
        ]
        return ReportDocument(
            sections: [[.paragraph("\(trace.model): non-zero elements before and after Winograd's transforms, in %")]]
                + (layers.isEmpty ? [] : measured) + [
                    [
                        .list(
                            "Left out, for Winograd's algorithm does not apply:",
                            leftOut.map { "\($0.layer): \($0.reason)" })
                    ]
                ],
            tables: [("fill-in.csv", table)],
            summary: [
                "layers": .rows(table), "left_out": .rows(ReportTable(Column<LeftOutLayer>.all, rows: leftOut)),
                "trace": [
                    "name": .text(trace.model), "description": .text(trace.description),
                    "path": .optional(trace.path), "digest": .optional(trace.digest),
                ],
                "seed": .unsigned(trace.seed), "program": .program(version),
            ])
    }
}

extension Column<FillIn> {
    /// The columns of a fill-in report. A density is the share of elements that are not zero.
    static let all: [Column<FillIn>] = [
        text("layer", "name of the layer") { $0.layer }.shown(["layer", ""]),
        text("algorithm", "the transforms that are measured") {
            Algorithm.winograd(tile: $0.tile, kernel: $0.kernel).description
        }.shown(["algorithm", ""]),
        text("relu", "the ReLU before the multiplies, as the trace has it: none, spatial or winograd") {
            $0.relu.rawValue
        }.shown(["ReLU", ""]),
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
    ) -> Column { measure(name, "", description, value).shown([head, formula], as: .percent) }
}

extension Column<LeftOutLayer> {
    /// What a report holds of a layer that was not measured.
    static let all: [Column<LeftOutLayer>] = [
        .text("layer", "name of the layer") { $0.layer },
        .text("reason", "why Winograd's algorithm does not apply") { $0.reason },
    ]
}
