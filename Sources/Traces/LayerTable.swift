import Files

/// A table of layer shapes as CSV, one row per layer.
///
/// The first line names the columns, in any order. Needed are `layer, C, K, H_in, W_in, kernel`; `stride`, `pad`,
/// `dilation`, `groups` and `batch` are optional. A cell of `kernel`, `stride`, `pad` or `dilation` is one number for both
/// directions, or height x width such as `3x5`; `kernel_height`, `kernel_width` and their like give each direction a column.
/// `H_out`, `W_out`, `dense_mults` and other results are checked against the shape (`LayerTable.Column`); a column
/// of another name is an error. A 1 x 1 kernel on a 1 x 1 map is a linear layer.
public struct LayerTable: Sendable {
    /// A layer's name, operation and shape.
    public struct Row: Sendable {
        /// The name.
        public var name: String
        /// What it computes.
        public var operation: Operation
        /// Its shape.
        public var shape: LayerShape

        /// Makes a row.
        public init(name: String, operation: Operation = .convolution, shape: LayerShape) {
            self.name = name
            self.operation = operation
            self.shape = shape
        }
    }

    /// The layers, in order.
    public var rows: [Row]

    /// The layers of a trace, without their operands.
    public init(_ trace: Trace) {
        rows = trace.layers.map { Row(name: $0.name, operation: $0.operation, shape: $0.shape) }
    }

    /// Reads a table from CSV text; `file` is what errors call it.
    ///
    /// - Throws: `InputError` at the line and column of what does not fit.
    public init(csv text: String, file: String) throws {
        rows = []
        var header: Header?
        var names: Set<String> = []
        // A carriage return with its line feed is one character. Spreadsheets put a byte order mark before the text.
        let lines = text.drop { $0 == "\u{FEFF}" }.split(omittingEmptySubsequences: false) {
            $0 == "\n" || $0 == "\r\n"
        }
        for (index, line) in lines.enumerated() {
            let record = try CSVRecord(line: String(line), number: index + 1, file: file)
            guard !record.fields.allSatisfy({ $0.text.isEmpty }) else { continue }
            guard let columns = header else {
                header = try Header(record)
                continue
            }
            let cells = try LayerCells(record, columns)
            let row = try cells.row()
            guard names.insert(row.name).inserted else {
                throw cells.error("the layer \(quoted(row.name)) is there twice", at: .layer)
            }
            rows.append(row)
        }
        guard !rows.isEmpty else {
            throw InputError("the table has no layers", at: Mark(file: file, line: 1, column: 1))
        }
    }
}
