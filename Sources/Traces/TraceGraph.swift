import Files
import YAML

/// A network around its layers: what enters and leaves it, and the operations that do not multiply. A layer names its producers.
public struct TraceGraph: Sendable, Equatable {
    /// What enters the network.
    public struct Input: Sendable, Equatable {
        /// Its name.
        public let name: String
        /// Its sizes, such as `[N, C, H, W]`.
        public let shape: [Int]
        /// Where the manifest names it.
        public let mark: Mark?
    }

    /// What enters the network.
    public var inputs: [Input] = []
    /// The producers whose values leave the network.
    public var outputs: [String] = []
    /// Where the manifest names these.
    public var outputsMark: Mark?
    /// What does not multiply and belongs to no layer's output, in the order in which it runs.
    public var operations: [StandaloneOperation] = []

    /// A trace without a graph: its layers are independent.
    public init() {}

    /// Whether the trace says who produces what.
    public var isEmpty: Bool { self == TraceGraph() }
}

/// What follows the multiplications of a layer and belongs to its output: a bias, a normalization, an activation, a residual addition.
public struct FusedOperation: Sendable, Equatable {
    /// Its plain name: `bias`, `batch_norm`, `add`, `relu`.
    public let operation: String
    /// The producer of a second operand; nil without one.
    public let input: String?

    /// Makes a fused operation in memory, for library use.
    public init(operation: String, input: String? = nil) { (self.operation, self.input) = (operation, input) }

    init(_ node: Node) throws {
        let keys = try MappingDecoder(node, what: "the fused operation")
        operation = try keys.required("operation").string()
        input = try keys.optional("input")?.string()
        try keys.finish()
    }
}

extension TraceGraph {
    /// Reads the manifest's `inputs`, `outputs` and `operations`.
    init(inputs: Node?, outputs: Node?, operations: Node?) throws {
        self.inputs =
            try inputs?.elements().map { node in
                let keys = try MappingDecoder(node, what: "the input")
                let name = try keys.required("name").string()
                let shape = try StandaloneOperation.shape(keys.required("shape"))
                try keys.finish()
                return Input(name: name, shape: shape, mark: node.mark)
            } ?? []
        self.outputs = try outputs?.elements().map { try $0.string() } ?? []
        outputsMark = outputs?.mark
        self.operations = try operations?.elements().map(StandaloneOperation.init) ?? []
    }
}
