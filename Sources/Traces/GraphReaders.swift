/// Who reads each value of a trace: from this follows how its producer stores it.
///
/// Without a graph each layer's outputs are read by the layer behind it.
public struct GraphReaders: Sendable {
    /// What reads a value.
    private enum Reader {
        /// A layer, as its first operand.
        case layer(Int)
        /// A pool or a move, whose results tell of its operands' zeros, or another operation.
        case operation(name: String, keepsZeros: Bool)
        /// A layer, as its second operand or in an addition behind its products.
        case other
    }

    private var readers: [String: [Reader]] = [:]
    private let layers: [Layer]
    private let hasGraph: Bool

    /// Looks up the readers of all values of a trace.
    public init(_ trace: Trace) {
        layers = trace.layers
        hasGraph = !trace.graph.isEmpty || layers.contains { !$0.inputs.isEmpty }
        for (index, layer) in layers.enumerated() {
            for (number, name) in layer.inputs.enumerated() {
                readers[name, default: []].append(number == 0 ? .layer(index) : .other)
            }
            for name in layer.fused.compactMap(\.input) { readers[name, default: []].append(.other) }
        }
        for operation in trace.graph.operations {
            for name in operation.inputs {
                readers[name, default: []].append(
                    .operation(name: operation.name, keepsZeros: operation.kind != .elementwise))
            }
        }
    }

    /// The layer whose inputs say which values are zero: one that reads the value itself, else one that reads what pools and moves
    /// make of it. A pool's results have at most as many zeros.
    ///
    /// - Returns: the layer's index, and whether it reads the value itself and nothing else does; nil where nothing is known.
    public func layer(reading name: String) -> (index: Int, isOnlyReader: Bool)? {
        guard hasGraph else {
            guard let index = layers.firstIndex(where: { $0.name == name }), index + 1 < layers.count else {
                return nil
            }
            return (index + 1, true)
        }
        // Graphs have no cycles, and a value that two paths lead to is looked at once.
        var seen: Set<String> = [name]
        var names = [name]
        var next = 0
        while next < names.count {
            let all = readers[names[next]] ?? []
            for case .layer(let index) in all { return (index, next == 0 && all.count == 1) }
            for case .operation(let name, keepsZeros: true) in all where seen.insert(name).inserted {
                names.append(name)
            }
            next += 1
        }
        return nil
    }
}
