import Files

/// The layers that another tool's workload file describes, and what has to be said about them.
public struct ImportedNetwork: Sendable {
    /// The network's name, where the file gives one.
    public var name: String?
    /// The layers, in order, with names that are there once.
    public private(set) var rows: [LayerTable.Row] = []
    /// Densities that the file gives, by layer: shares of non-zero elements, spatial.
    public private(set) var densities: [String: (weights: Double?, activations: Double?)] = [:]
    /// Layers whose batch is rows of a matrix, which another number of images does not give.
    private var matrices: Set<String> = []
    private var names: Set<String> = []
    private var remarks: [(text: String, layers: [String])] = []

    /// A network without layers.
    init(name: String? = nil) { self.name = name }

    /// What the file does not say and what is taken instead, a line a kind; with the layers that it concerns where
    /// these are not all.
    public var notes: [String] {
        remarks.map { remark in
            let shown = remark.layers.prefix(6).map { quoted($0) }.joined(separator: ", ")
            let more = remark.layers.count > 6 ? " and \(remark.layers.count - 6) more" : ""
            return remark.text + (remark.layers.isEmpty ? "" : ": \(shown)\(more)")
        }
    }

    /// Says something about the network, or about one of its layers; the same text is said once.
    mutating func note(_ text: String, layer: String? = nil) {
        let index = remarks.firstIndex { $0.text == text } ?? remarks.endIndex
        if index == remarks.endIndex { remarks.append((text, [])) }
        if let layer { remarks[index].layers.append(layer) }
    }

    /// Adds a layer; one whose name is there already becomes `name#2` and so on.
    ///
    /// - Parameters:
    ///   - row: the layer.
    ///   - isMatrix: whether its batch is rows of a matrix and not images.
    ///   - densities: what the file says about its operands.
    ///   - error: an error about the layer with a message; its keys are those of a manifest (`kernel`, `height`) that
    ///   are at fault, none for the name.
    /// - Returns: the layer's name.
    /// - Throws: `InputError` for a name or a shape that no trace has.
    @discardableResult
    mutating func add(
        _ row: LayerTable.Row, isMatrix: Bool = false, densities: (weights: Double?, activations: Double?) = (nil, nil),
        error: (_ message: String, _ keys: [String]) -> InputError
    ) throws -> String {
        guard !row.name.isEmpty else { throw error("the layer has no name", []) }
        if let fault = Layer.fault(ofName: row.name) { throw error(fault, []) }
        do {
            try row.layer.findFaults()
        } catch let fault as LayerFault {
            throw error(fault.message, fault.keys)
        }
        let row = renamed(row)
        rows.append(row)
        if isMatrix { matrices.insert(row.name) }
        if densities.weights != nil || densities.activations != nil { self.densities[row.name] = densities }
        return row.name
    }

    /// The row with a name that is not there yet, which then is.
    private mutating func renamed(_ row: LayerTable.Row) -> LayerTable.Row {
        if names.insert(row.name).inserted { return row }
        var row = row
        let name = row.name
        var count = 2
        while !names.insert("\(name)#\(count)").inserted { count += 1 }
        row.name = "\(name)#\(count)"
        note("a name that is there already gets a number behind it", layer: row.name)
        return row
    }

    /// Adds the layers and notes of another file's network.
    mutating func append(_ other: ImportedNetwork) {
        var renamings: [String: String] = [:]
        for row in other.rows {
            let new = renamed(row)
            rows.append(new)
            renamings[row.name] = new.name
            if other.matrices.contains(row.name) { matrices.insert(new.name) }
            densities[new.name] = other.densities[row.name]
        }
        for remark in other.remarks {
            note(remark.text)
            for layer in remark.layers { note(remark.text, layer: renamings[layer] ?? layer) }
        }
    }

    /// Gives all layers this number of images.
    ///
    /// - Throws: `InputError` for a layer that is a matrix product: its rows are not images.
    public mutating func setBatch(_ batch: Int) throws {
        for index in rows.indices {
            let row = rows[index]
            guard row.operation != .matmul, !matrices.contains(row.name) else {
                throw InputError(
                    "layer \(quoted(row.name)) is a product of matrices, and the file does not say how many rows "
                        + "another batch has", at: nil)
            }
            rows[index].shape.batch = batch
        }
    }
}

extension LayerTable.Row {
    /// A product of matrices [rows, channels] x [channels, filters]: a linear layer, or a matmul of `products` such
    /// pairs.
    init(name: String, rows: Int, channels: Int, filters: Int, products: Int = 1, isMatmul: Bool) {
        var shape = LayerShape(channels: channels * products, filters: filters * products)
        shape.groups = products
        if isMatmul { shape.height = rows } else { shape.batch = rows }
        self.init(name: name, operation: isMatmul ? .matmul : .linear, shape: shape)
    }
}

extension LayerShape {
    /// The shape without a stride or dilation that has no effect since map and kernel are 1 x 1: a linear layer.
    var withoutIdleSteps: LayerShape {
        guard height == 1, width == 1, taps == 1 else { return self }
        var shape = self
        (shape.strideHeight, shape.strideWidth, shape.dilationHeight, shape.dilationWidth) = (1, 1, 1, 1)
        return shape
    }
}
