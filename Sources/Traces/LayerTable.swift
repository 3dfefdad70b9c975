import YAML

/// A table of layer shapes as CSV, one row a layer.
///
/// The first line names the columns: `layer, C, K, H_in, W_in, kernel` and, where they are wanted, `stride`, `pad`,
/// `dilation` and `groups`; others are passed over. Kernels are square. A 1 x 1 kernel on a 1 x 1 map is a linear layer.
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
        var columns: [String: Int] = [:]
        var names: Set<String> = []
        // A carriage return with its line feed is one character.
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        for (index, line) in lines.enumerated() {
            let record = Record(line: String(line), number: index + 1, file: file)
            guard !record.fields.allSatisfy({ $0.text.isEmpty }) else { continue }
            if columns.isEmpty {
                columns = try Self.columns(of: record)
                continue
            }
            let row = try Self.row(record, columns)
            guard names.insert(row.name).inserted else {
                throw record.error("the layer \(quoted(row.name)) stands twice", at: columns["layer"] ?? 0)
            }
            rows.append(row)
        }
        guard !rows.isEmpty else {
            throw InputError("the table has no layers", at: Mark(file: file, line: 1, column: 1))
        }
    }

    private static let required = ["layer", "C", "K", "H_in", "W_in", "kernel"]

    private static func columns(of record: Record) throws -> [String: Int] {
        var columns: [String: Int] = [:]
        for (index, field) in record.fields.enumerated() {
            guard columns.updateValue(index, forKey: field.text) == nil || field.text.isEmpty else {
                throw record.error("the column \(quoted(field.text)) stands twice", at: index)
            }
        }
        for name in required where columns[name] == nil {
            throw record.error(
                "the column \(name) is missing; expected \(required.joined(separator: ", ")) and, if wanted, stride, "
                    + "pad, dilation, groups", at: 0)
        }
        return columns
    }

    private static func row(_ record: Record, _ columns: [String: Int]) throws -> Row {
        func integer(_ name: String, _ least: Int, default absent: Int? = nil) throws -> Int {
            guard let index = columns[name] else { return absent ?? least }
            let text = index < record.fields.count ? record.fields[index].text : ""
            if text.isEmpty, let absent { return absent }
            guard let value = Int(text), value >= least, value <= Layer.productLimit else {
                throw record.error(
                    "found \(quoted(text)) as \(name), expected a whole number from \(least) to 2^40", at: index)
            }
            return value
        }
        let nameColumn = columns["layer"] ?? 0
        let name = nameColumn < record.fields.count ? record.fields[nameColumn].text : ""
        guard !name.isEmpty else { throw record.error("the layer has no name", at: nameColumn) }
        var shape = LayerShape(channels: try integer("C", 1), filters: try integer("K", 1))
        (shape.height, shape.width) = (try integer("H_in", 1), try integer("W_in", 1))
        let kernel = try integer("kernel", 1)
        (shape.kernelHeight, shape.kernelWidth) = (kernel, kernel)
        let stride = try integer("stride", 1, default: 1)
        (shape.strideHeight, shape.strideWidth) = (stride, stride)
        let padding = try integer("pad", 0, default: 0)
        (shape.paddingHeight, shape.paddingWidth) = (padding, padding)
        let dilation = try integer("dilation", 1, default: 1)
        (shape.dilationHeight, shape.dilationWidth) = (dilation, dilation)
        shape.groups = try integer("groups", 1, default: 1)
        let isLinear =
            shape.height == 1 && shape.width == 1 && kernel == 1 && padding == 0 && stride == 1 && shape.groups == 1
        let row = Row(name: name, operation: isLinear ? .linear : .convolution, shape: shape)
        do {
            try Layer(
                name: name, operation: row.operation, shape: shape, weights: .density(1, .spatial, Spread()),
                activations: .density(1, .spatial, Spread())
            ).findFaults()
        } catch let fault as LayerFault {
            throw record.error(fault.message, at: nameColumn)
        }
        return row
    }

    /// One line of fields, of which those in double quotes may hold commas.
    private struct Record {
        let line: String
        let number: Int
        let file: String
        let fields: [(text: String, column: Int)]

        init(line: String, number: Int, file: String) {
            self.line = line
            self.number = number
            self.file = file
            var fields: [(text: String, column: Int)] = []
            var text = String.UnicodeScalarView()
            var isQuoted = false
            var start = 1
            for (index, scalar) in line.unicodeScalars.enumerated() {
                if scalar == "\"" {
                    isQuoted.toggle()
                } else if scalar == ",", !isQuoted {
                    fields.append((Self.trimmed(text), start))
                    text = .init()
                    start = index + 2
                } else {
                    text.append(scalar)
                }
            }
            fields.append((Self.trimmed(text), start))
            self.fields = fields
        }

        private static func trimmed(_ text: String.UnicodeScalarView) -> String {
            var slice = text[...]
            while slice.first?.properties.isWhitespace == true { slice.removeFirst() }
            while slice.last?.properties.isWhitespace == true { slice.removeLast() }
            return String(String.UnicodeScalarView(slice))
        }

        func error(_ message: String, at field: Int) -> InputError {
            let column = field < fields.count ? fields[field].column : line.unicodeScalars.count + 1
            return InputError(message, at: Mark(file: file, line: number, column: column), excerpt: line)
        }
    }
}
