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

    /// Adds the weights of one row group: all its steps, those that are left out of the pass too.
    mutating func add(_ rowGroup: RowGroup, of product: MaskedProduct, configuration: Configuration) {
        let bits = rowGroup.rows.joined().reduce(0) { sum, filter in
            sum
                + InputFetch.encoded(
                    product.weights, filter * product.steps, product.steps, width: product.width,
                    encoding: configuration.weightBuffer.encoding, valueBits: configuration.datatype.weights)
        }
        weights += Bytes.holding(bits: bits).count
    }

    /// Adds the outputs of one pass.
    ///
    /// - Parameters:
    ///   - count: real outputs of the pass.
    ///   - density: share of non-zero pixels in the next layer's input, 1 where it is not known.
    mutating func addOutputs(_ count: Int, density: Double, configuration: Configuration) {
        let valueBits = configuration.datatype.activations
        switch configuration.mapping.activationStorage {
        case .dense: outputs += Bytes.holding(bits: count * valueBits).count
        case .bitmask:
            outputs += Int((Double(count) * (1 + Double(valueBits) * density) / 8).rounded(.up))
        }
    }
}

/// Which column group owns each pixel: the first that reads it moves it, for all that read it later.
struct PixelOwnership: Sendable {
    /// By pixel, the column group that owns it; -1 where no tile reads it.
    let owner: [Int32]

    init(_ windows: Windows, tilesPerGroup: Int) {
        var owner = [Int32](repeating: -1, count: windows.pixels)
        for read in 0..<windows.reads {
            windows.forEachTile(0..<windows.tiles, read: read) { tile, pixel in
                guard pixel >= 0 else { return }
                let group = Int32(tile / tilesPerGroup)
                if owner[pixel] < 0 || group < owner[pixel] { owner[pixel] = group }
            }
        }
        self.owner = owner
    }

    /// Bytes by column group of the pixels that it owns, for the given channels.
    ///
    /// - Parameter pixels: non-zero flags of the map; nil stores every value, as `dense` does.
    func bytes(
        columnGroups: Int, channels: Range<Int>, pixels: ElementFlags?, storage: Encoding, valueBits: Int
    ) -> [Int] {
        var bits = [Int](repeating: 0, count: columnGroups)
        let bitmask = storage == .bitmask && pixels != nil
        let bare = channels.count * (bitmask ? 1 : valueBits)
        for group in owner where group >= 0 { bits[Int(group)] += bare }
        if bitmask, let pixels {
            let size = pixels.elements
            for image in 0..<pixels.outer {
                for channel in channels {
                    let from = (image * pixels.channels + channel) * size
                    for i in 0..<size where pixels.flags[from + i] != 0 {
                        let group = owner[image * size + i]
                        if group >= 0 { bits[Int(group)] += valueBits }
                    }
                }
            }
        }
        return bits.map { Bytes.holding(bits: $0).count }
    }
}
