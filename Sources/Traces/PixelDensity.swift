extension Layer {
    /// The share of the input's pixels that are stored as non-zero, before any transform; nil where the trace does not know it.
    ///
    /// - Parameters:
    ///   - form: how the layer is computed: a direct layer multiplies pixels, so that they are stored quantized.
    ///   - quantizeBits: the width to which operands are quantized; nil leaves them.
    public func pixelDensity(_ form: ComputeForm, quantizeBits: Int?) throws -> Double? {
        switch activations {
        case .tensor(let reference, .spatial):
            if case .direct = form, quantizeBits != nil,
                let values = try activationValues(form, quantizeBits: quantizeBits), !values.isEmpty
            {
                return Double(values.reduce(0) { $0 + ($1 == 0 ? 0 : 1) }) / Double(values.count)
            }
            let flags = reference.tensor.nonZeroFlags()
            return flags.isEmpty ? nil : Double(flags.reduce(0) { $0 + Int($1) }) / Double(flags.count)
        case .density(let density, .spatial, _): return density
        case .tensor, .density, .mask: return nil
        }
    }
}
