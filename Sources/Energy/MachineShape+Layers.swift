import Engine

extension MachineShape {
    /// Layers that the hardware was not built for, in words: their areas and widths would be larger.
    func misfits(_ layers: [LayerActivity]) -> [String] {
        let kernels = layers.filter { layer in
            guard case .direct = layer.algorithm, configuration.mapping.step == .positions else { return false }
            return layer.shape.kernelHeight * layer.shape.kernelWidth > maskBits
        }
        let tiles = layers.filter { layer in
            guard case .winograd(let tile, let kernel) = layer.algorithm, let matrices else { return false }
            return tile + kernel - 1 > matrices.n
        }
        return [
            Self.sentence(
                tiles, "larger patches than those of mapping.tile \(configuration.mapping.tile) and 3x3 kernels"),
            Self.sentence(kernels, "more positions of a kernel than an entry's \(maskBits)"),
        ].compactMap { $0 }
    }

    private static func sentence(_ layers: [LayerActivity], _ what: String) -> String? {
        guard let first = layers.first else { return nil }
        let others = layers.count == 1 ? " has" : " and \(layers.count - 1) more have"
        return "\(first.name)\(others) \(what): the machine's area and register widths do not cover that"
    }
}
