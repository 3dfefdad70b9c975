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

/// An operation that does not multiply and is fused into no layer.
public struct StandaloneOperation: Sendable, Equatable {
    /// What it does to its operands.
    public enum Kind: String, CaseIterable, Sendable {
        /// Windows of a map become one value each.
        case pool
        /// Values become others one by one, alone or with their neighbours of a row.
        case elementwise
        /// Values change their place.
        case move
    }

    /// Its name, unique among inputs, layers and operations.
    public let name: String
    /// What it does.
    public let kind: Kind
    /// The source's own name of it: `max_pool2d`.
    public let source: String
    /// Its producers.
    public let inputs: [String]
    /// The sizes of its operands: those of the producers first, then constants.
    public let inputShapes: [[Int]]
    /// The sizes of its results.
    public let outputShapes: [[Int]]
    /// Values of a pool's window; nil for another operation, and where the source does not say.
    public let window: Int?
    /// Bytes read, in the model's type; nil for another batch than the one that ran.
    public let bytesRead: Int?
    /// Bytes written.
    public let bytesWritten: Int?
    /// Where the manifest describes it.
    public let mark: Mark?

    /// Makes an operation in memory, for library use.
    public init(
        name: String, kind: Kind, source: String, inputs: [String] = [], inputShapes: [[Int]] = [],
        outputShapes: [[Int]] = [], window: Int? = nil, bytesRead: Int?, bytesWritten: Int?
    ) {
        (self.name, self.kind, self.source, self.inputs) = (name, kind, source, inputs)
        (self.inputShapes, self.outputShapes, self.window) = (inputShapes, outputShapes, window)
        (self.bytesRead, self.bytesWritten, mark) = (bytesRead, bytesWritten, nil)
    }

    init(_ node: Node) throws {
        let keys = try MappingDecoder(node, what: "the operation")
        name = try keys.required("name").string()
        kind = try keys.required("operation").choice(Kind.self, what: "the operation")
        source = try keys.required("kind").string()
        inputs = try keys.required("inputs").elements().map { try $0.string() }
        inputShapes = try keys.required("input").elements().map(Self.shape)
        outputShapes = try keys.required("output").elements().map(Self.shape)
        let bytes = try MappingDecoder(keys.required("bytes"), what: "bytes")
        bytesRead = try bytes.required("read").integer(in: 0...Int.max)
        bytesWritten = try bytes.required("written").integer(in: 0...Int.max)
        try bytes.finish()
        if let node = keys.optional("kernel") {
            guard kind == .pool else { throw node.error("a kernel goes with a pool, found it with \(kind.rawValue)") }
            let sizes = try MappingDecoder(node, what: "kernel")
            let sides = try ["height", "width"].map {
                try sizes.optional($0)?.integer(in: 1...Layer.productLimit) ?? 1
            }
            let (area, overflow) = sides[0].multipliedReportingOverflow(by: sides[1])
            guard !overflow, area <= Layer.productLimit else {
                throw node.error("a window of \(sides[0]) x \(sides[1]) is too large; at most 2^40 values are expected")
            }
            window = area
            sizes.allow("stride", "padding", "dilation")
            try sizes.finish()
        } else {
            window = nil
        }
        try keys.finish()
        mark = node.mark
    }

    /// The same without shapes and bytes: those of another batch are not known.
    var withoutSizes: StandaloneOperation {
        StandaloneOperation(
            name: name, kind: kind, source: source, inputs: inputs, bytesRead: nil, bytesWritten: nil)
    }

    static func shape(_ node: Node) throws -> [Int] {
        try node.elements().map { try $0.integer(in: 0...Layer.productLimit) }
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
