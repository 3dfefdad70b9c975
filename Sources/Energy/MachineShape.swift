import Engine
import Hardware
import Winograd

/// What of the machine fixes the widths and numbers of its parts, whatever layer runs: hardware is built once.
struct MachineShape: Sendable {
    let configuration: Configuration
    /// The transform that the hardware is built for: F(m, 3x3) at the largest tile; nil for a machine on which all layers run direct.
    let matrices: WinogradMatrices?
    /// Bits of a mask that an entry holds: 3x3 kernels and `step_width` channels.
    let maskBits: Int
    /// Bits by which transformed activations are wider than stored ones.
    let growthBits: Int

    init(_ configuration: Configuration) {
        self.configuration = configuration
        let mapping = configuration.mapping
        let matrices = mapping.algorithm == .direct ? nil : try? WinogradMatrices.cookToom(m: mapping.largestTile, r: 3)
        self.matrices = matrices
        maskBits = configuration.maskBits
        let grows = configuration.datatype.format == .integer && !configuration.datatype.quantize
        growthBits = grows ? matrices?.inputGrowthBits ?? 0 : 0
    }

    var array: PEArray { configuration.peArray }
    var datatype: Datatype { configuration.datatype }

    /// PEs of the array.
    var pes: Int { array.rows * array.columns }

    /// Accumulators of a pair.
    var accumulators: Int { matrices.map { $0.n * $0.n } ?? 1 }

    /// How weights go to the array and lie in its FIFOs: what is skipped by comes as a mask and the non-zero values.
    var sentWeights: StoredForm { StoredForm(array.zeroSkipping.sentWeights, valueBits: datatype.weights) }

    /// How activations do.
    var sentInputs: StoredForm { StoredForm(array.zeroSkipping.sentActivations, valueBits: datatype.activations) }

    /// Bits of a FIFO entry that holds nothing but non-zero values.
    var entryBits: Int {
        array.filtersPerPE * sentWeights.mostBits(of: maskBits) + array.tilesPerPE * sentInputs.mostBits(of: maskBits)
    }
}

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
                tiles, "larger patches than those of tile \(configuration.mapping.largestTile) and 3x3 kernels"),
            Self.sentence(kernels, "more positions of a kernel than an entry's \(maskBits)"),
        ].compactMap { $0 }
    }

    private static func sentence(_ layers: [LayerActivity], _ what: String) -> String? {
        guard let first = layers.first else { return nil }
        let others = layers.count == 1 ? " has" : " and \(layers.count - 1) more have"
        return "\(first.name)\(others) \(what): the machine's area and register widths do not cover that"
    }
}
