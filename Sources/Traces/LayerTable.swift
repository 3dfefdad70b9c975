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
        /// Its producers by name; none where the table has no graph.
        public var inputs: [String]
        /// What follows the multiplications, in order.
        public var fused: [FusedOperation]

        /// Makes a row.
        public init(
            name: String, operation: Operation = .convolution, shape: LayerShape, inputs: [String] = [],
            fused: [FusedOperation] = []
        ) {
            self.name = name
            self.operation = operation
            self.shape = shape
            (self.inputs, self.fused) = (inputs, fused)
        }

        /// Makes a row of a table that does not name operations: a 1 x 1 kernel on a 1 x 1 map is a linear layer.
        init(name: String, unnamedOperationOf shape: LayerShape) {
            let isLinear =
                shape.height == 1 && shape.width == 1 && shape.taps == 1 && shape.paddingHeight == 0
                && shape.paddingWidth == 0 && shape.groups == 1
            self.init(name: name, operation: isLinear ? .linear : .convolution, shape: shape)
        }

        /// The layer of the row, dense.
        var layer: Layer {
            Layer(
                name: name, operation: operation, shape: shape, weights: .density(1, .spatial, Spread()),
                activations: .density(1, .spatial, Spread()))
        }
    }

    /// The layers, in order.
    public var rows: [Row]

    /// Makes a table in memory, for library use.
    public init(rows: [Row]) { self.rows = rows }

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
        for record in try CSVRecord.records(of: text, file: file) {
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
