import Tensors

extension Layer {
    /// The share of the input's pixels that are not zero, before any transform; nil where the trace does not know it.
    public var pixelDensity: Double? {
        switch activations {
        case .tensor(let reference, .spatial):
            let flags = reference.tensor.nonZeroFlags()
            return flags.isEmpty ? nil : Double(flags.reduce(0) { $0 + Int($1) }) / Double(flags.count)
        case .density(let density, .spatial, _): return density
        case .tensor, .density, .mask: return nil
        }
    }
}
