import Files

/// Whether a graph holds together: every name once, every producer there, sizes that fit, and nothing that waits for itself.
struct GraphCheck {
    /// What a producer makes.
    private struct Node {
        let what: String
        /// Elements of each of its results.
        let counts: [Int]
        let producers: [String]
        let mark: Mark?
    }

    private var nodes: [String: Node] = [:]
    private var order: [String] = []

    /// Checks a trace's graph; one without names any layers has nothing to check.
    ///
    /// - Throws: `InputError` at the layer or operation.
    static func check(_ layers: [Layer], _ graph: TraceGraph) throws {
        guard !graph.isEmpty || layers.contains(where: { !$0.inputs.isEmpty || !$0.fused.isEmpty }) else { return }
        var check = GraphCheck()
        for input in graph.inputs {
            try check.add(
                input.name, Node(what: "input", counts: [elements(input.shape)], producers: [], mark: input.mark))
        }
        for layer in layers {
            try check.add(
                layer.name,
                Node(
                    what: "layer", counts: [layer.shape.outputElements],
                    producers: layer.inputs + layer.fused.compactMap(\.input), mark: layer.mark))
        }
        for operation in graph.operations {
            try check.add(
                operation.name,
                Node(
                    what: "operation", counts: operation.outputShapes.map(elements), producers: operation.inputs,
                    mark: operation.mark))
        }
        for name in check.order { try check.producersExist(of: name) }
        for name in graph.outputs { try check.exists(name, "the network's outputs", at: graph.outputsMark) }
        for layer in layers { try check.fits(layer) }
        for operation in graph.operations {
            for (producer, shape) in zip(operation.inputs, operation.inputShapes) {
                try check.fits(
                    elements(shape), "the input of operation \(quoted(operation.name))", producer, isBroadcast: false,
                    at: operation.mark)
            }
        }
        try check.hasNoCycle()
    }

    private static func elements(_ shape: [Int]) -> Int {
        shape.reduce(1) { product, size in
            let (next, overflow) = product.multipliedReportingOverflow(by: size)
            return overflow ? .max : next
        }
    }

    private mutating func add(_ name: String, _ node: Node) throws {
        if let first = nodes.updateValue(node, forKey: name) {
            let line = first.mark.map { " in line \($0.line)" } ?? ""
            throw InputError(
                "the \(node.what)'s name \(quoted(name)) is that of the \(first.what)\(line), expected a new one",
                at: node.mark)
        }
        order.append(name)
    }

    private func producersExist(of name: String) throws {
        guard let node = nodes[name] else { return }
        for producer in node.producers { try exists(producer, "\(node.what) \(quoted(name))", at: node.mark) }
    }

    private func exists(_ producer: String, _ consumer: String, at mark: Mark?) throws {
        if nodes[producer] != nil { return }
        let near = nearestName(to: producer, among: order).map { ": did you mean \(quoted($0))?" } ?? ""
        throw InputError(
            "\(consumer): the producer \(quoted(producer)) is no input, layer or operation\(near)", at: mark)
    }

    private func fits(_ layer: Layer) throws {
        let what = "layer \(quoted(layer.name))"
        let expected = layer.operation == .matmul ? 2 : 1
        guard layer.inputs.count <= expected else {
            throw InputError(
                "\(what) has \(layer.inputs.count) producers, expected \(expected == 1 ? "one" : "two")", at: layer.mark
            )
        }
        for (index, producer) in layer.inputs.enumerated() {
            let count = index == 0 ? layer.shape.inputElements : layer.shape.filters * layer.shape.groupChannels
            try fits(
                count, index == 0 ? "the input of \(what)" : "the second operand of \(what)", producer,
                isBroadcast: layer.operation == .matmul, at: layer.mark)
        }
        for fused in layer.fused {
            guard let producer = fused.input else { continue }
            try fits(
                layer.shape.outputElements, "the output of \(what), with its fused \(fused.operation),", producer,
                isBroadcast: true, at: layer.mark)
        }
    }

    /// Elements on both sides of an edge; of a broadcast operand a part of them.
    private func fits(_ count: Int, _ what: String, _ producer: String, isBroadcast: Bool, at mark: Mark?) throws {
        guard let counts = nodes[producer]?.counts else { return }
        if counts.contains(where: { $0 == count || isBroadcast && $0 > 0 && count % $0 == 0 }) { return }
        throw InputError(
            "\(what) has \(count) elements, and its producer \(quoted(producer)) makes "
                + counts.map(String.init).formattedChoice, at: mark)
    }

    private func hasNoCycle() throws {
        var waiting = nodes.mapValues(\.producers.count)
        var users: [String: [String]] = [:]
        for name in order { for producer in nodes[name]?.producers ?? [] { users[producer, default: []].append(name) } }
        var ready = order.filter { waiting[$0] == 0 }
        while let name = ready.popLast() {
            for user in users[name] ?? [] {
                waiting[user, default: 0] -= 1
                if waiting[user] == 0 { ready.append(user) }
            }
        }
        guard let first = order.first(where: { waiting[$0] != 0 }) else { return }
        // Whatever waits has a producer that waits, so that this walk comes back to itself.
        var path = [first]
        while let next = nodes[path[path.count - 1]]?.producers.first(where: { waiting[$0] != 0 }) {
            if let start = path.firstIndex(of: next) {
                let names = (path[start...] + [next]).map { quoted($0) }.joined(separator: " <- ")
                throw InputError("the graph has a cycle: \(names)", at: nodes[next]?.mark)
            }
            path.append(next)
        }
    }
}

extension LayerShape {
    /// Elements of the layer's input: of a transposed convolution without the zeros that are inserted.
    var inputElements: Int {
        batch * channels * ((height - 1) / insertionHeight + 1) * ((width - 1) / insertionWidth + 1)
    }

    /// Elements of the layer's output.
    var outputElements: Int { batch * filters * outputHeight * outputWidth }
}
