import Winograd

/// How one layer is computed.
public enum Algorithm: Hashable, Sendable, CustomStringConvertible {
    /// Winograd with output tiles of `tile` x `tile` and a kernel of `kernel` x `kernel`.
    case winograd(tile: Int, kernel: Int)
    /// Direct convolution, window by window.
    case direct
    /// A matrix product.
    case linear

    /// The name that reports show, without commas or spaces.
    public var description: String {
        switch self {
        case .winograd(let m, let r): "winograd-\(m)x\(m)-\(r)x\(r)"
        case .direct: "direct"
        case .linear: "linear"
        }
    }
}

/// A layer and how it is computed: by which algorithm, with which matrices, in which tiles. Decided once, and passed to all
/// that depends on it.
///
/// Every form computes the function of its layer: one that would be another function is refused where it is made, and so is
/// a layer whose shape or tensors do not fit together.
public struct LayerForm: Sendable {
    /// The layer.
    public let layer: Layer
    /// The matrices of Winograd's algorithm; nil where the layer is computed directly.
    public let matrices: WinogradMatrices?
    /// The tiles: of m x m outputs under Winograd's algorithm, else of one.
    public let grid: TileGrid
    /// Why Winograd's algorithm was asked for and does not run, in words.
    public let note: String?

    /// The form of a direct convolution, or of a matrix product.
    ///
    /// - Parameters:
    ///   - layer: the layer.
    ///   - note: why Winograd's algorithm was asked for and does not run, in words.
    /// - Throws: `InputError` where the layer has no such form, or its operands do not fit its shape.
    public init(direct layer: Layer, note: String? = nil) throws {
        try layer.checkShapes()
        if let reason = layer.winogradReason {
            throw layer.error(
                "\(reason), so it has no direct form: that is a different function. Expected Winograd with tile "
                    + "\(layer.modelTile)")
        }
        (self.layer, matrices, self.note) = (layer, nil, note)
        grid = TileGrid(layer.shape, edge: 1)
    }

    /// The form of Winograd's algorithm with given matrices; errors as for the direct form.
    public init(winograd layer: Layer, matrices: WinogradMatrices) throws {
        try layer.checkShapes()
        let shape = layer.shape
        if let fault = layer.strideFault { throw layer.error(fault) }
        let r = matrices.r
        guard shape.kernelHeight == r, shape.kernelWidth == r else {
            throw layer.error(
                "the kernel is \(shape.kernelHeight) x \(shape.kernelWidth), the Winograd transform expects \(r) x \(r)"
            )
        }
        if let reason = layer.winogradReason, matrices.m != layer.modelTile {
            throw layer.error(
                "\(reason) of tile \(layer.modelTile), so it has no form at tile \(matrices.m): that is a different "
                    + "function")
        }
        (self.layer, self.matrices, note) = (layer, matrices, nil)
        grid = TileGrid(shape, edge: matrices.m)
    }

    /// The form of Winograd's algorithm with output tiles of edge `tile`: with the model's matrices at its own tile, with
    /// those of the Cook-Toom construction at any other. Errors as for the direct form.
    public init(winograd layer: Layer, tile: Int) throws {
        try self.init(winograd: layer, matrices: layer.matrices(tile: tile))
    }

    /// The layer's shape.
    public var shape: LayerShape { layer.shape }

    /// Whether Winograd's algorithm runs.
    public var isWinograd: Bool { matrices != nil }

    /// The algorithm that runs.
    public var algorithm: Algorithm {
        if let matrices { return .winograd(tile: matrices.m, kernel: matrices.r) }
        return layer.operation == .linear || layer.operation == .matmul ? .linear : .direct
    }
}

extension Layer {
    /// The tile that the layer's Winograd-domain operands belong to: 2 where the trace says nothing.
    public var modelTile: Int { winograd?.tile ?? 2 }

    /// The matrices of the model at its own tile; at any other tile those of the Cook-Toom construction.
    ///
    /// - Throws: `InputError` where the kernel is not square, or too large for the tile.
    public func matrices(tile: Int) throws -> WinogradMatrices {
        if let matrices = winograd?.matrices, matrices.m == tile { return matrices }
        guard shape.kernelHeight == shape.kernelWidth else {
            throw error(
                "its kernel of \(shape.kernelHeight) x \(shape.kernelWidth) has no Winograd transform; a square is expected"
            )
        }
        do {
            return try .cookToom(m: tile, r: shape.kernelHeight)
        } catch let fault as WinogradError {
            throw error(fault.description)
        }
    }

    /// Why Winograd's algorithm with output tiles of edge `tile` does not compute the layer, in words; nil where it does.
    public func winogradObstacle(tile: Int) -> String? {
        if operation != .convolution { return "it is a \(operation.text)" }
        let r = shape.kernelHeight
        if r != shape.kernelWidth { return "its kernel is \(r)x\(shape.kernelWidth), not square" }
        if r == 1 { return "its kernel is 1x1" }
        if shape.strideHeight != 1 || shape.strideWidth != 1 {
            return "its stride is \(shape.strideHeight)x\(shape.strideWidth), not 1"
        }
        if shape.dilationHeight != 1 || shape.dilationWidth != 1 {
            return "its dilation is \(shape.dilationHeight)x\(shape.dilationWidth), not 1"
        }
        let n = tile + r - 1
        if n > WinogradMatrices.maximumEdge {
            return "F(\(tile)x\(tile),\(r)x\(r)) has \(n)x\(n) positions, and a mask holds 64"
        }
        return nil
    }

    /// Which part of the layer lives in the Winograd domain, in words; nil where none does.
    var winogradReason: String? {
        if weights.domain == .winograd { return "its weights live in the Winograd domain" }
        if activations.domain == .winograd { return "its activations live in the Winograd domain" }
        return relu == .winograd ? "its ReLU lives in the Winograd domain" : nil
    }

    /// The stride or dilation that Winograd's algorithm does not have, in words; nil where it has both.
    var strideFault: String? {
        for (name, height, width) in [
            ("stride", shape.strideHeight, shape.strideWidth), ("dilation", shape.dilationHeight, shape.dilationWidth),
        ] where height != 1 || width != 1 {
            return "Winograd's algorithm expects \(name) 1, found \(height) x \(width)"
        }
        return nil
    }
}
