import Files

/// Sizes on their way through the rows of a network.
struct NetworkPropagation {
    /// Bytes of a value: a table does not say its type, and models have 32 bits.
    private static let valueBytes = 4

    private let table: NetworkTable
    let batch: Int
    private var values: [String: NetworkValue] = [:]
    private var layers: [LayerTable.Row] = []
    private var operations: [StandaloneOperation] = []
    private var windows: [String: PoolWindow] = [:]

    /// - Throws: `InputError` for a resolution that the network's input cannot have.
    init(_ table: NetworkTable, _ batch: Int, _ resolution: NetworkResolution?) throws {
        (self.table, self.batch) = (table, batch)
        var input = table.input
        let start = Mark(file: table.file, line: 1, column: 1)
        if let resolution {
            guard min(resolution.height, resolution.width) >= 1 else {
                throw InputError("found a resolution of \(resolution.description), expected at least 1", at: nil)
            }
            switch input {
            case .map(let channels, _, _):
                input = .map(channels: channels, height: resolution.height, width: resolution.width)
            case .rows(_, let features, let heads):
                guard resolution.height == resolution.width else {
                    throw InputError(
                        "found a resolution of \(resolution.description); a sequence has one length", at: start)
                }
                input = .rows(count: resolution.height, features: features, heads: heads)
            }
        }
        guard batch >= 1 else { throw InputError("found a batch of \(batch), expected at least 1", at: nil) }
        guard input.elements(batch: batch) != nil else {
            throw InputError("a batch of \(batch) inputs has more than 2^40 values", at: start)
        }
        values[NetworkTable.inputName] = input
    }

    /// The network with its sizes.
    ///
    /// - Throws: `InputError` at the row whose sizes do not fit.
    func result() throws -> NetworkShapes {
        var state = self
        for row in table.rows { try state.run(row) }
        var graph = TraceGraph()
        let read = Set(table.rows.flatMap { $0.producers })
        graph.inputs = [
            TraceGraph.Input(
                name: NetworkTable.inputName, shape: state.values[NetworkTable.inputName]?.shape(batch: batch) ?? [],
                mark: nil)
        ]
        graph.outputs = table.rows.map(\.name).filter { !read.contains($0) }
        graph.operations = state.operations
        return NetworkShapes(
            layers: LayerTable(rows: state.layers), graph: graph, windows: state.windows, batch: batch)
    }

    private mutating func run(_ row: NetworkRow) throws {
        let operands = row.inputs.compactMap { values[$0] }
        let made: NetworkValue
        if let operation = row.operation.layerOperation {
            let shape: LayerShape
            (shape, made) = try layer(row, operands)
            let probe = Layer(
                name: row.name, operation: operation, shape: shape, weights: .density(1, .spatial, Spread()),
                activations: .density(1, .spatial, Spread()))
            do { try probe.findShapeFault() } catch let fault as LayerFault {
                throw row.error("\(quoted(row.name)): \(fault.message)", at: .name)
            }
            for name in row.fused.compactMap(\.input) where values[name] != made {
                throw row.error(
                    "\(quoted(row.name)) makes \(made.text), and \(quoted(name)), which is added, is "
                        + (values[name]?.text ?? "unknown"), at: .fused)
            }
            layers.append(
                LayerTable.Row(
                    name: row.name, operation: operation, shape: shape, inputs: row.inputs, fused: row.fused))
        } else {
            made = try standalone(row, operands)
            try list(row, operands, made)
        }
        guard made.elements(batch: batch) != nil else {
            throw row.error("\(quoted(row.name)) makes more than 2^40 values", at: .name)
        }
        values[row.name] = made
    }

    private mutating func list(_ row: NetworkRow, _ operands: [NetworkValue], _ made: NetworkValue) throws {
        // Only the first operand of a crop moves; the second one gives the size.
        let read = row.producers.count
        let shapes = operands.prefix(read).map { $0.shape(batch: batch) }
        let bytes = shapes.reduce(0) { $0 + $1.reduce(Self.valueBytes, *) }
        let (kind, source) = row.operation.standalone
        // A part of the operand is what is read of it.
        let isPart = row.operation == .crop || row.operation == .first
        let written = (made.elements(batch: batch) ?? 0) * Self.valueBytes
        operations.append(
            StandaloneOperation(
                name: row.name, kind: kind, source: source, inputs: row.producers, inputShapes: shapes,
                outputShapes: [made.shape(batch: batch)], bytesRead: isPart ? written : bytes, bytesWritten: written))
    }

    // MARK: What does not multiply

    private mutating func standalone(_ row: NetworkRow, _ operands: [NetworkValue]) throws -> NetworkValue {
        switch row.operation {
        case .maxPool, .averagePool: return try pool(row, map(row, operands[0]))
        case .adaptivePool:
            let map = try map(row, operands[0])
            return .map(channels: map.channels, height: row.kernel.height, width: row.kernel.width)
        case .concat: return try concat(row, operands)
        case .crop:
            let (map, size) = (try map(row, operands[0]), try self.map(row, operands[1]))
            guard size.height <= map.height, size.width <= map.width else {
                throw row.error(
                    "\(quoted(row.name)) crops \(operands[0].text) to \(size.height) x \(size.width), which is more",
                    at: .inputs)
            }
            return .map(channels: map.channels, height: size.height, width: size.width)
        case .upsample:
            let map = try map(row, operands[0])
            guard let height = NetworkValue.product([map.height, row.stride.height]),
                let width = NetworkValue.product([map.width, row.stride.width])
            else { throw row.error("\(quoted(row.name)) makes more than 2^40 rows or columns", at: .stride) }
            return .map(channels: map.channels, height: height, width: width)
        case .first:
            guard case .rows(_, let features, let heads) = operands[0] else {
                throw row.error("\(quoted(row.name)) reads rows, and \(operands[0].text) enter", at: .inputs)
            }
            return .rows(count: 1, features: features, heads: heads)
        default:
            for (operand, name) in zip(operands, row.inputs) where operand != operands[0] {
                throw row.error(
                    "\(quoted(row.name)) adds \(operands[0].text) of \(quoted(row.inputs[0])) and \(operand.text) of "
                        + "\(quoted(name)), expected one size", at: .inputs)
            }
            return operands[0]
        }
    }

    private func concat(_ row: NetworkRow, _ operands: [NetworkValue]) throws -> NetworkValue {
        let maps = try operands.map { try map(row, $0) }
        for (map, name) in zip(maps, row.inputs) where (map.height, map.width) != (maps[0].height, maps[0].width) {
            throw row.error(
                "\(quoted(row.name)) joins maps of \(maps[0].height) x \(maps[0].width) of \(quoted(row.inputs[0])) "
                    + "and of \(map.height) x \(map.width) of \(quoted(name)), expected one size", at: .inputs)
        }
        return .map(channels: maps.reduce(0) { $0 + $1.channels }, height: maps[0].height, width: maps[0].width)
    }

    private mutating func pool(_ row: NetworkRow, _ map: NetworkMap) throws -> NetworkValue {
        func axis(_ what: String, _ size: Int, _ kernel: Int, _ stride: Int, _ zeros: Int) throws -> (Int, Int) {
            let (count, before) = row.padding.windows(size: size, kernel: kernel, stride: stride, zeros: zeros)
            guard count >= 1 else {
                throw row.error(
                    "\(quoted(row.name)): the window spans \(kernel) \(what), the padded map has \(size + 2 * zeros); "
                        + "expected at most as many", at: .kernel)
            }
            return (count, before)
        }
        var zeros = NetworkRow.Pair(height: 0, width: 0)
        if case .zeros(let pair) = row.padding { zeros = pair }
        let (height, top) = try axis("rows", map.height, row.kernel.height, row.stride.height, zeros.height)
        let (width, left) = try axis("columns", map.width, row.kernel.width, row.stride.width, zeros.width)
        windows[row.name] = PoolWindow(
            height: row.kernel.height, width: row.kernel.width, strideHeight: row.stride.height,
            strideWidth: row.stride.width, paddingTop: top, paddingLeft: left)
        return .map(channels: map.channels, height: height, width: width)
    }
}

extension NetworkRow {
    /// The producers of what is read.
    var producers: [String] {
        (operation == .crop ? Array(inputs.prefix(1)) : inputs) + fused.compactMap(\.input)
    }
}

extension NetworkRow.Padding {
    /// Windows in one direction, and the rows or columns of the first one before the map.
    func windows(size: Int, kernel: Int, stride: Int, zeros: Int) -> (count: Int, before: Int) {
        switch self {
        case .zeros:
            let room = size + 2 * zeros - kernel
            return (room < 0 ? 0 : room / stride + 1, zeros)
        case .same:
            let count = (size - 1) / stride + 1
            return (count, max(0, (count - 1) * stride + kernel - size) / 2)
        case .ceil:
            // A window begins on the map.
            let room = size - kernel + stride - 1
            let count = room < 0 ? 0 : room / stride + 1
            return ((count - 1) * stride >= size ? count - 1 : count, 0)
        }
    }
}
