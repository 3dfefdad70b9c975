/// What a layer asks for in the form in which it runs.
public struct WorkloadLedger: Ledger {
    /// Multiplications of the dense direct convolution of the same layer.
    public var denseMultiplies = 0
    /// Products of the algorithm on a machine that skips nothing: the operands of a step, zeros in the map's border among them, for
    /// each pair and step.
    public var algorithmicProducts = 0
    /// Weights that are multiplied, in the domain in which they are multiplied.
    public var weights = 0
    /// Weights that are not zero.
    public var nonZeroWeights = 0
    /// Activations that are multiplied, in the domain in which they are multiplied.
    public var activations = 0
    /// Activations that are not zero.
    public var nonZeroActivations = 0
    /// Bits of a mask (P).
    public var maskBits = 0
    /// Bits by which a transformed activation is wider than a stored one.
    public var growthBits = 0

    /// Makes counts of zero.
    public init() {}

    /// The entries of all properties.
    public static let counters: [Counter<Self>] = [
        .sum(\.denseMultiplies, "products", "products of the dense direct convolution"),
        .sum(\.algorithmicProducts, "products", "products of the algorithm that runs, zeros and padding included"),
        .sum(\.weights, "values", "weights in the domain in which they are multiplied"),
        .sum(\.nonZeroWeights, "values", "weights that are not zero"),
        .sum(\.activations, "values", "activations in the domain in which they are multiplied"),
        .sum(\.nonZeroActivations, "values", "activations that are not zero"),
        .largest(\.maskBits, "bit", "width of a mask"),
        .largest(\.growthBits, "bit", "width that the input transform adds to an activation"),
    ]

    /// Share of weights that are not zero.
    public var weightDensity: Double? { ratio(nonZeroWeights, weights) }

    /// Share of activations that are not zero.
    public var activationDensity: Double? { ratio(nonZeroActivations, activations) }

    /// The counts of one channel group.
    init(_ product: MaskedProduct) {
        algorithmicProducts = product.filters * product.tiles * product.operandsPerColumn
        weights = product.operandsPerColumn * product.filters
        nonZeroWeights = product.nonZeroWeights
        activations = product.operandsPerColumn * product.tiles
        nonZeroActivations = product.nonZeroActivations
        maskBits = product.width
    }
}
