import Hardware
import Traces

/// Bytes that a layer must move between DRAM and the chip even if every operand were moved once only.
struct CompulsoryTraffic: Sendable {
    /// Bytes of weights, in the weight buffer's encoding.
    var weights = 0
    /// Bytes of the pixels that any tile reads, or of the tiles themselves.
    var inputs = 0
    /// Bytes of the outputs.
    var outputs = 0
}

extension CompulsoryTraffic {
    /// The compulsory bytes of a layer.
    ///
    /// - Parameter ownership: nil where no pixels are moved.
    init(_ groups: [ChannelGroup], lowered: LoweredLayer, ownership: TileOwnership?) {
        for group in groups {
            let grouping = group.grouping
            let weightSizes = group.weightSizes
            for index in grouping.rowGroups.indices {
                weights += Bytes.holding(bits: weightSizes.bufferBits(group: index).reduce(0, +)).count
            }
            outputs += group.outputBytes.joined().reduce(0, +)
            guard let ownership else {
                for columnGroup in 0..<grouping.columnGroups {
                    inputs += group.inputSizes.movedBytes(group: columnGroup)
                }
                continue
            }
            inputs += ownership.bytes(
                tilesPerGroup: grouping.tilesPerGroup, columnGroups: grouping.columnGroups,
                channels: group.inputSizes.liveChannels, pixels: lowered.pixels, stored: group.inputSizes.inDRAM
            ).reduce(0, +)
        }
    }
}
