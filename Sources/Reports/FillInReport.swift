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
public struct FillInReport: Sendable {
    /// Characters of a terminal's line that the report keeps to.
    private static let lineWidth = 120

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

    /// A line of names, and a row a layer that was measured. What is not defined is empty.
    public func csv() -> [UInt8] { CSV(Column<FillIn>.all, rows: layers).bytes }

    /// All layers under the names of the CSV's columns, those left out, and which trace it was. What is not defined is null.
    public func json() -> [UInt8] {
        JSON.object([
            ("layers", .array(layers.map { JSON($0, Column<FillIn>.all) })),
            ("left_out", .array(leftOut.map { JSON($0, Column<LeftOutLayer>.all) })),
            (
                "trace",
                .object([
                    ("name", .text(trace.model)), ("description", .text(trace.description)),
                    ("path", trace.path.map(JSON.text) ?? .null),
                    ("digest", trace.digest.isEmpty ? .null : .text(trace.digest)),
                ])
            ),
            ("seed", .unsigned(trace.seed)),
            ("program", .object([("name", .text("winosim")), ("version", .text(version))])),
        ]).bytes()
    }

    /// The table of all layers, and below it those left out. Lines have at most 120 characters, and the text ends with a line
    /// end.
    public func terminal() -> String {
        let head = "\(trace.model): non-zero elements before and after Winograd's transforms, in %"
        var lines = NumberText.wrapped(NumberText.printable(head), width: Self.lineWidth)
        if !layers.isEmpty {
            lines += [""] + table().lines
            lines += [
                "",
                "Under G g G^T, weights of the Winograd domain stand as they were trained. -: the trace does not tell.",
            ]
        }
        if !leftOut.isEmpty {
            lines += ["", "Left out, for Winograd's algorithm does not apply:"]
            lines += leftOut.flatMap {
                NumberText.wrapped(
                    NumberText.printable("\($0.layer): \($0.reason)"), width: Self.lineWidth, first: 2, rest: 4)
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func table() -> TextTable {
        let heads = [
            ["layer", ""], ["algorithm", ""], ["ReLU", ""], ["weights", "g"], ["weights", "G g G^T"], ["pixels", "d"],
            ["rectified", "max(0,d)"], ["no ReLU", "B^T d B"], ["spatial ReLU", "B^T max(0,d) B"],
            ["Winograd ReLU", "max(0,B^T d B)"],
        ]
        let columns = Column<FillIn>.all
        var table = TextTable(
            zip(heads, columns).enumerated().map { (head: $1.0, alignment: $0 < 3 ? .left : .right) })
        for layer in layers {
            table.add(
                columns.map {
                    switch $0.cell(layer) {
                    case .integer(let value): NumberText.grouped(value)
                    case .real(let share): NumberText.grouped(share * 100, decimals: 1)
                    case .text(let text): text
                    case .empty: "-"
                    }
                })
        }
        table.shorten(column: 0, to: max(Self.lineWidth - (table.width - table.width(ofColumn: 0)), 1))
        return table
    }
}
