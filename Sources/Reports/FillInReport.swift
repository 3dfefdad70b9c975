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

    /// The table of all layers, and below it those left out. The text ends with a line end.
    ///
    /// - Parameter width: characters that lines have at most.
    public func terminal(width: Int = 120) -> String {
        let head = "\(trace.model): non-zero elements before and after Winograd's transforms, in %"
        var lines = NumberText.wrapped(NumberText.printable(head), width: width)
        if !layers.isEmpty {
            lines += [""] + table().lines(within: width) + [""]
            lines += NumberText.wrapped(
                "Under G g G^T, weights of the Winograd domain stand as they were trained. -: the trace does not tell.",
                width: width)
        }
        if !leftOut.isEmpty {
            lines += ["", "Left out, for Winograd's algorithm does not apply:"]
            lines += leftOut.flatMap {
                NumberText.wrapped(
                    NumberText.printable("\($0.layer): \($0.reason)"), width: width, first: 2, rest: 4)
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
            zip(heads, columns).enumerated().map { (head: $1.0, alignment: $0 < 3 ? .left : .decimal) })
        for layer in layers {
            table.add(
                columns.map {
                    switch $0.cell(layer) {
                    case .integer(let value): NumberText.grouped(value)
                    case .real(let share): NumberText.figures(share * 100)
                    case .text(let text): text
                    case .empty: "-"
                    }
                })
        }
        return table
    }
}
