import Winograd

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

    /// Why Winograd's algorithm with output tiles of edge `tile` does not compute the layer, in words; nil where it does.
    public func winogradObstacle(tile: Int) -> String? {
        if operation == .linear { return "it is a linear layer" }
        if shape.kernelHeight != shape.kernelWidth {
            return "its kernel is \(shape.kernelHeight)x\(shape.kernelWidth), not square"
        }
        if shape.kernelHeight == 1 { return "its kernel is 1x1" }
        if shape.strideHeight != 1 || shape.strideWidth != 1 {
            return "its stride is \(shape.strideHeight)x\(shape.strideWidth), not 1"
        }
        if shape.dilationHeight != 1 || shape.dilationWidth != 1 {
            return "its dilation is \(shape.dilationHeight)x\(shape.dilationWidth), not 1"
        }
        let n = tile + shape.kernelHeight - 1
        if n > WinogradMatrices.maximumEdge {
            return
                "F(\(tile)x\(tile),\(shape.kernelHeight)x\(shape.kernelHeight)) has \(n)x\(n) positions, and a mask holds 64"
        }
        return nil
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
            let drawing = try weightDrawing(density, domain, spread, seed: seed)
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
            let transformed = try transformedActivations(reference, matrices, relu: appliedRelu)
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
            let transformed = try transformedActivations(reference, matrices, relu: appliedRelu)
            values = []
            values.reserveCapacity(transformed.tiles * shape.channels * matrices.n * matrices.n)
            transformed.forEachTileRow { _, row in values.append(contentsOf: row) }
        }
        if let quantizeBits { try Quantizer.quantize(&values, bits: quantizeBits) }
        return values
    }

    /// The edge n of the tile that Winograd-domain operands belong to.
    var modelEdge: Int { modelTile + shape.kernelHeight - 1 }

    /// The drawing of weights from a density: of taps, or of positions of the model's tile.
    ///
    /// - Throws: `InputError` where they would not fit in memory.
    func weightDrawing(_ density: Double, _ domain: Domain, _ spread: Spread, seed: UInt64) throws -> DensityDrawing {
        let elements = domain == .winograd ? modelEdge * modelEdge : shape.taps
        try checkSize(shape.filters, shape.groupChannels, elements, mark)
        return DensityDrawing(
            density: density, spread: spread, seed: seed, stream: "\(name)/weights", outer: shape.filters,
            outerIs: .filters, channels: shape.groupChannels, elements: elements)
    }

    /// The ReLU that is still to be applied: a trace's pixels are rectified already where it is a spatial one.
    private var appliedRelu: Relu { relu == .winograd ? .winograd : .none }

    /// The positions of a tensor of pixels.
    ///
    /// - Throws: `InputError` where they would not fit in memory.
    func transformedActivations(
        _ reference: TensorReference, _ matrices: WinogradMatrices, relu: Relu
    ) throws -> TransformedActivations {
        let geometry = TileGeometry(shape: shape, matrices: matrices)
        try checkSize(shape.batch * geometry.tiles, shape.channels, geometry.n * geometry.n, reference.mark ?? mark)
        return TransformedActivations(geometry: geometry, matrices: matrices, relu: relu, tensor: reference.tensor)
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

    func weightFlags(_ flags: [UInt8]) -> ElementFlags {
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
