import Files

/// One row of a table of shapes, whose cells become a layer.
struct LayerCells {
    private typealias Column = LayerTable.Column
    private let record: CSVRecord
    private let indices: [LayerTable.Column: Int]

    /// - Throws: `InputError` for a value behind the last column, or in one without a name.
    init(_ record: CSVRecord, _ header: LayerTable.Header) throws {
        self.record = record
        indices = header.indices
        let named = Set(header.indices.values)
        for (index, field) in record.fields.enumerated() where !field.text.isEmpty && !named.contains(index) {
            throw record.error(
                index < header.count
                    ? "found \(quoted(field.text)) in a column without a name"
                    : "found \(quoted(field.text)) behind the last of \(header.count) columns; a text with a comma stands "
                        + "in double quotes", at: index)
        }
    }

    /// An error at a cell.
    func error(_ message: String, at column: LayerTable.Column) -> InputError {
        record.error(message, at: indices[column] ?? 0)
    }

    /// The layer, checked.
    ///
    /// - Throws: `InputError` at the cell that does not fit.
    func row() throws -> LayerTable.Row {
        let name = text(.layer)
        guard !name.isEmpty else { throw error("the layer has no name", at: .layer) }
        if let fault = Layer.fault(ofName: name) { throw error(fault, at: .layer) }
        let shape = try shape()
        let row = LayerTable.Row(name: name, unnamedOperationOf: shape)
        if row.operation == .linear { try checkLinear(shape) }
        let layer = row.layer
        do {
            try layer.findFaults()
        } catch let fault as LayerFault {
            throw error(fault.message, at: .layer)
        }
        try checkResults(layer)
        return row
    }

    private func text(_ column: LayerTable.Column) -> String { indices[column].map(record.text) ?? "" }

    private func shape() throws -> LayerShape {
        var shape = LayerShape(channels: try integer(.channels, 1), filters: try integer(.filters, 1))
        (shape.height, shape.width) = (try integer(.height, 1), try integer(.width, 1))
        (shape.kernelHeight, shape.kernelWidth) = try pair(.kernel, .kernelHeight, .kernelWidth, 1)
        (shape.strideHeight, shape.strideWidth) = try pair(.stride, .strideHeight, .strideWidth, 1, default: 1)
        (shape.paddingHeight, shape.paddingWidth) = try pair(.pad, .padHeight, .padWidth, 0, default: 0)
        (shape.dilationHeight, shape.dilationWidth) = try pair(
            .dilation, .dilationHeight, .dilationWidth, 1, default: 1)
        shape.groups = try integer(.groups, 1, default: 1)
        shape.batch = try integer(.batch, 1, default: 1)
        return shape
    }

    private func integer(_ column: LayerTable.Column, _ least: Int, default absent: Int? = nil) throws -> Int {
        let text = text(column)
        if text.isEmpty, let absent { return absent }
        guard let value = Self.number(text, least) else {
            throw error(
                "found \(quoted(text)) as \(column.rawValue), expected a whole number from \(least) to 2^40", at: column
            )
        }
        return value
    }

    private static func number(_ text: some StringProtocol, _ least: Int) -> Int? {
        guard let value = Int(text), value >= least, value <= Layer.productLimit else { return nil }
        return value
    }

    /// A number of each direction: from a column each, or from a cell with one number or two.
    private func pair(
        _ both: LayerTable.Column, _ height: LayerTable.Column, _ width: LayerTable.Column, _ least: Int,
        default absent: Int? = nil
    ) throws -> (Int, Int) {
        if indices[height] != nil {
            return (try integer(height, least, default: absent), try integer(width, least, default: absent))
        }
        let text = text(both)
        if text.isEmpty, let absent { return (absent, absent) }
        let parts = text.split(omittingEmptySubsequences: false) { "xX\u{D7}".contains($0) }
        let numbers = parts.compactMap { part in Self.number(part.filter { $0 != " " }, least) }
        guard numbers.count == parts.count, (1...2).contains(parts.count) else {
            throw error(
                "found \(quoted(text)) as \(both.rawValue), expected a whole number from \(least) to 2^40, or two as "
                    + "height x width, such as 3x5", at: both)
        }
        return (numbers[0], numbers[numbers.count - 1])
    }

    private func checkLinear(_ shape: LayerShape) throws {
        for (name, columns, height, width) in [
            ("stride", [Column.stride, .strideHeight, .strideWidth], shape.strideHeight, shape.strideWidth),
            ("dilation", [.dilation, .dilationHeight, .dilationWidth], shape.dilationHeight, shape.dilationWidth),
        ] where height != 1 || width != 1 {
            throw error(
                "a 1 x 1 kernel on a 1 x 1 map is a linear layer, which has no \(name): found \(height)x\(width), "
                    + "expected 1", at: columns.first { indices[$0] != nil } ?? .layer)
        }
    }

    // MARK: Results

    /// Checks what the table says about the layer beyond its shape.
    private func checkResults(_ layer: Layer) throws {
        let shape = layer.shape
        try check(.outputHeight, [shape.outputHeight])
        try check(.outputWidth, [shape.outputWidth])
        try check(.weights, [shape.filters * shape.groupChannels * shape.taps])
        let multiplies = shape.denseMultiplies
        try check(.denseMultiplies, Array(Set([multiplies / shape.batch, multiplies])).sorted())
        try checkWinograd(layer)
    }

    private func check(_ column: LayerTable.Column, _ expected: [Int]) throws {
        guard !text(column).isEmpty, !expected.contains(try integer(column, 0)) else { return }
        let values = expected.map(String.init).joined(separator: " or ")
        throw error(
            "found \(text(column)) as \(column.rawValue), expected \(values) from the layer's shape", at: column)
    }

    /// The tile edge is not in the table: what it decides has to fit one.
    private func checkWinograd(_ layer: Layer) throws {
        let shape = layer.shape
        let obstacle = layer.winogradObstacle(tile: 1)
        switch text(.winograd) {
        case "", "0": break
        case "1":
            if let obstacle { throw error("found 1 as winograd, but \(obstacle)", at: .winograd) }
        case let text: throw error("found \(quoted(text)) as winograd, expected 0 or 1", at: .winograd)
        }
        let columns: [Column] = [.tiles, .winogradMultiplies, .winogradWeights, .winogradActivations]
        let given = try columns.map { text($0).isEmpty ? nil : try integer($0, 0) }
        guard let first = columns.indices.first(where: { given[$0] != nil }) else { return }
        if let obstacle {
            throw error(
                "found \(text(columns[first])) as \(columns[first].rawValue), but \(obstacle)", at: columns[first])
        }
        var fitting = (1...7).map { Self.winograd(shape, tile: $0) }
        for (index, column) in columns.enumerated() {
            guard let value = given[index] else { continue }
            let left = fitting.filter { $0[index] == value }
            guard !left.isEmpty else {
                // The edge of 2 is the usual one.
                let expected = fitting.count == 7 ? fitting[1][index] : fitting[0][index]
                let edge = fitting.count == 7 ? " at a tile of 2 x 2" : " like the columns before it"
                throw error(
                    "found \(value) as \(column.rawValue), expected \(expected)\(edge)", at: column)
            }
            fitting = left
        }
    }

    /// Tiles, multiplications, transformed weights and activations of one image at a tile edge.
    private static func winograd(_ shape: LayerShape, tile m: Int) -> [Int] {
        let grid = TileGrid(shape, edge: m)
        let (tiles, positions, kernels) = (grid.tilesPerImage, grid.positions, shape.filters * shape.groupChannels)
        return [tiles, tiles * positions * kernels, positions * kernels, tiles * positions * shape.channels]
    }
}
