import Traces

/// A layer that was not measured, because Winograd's algorithm does not apply to it.
public struct LeftOutLayer: Hashable, Sendable {
    /// The layer's name.
    public let layer: String
    /// Why, in words: `its kernel is 1x1`.
    public let reason: String

    /// Names a layer and the reason.
    public init(layer: String, reason: String) {
        self.layer = layer
        self.reason = reason
    }
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
        self.trace = trace
        self.layers = layers
        self.leftOut = leftOut
        self.version = version
    }

    /// The densities of all layers, and the layers that were not measured. What is not defined is null, and empty in CSV.
    public var document: ReportDocument {
        let table = ReportTable(Column<FillIn>.all, rows: layers)
        let measured: [[ReportDocument.Part]] = [
            [.table(table)],
            [
                .paragraph(
                    "Under G g G^T, weights of the Winograd domain stand as they were trained. -: the trace does not tell."
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
                ("layers", .rows(table)), ("left_out", .rows(ReportTable(Column<LeftOutLayer>.all, rows: leftOut))),
                (
                    "trace",
                    .object([
                        ("name", .text(trace.model)), ("description", .text(trace.description)),
                        ("path", .optional(trace.path)),
                        ("digest", .optional(trace.digest.isEmpty ? nil : trace.digest)),
                    ])
                ),
                ("seed", .unsigned(trace.seed)), ("program", .program(version)),
            ])
    }
}
