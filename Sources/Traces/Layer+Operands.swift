import Tensors
import Winograd
import YAML

/// How a layer is computed, as far as its operands know.
public enum ComputeForm: Sendable {
    /// By Winograd's algorithm with these matrices.
    case winograd(WinogradMatrices)
    /// Directly.
    case direct
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

    /// The weights' zeros.
    ///
    /// - Parameters:
    ///   - form: How the layer is computed.
    ///   - seed: The trace's seed, for what is drawn.
    ///   - quantizeBits: The width to which values are quantized before their zeros are looked for; nil leaves them.
    /// - Throws: `InputError` where the layer has no such form or its operand does not fit its shape.
    public func weightZeros(_ form: ComputeForm, seed: UInt64, quantizeBits: Int?) throws -> WeightZeros {
        try checkOperands(form)
        switch (weights, form) {
        case (.mask(let reference), _): return .given(givenMasks(reference))
        case (.density(let density, let domain, let spread), _):
            let positions = domain == .winograd ? modelEdge * modelEdge : shape.taps
            try checkSize(shape.filters, shape.groupChannels, positions, mark)
            let drawing = DensityDrawing(
                density: density, spread: spread, seed: seed, stream: "\(name)/weights", outer: shape.filters,
                outerIs: .filters, channels: shape.groupChannels, elements: positions)
            guard case .winograd(let matrices) = form else { return .taps(drawing.allFlags()) }
            return .positions(
                domain == .winograd ? drawing.allMasks() : StructuralFill.weights(drawing.allFlags(), matrices))
        case (.tensor(let reference, _), .direct):
            guard let quantizeBits else { return .taps(weightFlags(reference.tensor.nonZeroFlags())) }
            let values = try weightValues(form, quantizeBits: quantizeBits) ?? []
            return .taps(weightFlags(values.map { $0 == 0 ? 0 : 1 }))
        case (.tensor, .winograd(let matrices)):
            let values = try weightValues(form, quantizeBits: quantizeBits) ?? []
            let positions = matrices.n * matrices.n
            var masks = [UInt64](repeating: 0, count: values.count / positions)
            masks.withUnsafeMutableBufferPointer { masks in
                values.withUnsafeBufferPointer {
                    Self.mark(nonZero: $0, positions: positions, quantizer: nil, into: masks)
                }
            }
            return .positions(
                PositionMasks(
                    outer: shape.filters, channels: shape.groupChannels, positions: positions, masks: masks))
        }
    }

    /// The activations' zeros; parameters and errors as for the weights.
    public func activationZeros(_ form: ComputeForm, seed: UInt64, quantizeBits: Int?) throws -> ActivationZeros {
        try checkOperands(form)
        switch (activations, form) {
        case (.mask(let reference), _): return .given(givenMasks(reference))
        case (.density(let density, .winograd, let spread), .winograd(let matrices)):
            let geometry = TileGeometry(shape: shape, matrices: matrices)
            let (tiles, positions) = (shape.batch * geometry.tiles, geometry.n * geometry.n)
            try checkSize(tiles, shape.channels, positions, mark)
            let drawing = DensityDrawing(
                density: density, spread: spread, seed: seed, stream: "\(name)/activations", outer: tiles,
                outerIs: .tiles, channels: shape.channels, elements: positions)
            return .positions(drawing.allMasks(), pixels: nil)
        case (.density(let density, _, let spread), _):
            try checkSize(shape.batch, shape.channels, shape.height * shape.width, mark)
            let pixels = DensityDrawing(
                density: density, spread: spread, seed: seed, stream: "\(name)/activations", outer: shape.batch,
                outerIs: .images, channels: shape.channels, elements: shape.height * shape.width
            ).allFlags()
            guard case .winograd(let matrices) = form else { return .pixels(pixels) }
            let geometry = TileGeometry(shape: shape, matrices: matrices)
            try checkSize(shape.batch * geometry.tiles, shape.channels, geometry.n * geometry.n, mark)
            return .positions(StructuralFill.activations(pixels, geometry, matrices), pixels: pixels)
        case (.tensor(let reference, _), .direct):
            guard let quantizeBits else { return .pixels(pixelFlags(reference.tensor.nonZeroFlags())) }
            let values = try activationValues(form, quantizeBits: quantizeBits) ?? []
            return .pixels(pixelFlags(values.map { $0 == 0 ? 0 : 1 }))
        case (.tensor(let reference, _), .winograd(let matrices)):
            let transformed = try transformedActivations(reference, matrices)
            let quantizer = try quantizer(transformed, bits: quantizeBits)
            let positions = matrices.n * matrices.n
            var masks = [UInt64](repeating: 0, count: transformed.tiles * shape.channels)
            masks.withUnsafeMutableBufferPointer { masks in
                transformed.forEachTileRow { tile, values in
                    let first = tile * shape.channels
                    Self.mark(
                        nonZero: UnsafeBufferPointer(values), positions: positions, quantizer: quantizer,
                        into: UnsafeMutableBufferPointer(rebasing: masks[first..<first + values.count / positions]))
                }
            }
            return .positions(
                PositionMasks(
                    outer: transformed.tiles, channels: shape.channels, positions: positions, masks: masks),
                pixels: pixelFlags(reference.tensor.nonZeroFlags()))
        }
    }

    /// The weights as they are multiplied: Winograd `[K, C/groups, n*n]`, direct `[K, C/groups, R*S]`, quantized ones as
    /// q * s; nil where the source is a density or a mask. Errors as for the zeros.
    public func weightValues(_ form: ComputeForm, quantizeBits: Int?) throws -> [Double]? {
        try checkOperands(form)
        guard case .tensor(let reference, let domain) = weights else { return nil }
        var values = reference.tensor.doubles()
        if case .winograd(let matrices) = form, domain == .spatial { values = matrices.transformWeights(values) }
        if let quantizeBits { try Quantizer.quantize(&values, bits: quantizeBits) }
        return values
    }

    /// The activations as they are multiplied: Winograd `[N*tiles, C, n*n]` after the ReLU, direct `[N, C, H*W]`, quantized
    /// ones as q * s; nil where the source is a density or a mask. Errors as for the zeros.
    public func activationValues(_ form: ComputeForm, quantizeBits: Int?) throws -> [Double]? {
        try checkOperands(form)
        guard case .tensor(let reference, _) = activations else { return nil }
        var values: [Double]
        switch form {
        case .direct: values = reference.tensor.doubles()
        case .winograd(let matrices):
            let transformed = try transformedActivations(reference, matrices)
            values = []
            values.reserveCapacity(transformed.tiles * shape.channels * matrices.n * matrices.n)
            transformed.forEachTileRow { _, row in values.append(contentsOf: row) }
        }
        if let quantizeBits { try Quantizer.quantize(&values, bits: quantizeBits) }
        return values
    }

    /// The edge n of the tile that Winograd-domain operands belong to.
    var modelEdge: Int { modelTile + shape.kernelHeight - 1 }

    private func transformedActivations(_ reference: TensorReference, _ matrices: WinogradMatrices) throws
        -> TransformedActivations
    {
        let geometry = TileGeometry(shape: shape, matrices: matrices)
        try checkSize(shape.batch * geometry.tiles, shape.channels, geometry.n * geometry.n, reference.mark ?? mark)
        return TransformedActivations(
            geometry: geometry, matrices: matrices, rectify: relu == .winograd, tensor: reference.tensor)
    }

    private func quantizer(_ transformed: TransformedActivations, bits: Int?) throws -> Quantizer? {
        guard let bits else { return nil }
        var largest = 0.0
        transformed.forEachTileRow { _, row in
            largest = max(largest, Quantizer.largestMagnitude(UnsafeBufferPointer(row)))
        }
        return try Quantizer(largest: largest, bits: bits)
    }

    private func givenMasks(_ reference: TensorReference) -> GivenMasks {
        let shape = reference.tensor.shape
        return GivenMasks(rows: shape[0], columns: shape[1], masks: reference.tensor.words())
    }

    private func weightFlags(_ flags: [UInt8]) -> ElementFlags {
        ElementFlags(outer: shape.filters, channels: shape.groupChannels, elements: shape.taps, flags: flags)
    }

    private func pixelFlags(_ flags: [UInt8]) -> ElementFlags {
        ElementFlags(
            outer: shape.batch, channels: shape.channels, elements: shape.height * shape.width, flags: flags)
    }

    /// Writes a mask for each `positions` values: bit i where value i, quantized, is not zero.
    private static func mark(
        nonZero values: UnsafeBufferPointer<Double>, positions: Int, quantizer: Quantizer?,
        into masks: UnsafeMutableBufferPointer<UInt64>
    ) {
        for index in masks.indices {
            var mask: UInt64 = 0
            for position in 0..<positions {
                var value = values[index * positions + position]
                if let quantizer { value = quantizer.value(value) }
                mask |= (value != 0 ? 1 : 0) &<< UInt64(position)
            }
            masks[index] = mask
        }
    }
}
