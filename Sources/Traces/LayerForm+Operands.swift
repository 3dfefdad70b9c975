import Tensors
import Winograd

extension LayerForm {
    /// The weights' zeros.
    ///
    /// - Parameters:
    ///   - seed: The trace's seed, for what is drawn.
    ///   - quantizeBits: The width to which values are quantized before their zeros are found; nil leaves them as they are.
    ///   - scales: Which values share a scale then.
    /// - Throws: `InputError` where they would not fit in memory, or the width leaves no value.
    public func weightZeros(
        seed: UInt64, quantizeBits: Int?, scales: QuantizerScales = .tensor
    ) throws -> WeightZeros {
        switch (layer.weights, matrices) {
        case (.mask(let reference), _): return .given(GivenMasks(reference.tensor))
        case (.density(let density, let domain, let spread), _):
            let drawing = try layer.weightDrawing(density, domain, spread, seed: seed)
            guard let matrices else { return .taps(drawing.allFlags()) }
            return .positions(
                domain == .winograd ? drawing.allMasks() : StructuralFill.weights(drawing.allFlags(), matrices))
        case (.profile(let profile), _):
            guard let matrices else {
                return .taps(try directDrawing(profile, isWeights: true, seed: seed).allFlags())
            }
            if let drawing = try drawing(profile, isWeights: true, seed: seed) { return .positions(drawing.allMasks()) }
            let taps = try directDrawing(profile, isWeights: true, seed: seed)
            return .positions(StructuralFill.weights(taps.allFlags(), matrices))
        case (.tensor(let reference, _), nil):
            return .taps(layer.tapFlags(try reference.tensor.nonZeroFlags(quantizeBits: quantizeBits)))
        case (.tensor, _):
            let values = try weightValues(quantizeBits: quantizeBits, scales: scales) ?? []
            var masks = [UInt64](repeating: 0, count: values.count / grid.positions)
            masks.withUnsafeMutableBufferPointer { masks in
                values.withUnsafeBufferPointer { mark(nonZero: $0, quantizer: nil, into: masks) }
            }
            return .positions(
                PositionMasks(
                    outer: shape.filters, channels: shape.groupChannels, positions: grid.positions, masks: masks))
        }
    }

    /// The activations' zeros; parameters and errors as for the weights.
    public func activationZeros(
        seed: UInt64, quantizeBits: Int?, scales: QuantizerScales = .tensor
    ) throws -> ActivationZeros {
        switch (layer.activations, matrices) {
        case (.mask(let reference), _): return .given(GivenMasks(reference.tensor))
        case (.density(let density, .winograd, let spread), _):
            try layer.checkSize(grid.tiles, shape.channels, grid.positions, layer.mark)
            let drawing = DensityDrawing(
                density: density, spread: spread, seed: seed, stream: "\(layer.name)/activations", outer: grid.tiles,
                outerIs: .tiles, channels: shape.channels, elements: grid.positions)
            return .positions(drawing.allMasks(), pixels: nil)
        case (.density(let density, .spatial, let spread), _):
            let size = shape.height * shape.width
            try layer.checkSize(shape.batch, shape.channels, size, layer.mark)
            let pixels = DensityDrawing(
                density: density, spread: spread, seed: seed, stream: "\(layer.name)/activations", outer: shape.batch,
                outerIs: .images, channels: shape.channels, elements: size
            ).allFlags()
            guard let matrices else { return .pixels(pixels) }
            try layer.checkSize(grid.tiles, shape.channels, grid.positions, layer.mark)
            return .positions(StructuralFill.activations(pixels, grid, matrices), pixels: pixels)
        case (.profile(let profile), _):
            let pixels = try profile.direct.map { _ in
                try directDrawing(profile, isWeights: false, seed: seed).allFlags()
            }
            guard let matrices else {
                return .pixels(try pixels ?? directDrawing(profile, isWeights: false, seed: seed).allFlags())
            }
            if let drawing = try drawing(profile, isWeights: false, seed: seed) {
                return .positions(drawing.allMasks(), pixels: pixels)
            }
            try layer.checkSize(grid.tiles, shape.channels, grid.positions, layer.mark)
            return .positions(
                StructuralFill.activations(
                    try directDrawing(profile, isWeights: false, seed: seed).allFlags(), grid, matrices), pixels: pixels
            )
        case (.tensor(let reference, _), nil):
            return .pixels(pixelFlags(try reference.tensor.nonZeroFlags(quantizeBits: quantizeBits)))
        case (.tensor(let reference, _), let matrices?):
            let transformed = try transformed(reference, matrices, relu: appliedRelu)
            let quantizer = try quantizer(transformed, bits: quantizeBits, scales: scales)
            var masks = [UInt64](repeating: 0, count: grid.tiles * shape.channels)
            masks.withUnsafeMutableBufferPointer { masks in
                transformed.forEachTileRow { tile, values in
                    let first = tile * shape.channels
                    let count = grid.tileColumns * shape.channels
                    mark(
                        nonZero: UnsafeBufferPointer(values), quantizer: quantizer,
                        into: UnsafeMutableBufferPointer(rebasing: masks[first..<first + count]))
                }
            }
            return .positions(
                PositionMasks(outer: grid.tiles, channels: shape.channels, positions: grid.positions, masks: masks),
                pixels: pixelFlags(reference.tensor.nonZeroFlags()))
        }
    }

    /// The weights as they are multiplied: Winograd `[K, C/groups, n*n]`, direct `[K, C/groups, R*S]`, quantized ones as
    /// q * s; nil where the source is a density or a mask.
    ///
    /// - Parameters:
    ///   - quantizeBits: The width to which values are quantized; nil leaves them.
    ///   - scales: Which values share a scale then.
    /// - Throws: `InputError` where the width leaves no value.
    public func weightValues(quantizeBits: Int?, scales: QuantizerScales = .tensor) throws -> [Double]? {
        guard case .tensor(let reference, let domain) = layer.weights else { return nil }
        var values = reference.tensor.doubles()
        if let matrices, domain == .spatial { values = matrices.transformWeights(values) }
        if let quantizeBits {
            try quantize(&values, bits: quantizeBits, scales)
        }
        return values
    }

    /// The activations as they are multiplied: Winograd `[N*tiles, C, n*n]` after the ReLU, direct `[N, C, H*W]`, quantized
    /// ones as q * s; nil where the source is a density or a mask. Parameters and errors as for the weights.
    public func activationValues(quantizeBits: Int?, scales: QuantizerScales = .tensor) throws -> [Double]? {
        guard case .tensor(let reference, _) = layer.activations else { return nil }
        var values: [Double] = []
        if let matrices {
            let transformed = try transformed(reference, matrices, relu: appliedRelu)
            values.reserveCapacity(grid.tiles * shape.channels * grid.positions)
            transformed.forEachTileRow { _, row in values.append(contentsOf: row) }
        } else {
            values = reference.tensor.doubles()
        }
        if let quantizeBits {
            try quantize(&values, bits: quantizeBits, scales)
        }
        return values
    }

    /// The share of the input's pixels that are stored as non-zero, before any transform; nil where the trace does not know it.
    ///
    /// - Parameter quantizeBits: the width to which operands are quantized; nil leaves them. A direct layer multiplies pixels,
    ///   so that they are stored quantized.
    /// - Throws: `InputError` where the width leaves no value.
    public func pixelDensity(quantizeBits: Int?) throws -> Double? {
        switch layer.activations {
        case .tensor(let reference, _):
            let bits = isWinograd ? nil : quantizeBits
            return pixelFlags(try reference.tensor.nonZeroFlags(quantizeBits: bits)).density
        case .density(let density, .spatial, _): return density
        case .profile(let profile): return profile.domain == .spatial ? profile.density : nil
        case .density, .mask: return nil
        }
    }

    /// The positions of a tensor of pixels.
    ///
    /// - Throws: `InputError` where they would not fit in memory.
    func transformed(
        _ reference: TensorReference, _ matrices: WinogradMatrices, relu: Relu
    ) throws -> TransformedActivations {
        try layer.checkSize(grid.tiles, shape.channels, grid.positions, reference.mark ?? layer.mark)
        return TransformedActivations(grid: grid, matrices: matrices, relu: relu, tensor: reference.tensor)
    }

    /// The ReLU that is still to be applied: a trace's pixels are rectified already where it is a spatial one.
    private var appliedRelu: Relu { layer.relu == .winograd ? .winograd : .none }

    /// A direct layer has one scale.
    private func quantize(_ values: inout [Double], bits: Int, _ scales: QuantizerScales) throws {
        guard matrices != nil else { return try Quantizer.quantize(&values, bits: bits) }
        try Quantizer.quantize(&values, bits: bits, scales: scales, positions: grid.positions)
    }

    private func quantizer(
        _ transformed: TransformedActivations, bits: Int?, scales: QuantizerScales
    ) throws -> Quantizer? {
        guard let bits else { return nil }
        var largest = [Double](repeating: 0, count: grid.positions)
        transformed.forEachTileRow { _, row in Quantizer.raise(&largest, to: UnsafeBufferPointer(row)) }
        return try Quantizer(largest: largest, bits: bits, scales: scales)
    }

    private func pixelFlags(_ flags: [UInt8]) -> ElementFlags {
        ElementFlags(outer: shape.batch, channels: shape.channels, elements: shape.height * shape.width, flags: flags)
    }

    /// Writes a mask for each tile's or kernel's values: bit i where value i, quantized, is not zero.
    private func mark(
        nonZero values: UnsafeBufferPointer<Double>, quantizer: Quantizer?,
        into masks: UnsafeMutableBufferPointer<UInt64>
    ) {
        let positions = grid.positions
        for index in masks.indices {
            var mask: UInt64 = 0
            for position in 0..<positions {
                var value = values[index * positions + position]
                if let quantizer { value = quantizer.value(value, at: position) }
                mask |= (value != 0 ? 1 : 0) &<< UInt64(position)
            }
            masks[index] = mask
        }
    }
}

extension GivenMasks {
    /// The masks of a tensor of two dimensions.
    fileprivate init(_ tensor: Tensor) {
        self.init(rows: tensor.shape[0], columns: tensor.shape[1], masks: tensor.words())
    }
}

extension Tensor {
    /// One byte an element: 0 where the value, quantized to some bits, is zero.
    fileprivate func nonZeroFlags(quantizeBits: Int?) throws -> [UInt8] {
        guard let quantizeBits else { return nonZeroFlags() }
        var values = doubles()
        try Quantizer.quantize(&values, bits: quantizeBits)
        return values.map { $0 == 0 ? 0 : 1 }
    }
}

extension Layer {
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

    /// Flags of the taps, one byte each.
    func tapFlags(_ flags: [UInt8]) -> ElementFlags {
        ElementFlags(outer: shape.filters, channels: shape.groupChannels, elements: shape.taps, flags: flags)
    }
}
