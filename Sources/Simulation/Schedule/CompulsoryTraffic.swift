import Hardware
import Traces

/// Bytes that a layer must move between DRAM and the chip even if every operand were moved once only.
struct CompulsoryTraffic: Sendable {
    /// Bytes of weights, in the weight buffer's encoding.
    var weights = 0
    /// Bytes of the pixels that any tile reads.
    var inputs = 0
    /// Bytes of the outputs.
    var outputs = 0

    /// No bytes.
    init() {}

    /// The compulsory bytes of a layer.
    ///
    /// - Parameters:
    ///   - ownership: nil where the activations have no pixels.
    ///   - nextDensity: share of non-zero pixels in the next layer's input, 1 where it is not known.
    init(
        _ groups: [ChannelGroup], lowered: LoweredLayer, ownership: TileOwnership?, configuration: Configuration,
        nextDensity: Double
    ) {
        let datatype = configuration.datatype
        for group in groups {
            let product = group.product
            let grouping = group.grouping
            for (index, rowGroup) in grouping.rowGroups.enumerated() {
                weights += Bytes.holding(bits: group.weightSizes.bufferBits(group: index, from: 0).reduce(0, +)).count
                for outputsOfFilter in group.outputs {
                    outputs += Self.outputBytes(
                        rowGroup.filters * outputsOfFilter, density: nextDensity, configuration: configuration)
                }
            }
            let channels = lowered.shape.groupChannels
            for columnGroup in 0..<grouping.columnGroups where ownership == nil {
                let tiles = grouping.tiles(ofColumnGroup: columnGroup).count
                inputs += Bytes.holding(bits: tiles * product.operandsPerColumn * datatype.activations).count
            }
            inputs +=
                ownership?.bytes(
                    tilesPerGroup: grouping.tilesPerGroup, columnGroups: grouping.columnGroups,
                    channels: group.index * channels..<(group.index + 1) * channels,
                    pixels: lowered.pixels, storage: configuration.mapping.activationStorage,
                    valueBits: datatype.activations
                ).reduce(0, +) ?? 0
        }
    }

    /// Bytes of the outputs of one pass.
    ///
    /// - Parameters:
    ///   - count: real outputs of the pass.
    ///   - density: share of non-zero pixels in the next layer's input, 1 where it is not known.
    static func outputBytes(_ count: Int, density: Double, configuration: Configuration) -> Int {
        let valueBits = configuration.datatype.activations
        return switch configuration.mapping.activationStorage {
        case .dense: Bytes.holding(bits: count * valueBits).count
        case .bitmask: Int((Double(count) * (1 + Double(valueBits) * density) / 8).rounded(.up))
        }
    }
}
