import Winograd

/// How far Winograd's transforms fill in the zeros of a layer: shares of elements that are not zero, before and after.
///
/// A spatially pruned kernel and a spatially rectified map lose their zeros in G g G^T and B^T d B; weights that are pruned,
/// and a ReLU that stands, in the Winograd domain keep them (Liu, Pool, Han, Dally, ICLR 2018, figure 1). What the trace does
/// not tell is nil: the taps of weights that are trained in the Winograd domain, the signs behind a density, anything behind
/// a mask.
public struct FillIn: Hashable, Sendable {
    /// The layer's name.
    public let layer: String
    /// What stands before the layer's multiplies.
    public let relu: Relu
    /// The edge m of the output tile.
    public let tile: Int
    /// The edge r of the kernel.
    public let kernel: Int
    /// Of the taps.
    public var weightDensityBefore: Double?
    /// Of the positions that are multiplied: of G g G^T, or as trained.
    public var weightDensityAfter: Double?
    /// Of the pixels, as the trace has them.
    public var pixelDensity: Double?
    /// Of the pixels after max(0, d).
    public var rectifiedPixelDensity: Double?
    /// Of the positions of B^T d B, over all tiles and channels, padding included.
    public var activationDensityNoRelu: Double?
    /// Of the positions of B^T max(0, d) B.
    public var activationDensitySpatialRelu: Double?
    /// Of the positions of max(0, B^T d B).
    public var activationDensityWinogradRelu: Double?
}

extension Layer {
    /// Measures the fill-in. Elements count as zero where they are exactly zero, as in the masks that a machine multiplies.
    ///
    /// - Parameters:
    ///   - tile: The edge m of the output tile; nil is the layer's own (`modelTile`).
    ///   - seed: The trace's seed, for what is drawn. Zeros that were drawn are filled in by structure: a position counts where
    ///     any element that is not zero reaches it.
    /// - Throws: `InputError` where the layer has no such form of Winograd's algorithm, or an operand would not fit in memory.
    public func fillIn(tile: Int? = nil, seed: UInt64) throws -> FillIn {
        let matrices = try matrices(tile: tile ?? modelTile)
        let form = try LayerForm(winograd: self, matrices: matrices)
        var result = FillIn(layer: name, relu: relu, tile: matrices.m, kernel: matrices.r)
        result.weightDensityBefore = try tapDensity(seed: seed)
        if case .positions(let masks) = try form.weightZeros(seed: seed, quantizeBits: nil) {
            result.weightDensityAfter = masks.density
        }
        if case .tensor(let reference, _) = activations {
            try measure(reference, form, matrices, into: &result)
        } else if case .positions(let masks, let pixels) = try form.activationZeros(seed: seed, quantizeBits: nil) {
            fill(masks, pixels, into: &result)
        }
        return result
    }

    /// The share of taps that are not zero; nil where the weights have none.
    private func tapDensity(seed: UInt64) throws -> Double? {
        switch weights {
        case .tensor(let reference, .spatial): tapFlags(reference.tensor.nonZeroFlags()).density
        case .density(let density, .spatial, let spread):
            try weightDrawing(density, .spatial, spread, seed: seed).allFlags().density
        case .profile(let profile): profile.domain == .spatial ? profile.density : nil
        case .tensor, .density, .mask: nil
        }
    }

    /// Pixels that have values go through all transforms.
    private func measure(
        _ reference: TensorReference, _ form: LayerForm, _ matrices: WinogradMatrices, into result: inout FillIn
    ) throws {
        var pixels = Signs()
        reference.tensor.doubles().withUnsafeBufferPointer { pixels.count($0) }
        result.pixelDensity = pixels.nonZeroShare
        result.rectifiedPixelDensity = pixels.positiveShare

        var positions = Signs()
        try form.transformed(reference, matrices, relu: .none).forEachTileRow { _, values in
            positions.count(UnsafeBufferPointer(values))
        }
        result.activationDensityNoRelu = positions.nonZeroShare
        result.activationDensityWinogradRelu = positions.positiveShare

        var rectified = Signs()
        try form.transformed(reference, matrices, relu: .spatial).forEachTileRow { _, values in
            rectified.count(UnsafeBufferPointer(values))
        }
        result.activationDensitySpatialRelu = rectified.nonZeroShare
    }

    /// Zeros that were drawn have no signs: they are those of the layer's own ReLU, and without one those of no ReLU.
    private func fill(_ masks: PositionMasks, _ pixels: ElementFlags?, into result: inout FillIn) {
        result.pixelDensity = pixels?.density
        switch relu {
        case .none: result.activationDensityNoRelu = masks.density
        case .winograd: result.activationDensityWinogradRelu = masks.density
        case .spatial:
            result.rectifiedPixelDensity = result.pixelDensity
            result.activationDensityNoRelu = masks.density
            result.activationDensitySpatialRelu = masks.density
        }
    }
}

/// How many of some values are not zero, and how many are above it, as a ReLU leaves them.
private struct Signs {
    private var nonZero = 0
    private var positive = 0
    private var all = 0

    mutating func count(_ values: UnsafeBufferPointer<Double>) {
        for value in values {
            nonZero += value != 0 ? 1 : 0
            positive += value > 0 ? 1 : 0
        }
        all += values.count
    }

    var nonZeroShare: Double? { all == 0 ? nil : Double(nonZero) / Double(all) }

    var positiveShare: Double? { all == 0 ? nil : Double(positive) / Double(all) }
}
