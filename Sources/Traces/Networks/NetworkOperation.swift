/// What a row of a table of a network computes (``NetworkTable``).
public enum NetworkOperation: String, CaseIterable, Sendable {
    /// A 2-D convolution.
    case convolution
    /// A 2-D transposed convolution.
    case transposedConvolution = "transposed_convolution"
    /// A product with weights: of the whole map as one vector, or of every row of a sequence.
    case linear
    /// A product of two operands, [M, K] by [K, N], one for each group of features.
    case matmul
    /// A product of two operands, [M, K] by the transpose of [N, K], one for each group of features.
    case matmulTransposed = "matmul_transposed"
    /// The maximum of each window.
    case maxPool = "max_pool"
    /// The mean of each window.
    case averagePool = "average_pool"
    /// The means of windows that are chosen so that the result has the size of the column `kernel`.
    case adaptivePool = "adaptive_pool"
    /// The sum of operands of one size.
    case add
    /// max(x, 0).
    case relu
    /// The normalization of a batch, with its statistics fixed, and the ReLU behind it in one pass.
    case batchNormRelu = "batch_norm_relu"
    /// The normalization of each row of a sequence.
    case layerNorm = "layer_norm"
    /// The division of each value by a norm of its neighbours in other channels.
    case localResponseNorm = "local_response_norm"
    /// The softmax of each row, or of the channels of each pixel.
    case softmax
    /// Operands one behind the other, by channel.
    case concat
    /// The middle of the first operand, in the size of the second one's map.
    case crop
    /// Every pixel repeated, as often as the stride says in each direction.
    case upsample
    /// The first row of a sequence.
    case first

    /// A column of a table of a network.
    public enum Column: String, CaseIterable, Sendable {
        /// The row's name.
        case name
        /// What it computes.
        case operation
        /// Its producers, separated by spaces; the row before where the cell is empty.
        case inputs
        /// Output channels, or features.
        case filters
        /// The kernel's or window's size; of an adaptive pool the size of its result.
        case kernel
        /// Pixels between two outputs; the factor of an upsampling.
        case stride
        /// Zeros at each border, or `same`, or of a pool `ceil`.
        case padding
        /// Pixels between two taps.
        case dilation
        /// Groups of channels that do not mix; of a product of two operands its products.
        case groups
        /// What follows the multiplications, in order.
        case fused
    }

    /// The columns that say something about this operation, besides its name and its inputs.
    var columns: [Column] {
        switch self {
        case .convolution, .transposedConvolution: [.filters, .kernel, .stride, .padding, .dilation, .groups, .fused]
        case .linear: [.filters, .fused]
        case .matmul, .matmulTransposed: [.groups, .fused]
        case .maxPool, .averagePool: [.kernel, .stride, .padding]
        case .adaptivePool: [.kernel]
        case .upsample: [.stride]
        case .add, .relu, .batchNormRelu, .layerNorm, .localResponseNorm, .softmax, .concat, .crop, .first: []
        }
    }

    /// Those of them that cannot be left empty.
    var requiredColumns: [Column] {
        switch self {
        case .convolution, .transposedConvolution: [.filters, .kernel]
        case .linear: [.filters]
        case .maxPool, .averagePool: [.kernel, .stride]
        case .adaptivePool: [.kernel]
        case .upsample: [.stride]
        default: []
        }
    }

    /// How many producers there are.
    var arity: ClosedRange<Int> {
        switch self {
        case .matmul, .matmulTransposed, .crop: 2...2
        case .add, .concat: 2...Int.max
        default: 1...1
        }
    }

    /// The operation of a layer of a trace; nil for what does not multiply.
    var layerOperation: Operation? {
        switch self {
        case .convolution: .convolution
        case .transposedConvolution: .transposedConvolution
        case .linear: .linear
        case .matmul, .matmulTransposed: .matmul
        default: nil
        }
    }

    /// The kind of an operation that does not multiply, and the name that the exporter gives it.
    var standalone: (kind: StandaloneOperation.Kind, source: String) {
        switch self {
        case .maxPool: (.pool, "max_pool2d")
        case .averagePool: (.pool, "avg_pool2d")
        case .adaptivePool: (.pool, "adaptive_avg_pool2d")
        case .batchNormRelu: (.elementwise, "batch_norm")
        case .concat: (.move, "cat")
        case .crop, .upsample: (.move, rawValue)
        case .first: (.move, "select")
        default: (.elementwise, rawValue)
        }
    }
}

extension FusedOperation {
    /// What a row may have behind its multiplications; `add` with a producer, `add:NAME`.
    static var known: [String] {
        ["bias", "batch_norm", "add", "relu", "relu6", "leaky_relu", "gelu", "tanh", "scale"]
    }
}
