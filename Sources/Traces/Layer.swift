import Files
import Tensors
import Winograd

/// The shape of a layer, as the reference convolutions of module `Winograd` take it too.
public typealias LayerShape = Winograd.LayerShape

/// One layer of a trace: a shape and where its operands come from.
public struct Layer: Sendable {
    /// The layer's name, unique in its trace.
    public var name: String
    /// What the layer computes.
    public var operation: Operation
    /// Its shape.
    public var shape: LayerShape
    /// The ReLU before the multiplies.
    public var relu: Relu
    /// The tile and the matrices that its Winograd-domain operands belong to; nil where the manifest says nothing.
    public var winograd: WinogradModel?
    /// Where the weights come from.
    public var weights: OperandSource
    /// Where the activations come from.
    public var activations: OperandSource
    /// Its producers by name: network inputs, layers or operations; none where the trace has no graph.
    public var inputs: [String] = []
    /// What follows the multiplications and belongs to its output, in order.
    public var fused: [FusedOperation] = []
    /// The outputs `[N, K, Ho, Wo]` that the exporter recorded, before bias and activation.
    public var outputs: TensorReference?
    /// Where the manifest describes the layer.
    public var mark: Mark?

    /// Makes a layer in memory, for library use.
    public init(
        name: String, operation: Operation = .convolution, shape: LayerShape, relu: Relu = .none,
        winograd: WinogradModel? = nil, weights: OperandSource, activations: OperandSource,
        outputs: TensorReference? = nil, mark: Mark? = nil
    ) {
        self.name = name
        self.operation = operation
        self.shape = shape
        self.relu = relu
        self.winograd = winograd
        self.weights = weights
        self.activations = activations
        self.outputs = outputs
        self.mark = mark
    }

    /// Whether an operand or the ReLU lives in the Winograd domain, so that no other form computes this layer.
    public var isWinogradOnly: Bool { winogradReason != nil }
}

/// What a layer computes.
public enum Operation: String, CaseIterable, Sendable {
    /// A 2-D convolution (cross-correlation, as frameworks have it).
    case convolution
    /// A 2-D transposed convolution: a convolution of its input with zeros inserted, and of the kernel turned around.
    case transposedConvolution = "transposed_convolution"
    /// A matrix product with weights.
    case linear
    /// A batch of products of two activations: the second one stands in the place of weights, a group a product.
    case matmul

    /// What it is, in words.
    var text: String {
        switch self {
        case .convolution: "convolution"
        case .transposedConvolution: "transposed convolution"
        case .linear: "linear layer"
        case .matmul: "product of matrices"
        }
    }
}

/// The ReLU before a layer's multiplies.
public enum Relu: String, CaseIterable, Sendable {
    /// After the input transform.
    case winograd
    /// Before it: the trace's activations are already rectified.
    case spatial
    /// Nowhere.
    case none
}

/// The domain that an operand's values or densities belong to.
public enum Domain: String, CaseIterable, Sendable {
    /// Pixels and taps.
    case spatial
    /// Transformed positions.
    case winograd
}

/// The Winograd algorithm that a model was trained with.
public struct WinogradModel: Sendable {
    /// The edge m of the output tile.
    public var tile: Int
    /// The matrices, where they are not those of the Cook-Toom construction.
    public var matrices: WinogradMatrices?

    /// Makes a model's description.
    public init(tile: Int, matrices: WinogradMatrices? = nil) {
        self.tile = tile
        self.matrices = matrices
    }
}

/// Where an operand comes from.
public enum OperandSource: Sendable {
    /// Values, of which the zeros are skipped.
    case tensor(TensorReference, Domain)
    /// A share of non-zero elements, drawn from the trace's seed.
    case density(Double, Domain, Spread)
    /// Measured densities, from which elements are drawn likewise.
    case profile(DensityProfile)
    /// Bit masks `[K, G]` or `[groups * G, B]` as the machine sees them.
    case mask(TensorReference)

    /// The domain, where the source has one.
    public var domain: Domain? {
        switch self {
        case .tensor(_, let domain), .density(_, let domain, _): domain
        case .profile(let profile): profile.domain
        case .mask: nil
        }
    }
}

/// Standard deviations that are added to a density, index by index.
public struct Spread: Hashable, Sendable {
    /// From filter to filter.
    public var filters = 0.0
    /// From channel to channel.
    public var channels = 0.0
    /// From tile to tile.
    public var tiles = 0.0
    /// From position (tap, pixel) to position.
    public var positions = 0.0

    /// Makes a spread of zero.
    public init() {}
}

/// A tensor and the place in the manifest that names it.
public struct TensorReference: Sendable {
    /// The tensor's name in its file.
    public var name: String
    /// The values, as a convolution takes them.
    public var tensor: Tensor
    /// The tensor as its file has it: before it was rearranged, or scaled.
    public var stored: Tensor
    /// Where the manifest names it.
    public var mark: Mark?

    /// Names a tensor.
    public init(name: String, tensor: Tensor, mark: Mark? = nil) {
        self.name = name
        (self.tensor, stored) = (tensor, tensor)
        self.mark = mark
    }
}

/// A network's layers with their operands.
public struct Trace: Sendable {
    /// The model's name.
    public var model: String
    /// One line on what it is.
    public var description: String
    /// The layers, in the order in which they run.
    public var layers: [Layer]
    /// What enters and leaves the network, and what does not multiply.
    public var graph: TraceGraph
    /// What the model multiplies in none of them.
    public var notExported: [NotExported]
    /// What fixes everything that is drawn.
    public var seed: UInt64
    /// SHA-256 over the manifest and its tensor files, in hex; empty for a trace made in memory.
    public var digest: String
    /// The manifest's path; nil for a trace made in memory.
    public var path: String?

    /// Makes a trace in memory, for library use.
    public init(
        model: String, description: String = "", layers: [Layer], graph: TraceGraph = TraceGraph(),
        notExported: [NotExported] = [], seed: UInt64 = 1, digest: String = "", path: String? = nil
    ) {
        self.model = model
        self.description = description
        self.layers = layers
        self.graph = graph
        self.notExported = notExported
        self.seed = seed
        self.digest = digest
        self.path = path
    }
}
