/// Non-zero flags of a Winograd-domain operand: bit `i*n+j` of a mask is 1 where position (i, j) is not zero.
public struct PositionMasks: Sendable {
    /// Filters, or tiles over all images.
    public let outer: Int
    /// Channels of one filter, or of the whole input map.
    public let channels: Int
    /// Positions of a tile, n^2 <= 64.
    public let positions: Int
    /// `[outer, channels]`, row-major.
    public var masks: [UInt64]

    /// Wraps masks of shape `[outer, channels]`.
    public init(outer: Int, channels: Int, positions: Int, masks: [UInt64]) {
        precondition(masks.count == outer * channels && positions <= 64)
        self.outer = outer
        self.channels = channels
        self.positions = positions
        self.masks = masks
    }

    /// The share of positions that are not zero; nil where there is none.
    var density: Double? {
        masks.isEmpty ? nil : Double(masks.reduce(0) { $0 + $1.nonzeroBitCount }) / Double(masks.count * positions)
    }
}

/// Non-zero flags, one byte (0 or 1) an element, of a spatial operand: `[K, C/groups, R*S]` or `[N, C, H*W]`, row-major.
public struct ElementFlags: Sendable {
    /// Filters, or images.
    public let outer: Int
    /// Channels of one filter, or of the whole input map.
    public let channels: Int
    /// Taps of the kernel, or pixels of the map.
    public let elements: Int
    /// `[outer, channels, elements]`.
    public var flags: [UInt8]

    /// Wraps flags of shape `[outer, channels, elements]`.
    public init(outer: Int, channels: Int, elements: Int, flags: [UInt8]) {
        precondition(flags.count == outer * channels * elements)
        self.outer = outer
        self.channels = channels
        self.elements = elements
        self.flags = flags
    }

    /// The share of elements that are not zero; nil where there is none.
    var density: Double? { flags.isEmpty ? nil : Double(flags.reduce(0) { $0 + Int($1) }) / Double(flags.count) }
}

/// Masks as a trace gives them: `[K, G]` or `[groups * G, B]`, row-major.
public struct GivenMasks: Sendable {
    /// The first dimension.
    public let rows: Int
    /// The second dimension.
    public let columns: Int
    /// The masks, widened to 64 bits.
    public var masks: [UInt64]

    /// Wraps masks of shape `[rows, columns]`.
    public init(rows: Int, columns: Int, masks: [UInt64]) {
        precondition(masks.count == rows * columns)
        self.rows = rows
        self.columns = columns
        self.masks = masks
    }
}

/// The weights' zeros, in the form in which an algorithm multiplies.
public enum WeightZeros: Sendable {
    /// Winograd: `[K, C/groups]` masks of n^2 bits.
    case positions(PositionMasks)
    /// Direct: `[K, C/groups, R*S]` flags.
    case taps(ElementFlags)
    /// As the machine sees them.
    case given(GivenMasks)

    /// Bytes that it takes in memory.
    public var byteCount: Int {
        switch self {
        case .positions(let masks): 8 * masks.masks.count
        case .taps(let flags): flags.flags.count
        case .given(let given): 8 * given.masks.count
        }
    }
}

/// The activations' zeros, in the form in which an algorithm multiplies.
public enum ActivationZeros: Sendable {
    /// Winograd: `[N*tiles, C]` masks of n^2 bits, after the ReLU; and the pixels `[N, C, H*W]` before the transform, where they are known.
    case positions(PositionMasks, pixels: ElementFlags?)
    /// Direct: `[N, C, H*W]` flags.
    case pixels(ElementFlags)
    /// As the machine sees them.
    case given(GivenMasks)

    /// Bytes that it takes in memory.
    public var byteCount: Int {
        switch self {
        case .positions(let masks, let pixels): 8 * masks.masks.count + (pixels?.flags.count ?? 0)
        case .pixels(let flags): flags.flags.count
        case .given(let given): 8 * given.masks.count
        }
    }
}
