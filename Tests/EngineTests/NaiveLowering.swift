import Hardware
import Traces
import Winograd

@testable import Engine

/// The page `Workload` and the bytes of page `Fetch`, operand by operand: the filter, channel, position or tap
/// of each bit, and the pixels that a fetch reads. Shares no code with the lowering.
struct NaiveLowering {
    let shape: LayerShape
    let configuration: Configuration
    /// n for a Winograd layer, nil for a direct one.
    let edge: Int?
    let weights: WeightZeros
    let activations: ActivationZeros

    var tile: Int { edge.map { $0 - shape.kernelHeight + 1 } ?? 1 }
    var positions: Int { edge.map { $0 * $0 } ?? shape.taps }
    var channels: Int { shape.channels / shape.groups }
    var byChannels: Bool { configuration.mapping.step == .channels || shape.taps == 1 }
    var width: Int {
        if byChannels { return configuration.mapping.stepWidth }
        let cuts = (positions + 63) / 64
        return (positions + cuts - 1) / cuts
    }

    /// The operands of a step: for each bit a channel of the group and a position, or nil if it has no operand.
    func operands() -> [[(channel: Int, position: Int)?]] {
        var steps: [[(channel: Int, position: Int)?]] = []
        if byChannels {
            for position in 0..<positions {
                for first in stride(from: 0, to: channels, by: width) {
                    steps.append((first..<first + width).map { $0 < channels ? ($0, position) : nil })
                }
            }
        } else {
            for channel in 0..<channels {
                for first in stride(from: 0, to: positions, by: width) {
                    steps.append((first..<first + width).map { $0 < positions ? (channel, $0) : nil })
                }
            }
        }
        return steps
    }

    /// Image, row and column of a tile.
    func place(_ tile: Int) -> (image: Int, row: Int, column: Int) {
        let perRow = (shape.outputWidth + self.tile - 1) / self.tile
        let perImage = perRow * ((shape.outputHeight + self.tile - 1) / self.tile)
        return (tile / perImage, tile % perImage / perRow, tile % perRow)
    }

    var tiles: Int {
        shape.batch * ((shape.outputWidth + tile - 1) / tile) * ((shape.outputHeight + tile - 1) / tile)
    }

    /// The pixel that a tile reads at a position of its patch or window; nil in the padding.
    func pixel(_ tile: Int, _ position: Int) -> (image: Int, at: Int)? {
        let (image, row, column) = place(tile)
        let y: Int
        let x: Int
        if let edge {
            y = row * self.tile - shape.paddingHeight + position / edge
            x = column * self.tile - shape.paddingWidth + position % edge
        } else {
            y =
                row * shape.strideHeight - shape.paddingHeight + position / shape.kernelWidth * shape.dilationHeight
            x =
                column * shape.strideWidth - shape.paddingWidth + position % shape.kernelWidth * shape.dilationWidth
        }
        guard y >= 0, y < shape.height, x >= 0, x < shape.width else { return nil }
        return (image, y * shape.width + x)
    }

    func isWeight(filter: Int, channel: Int, position: Int) -> Bool {
        switch weights {
        case .positions(let masks): masks.masks[filter * channels + channel] >> UInt64(position) & 1 == 1
        case .taps(let flags): flags.flags[(filter * channels + channel) * shape.taps + position] != 0
        case .given: preconditionFailure("masks are not lowered")
        }
    }

    func isPixel(image: Int, channel: Int, at: Int) -> Bool {
        guard case .pixels(let flags) = activations else { preconditionFailure("pixels are for direct layers") }
        return flags.flags[(image * shape.channels + channel) * shape.height * shape.width + at] != 0
    }

    func isActivation(tile: Int, channel: Int, position: Int) -> Bool {
        switch activations {
        case .positions(let masks, _):
            return masks.masks[tile * shape.channels + channel] >> UInt64(position) & 1 == 1
        case .pixels:
            return pixel(tile, position).map { isPixel(image: $0.image, channel: channel, at: $0.at) } ?? false
        case .given: preconditionFailure("masks are not lowered")
        }
    }

    func workload() -> NaiveWorkload {
        let steps = operands()
        var allWeights: [[[UInt64]]] = []
        var allActivations: [[[UInt64]]] = []
        func mask(_ step: [(channel: Int, position: Int)?], _ isSet: (Int, Int) -> Bool) -> UInt64 {
            var mask: UInt64 = 0
            for (bit, operand) in step.enumerated() {
                if let operand, isSet(operand.channel, operand.position) { mask |= 1 << UInt64(bit) }
            }
            return mask
        }
        for group in 0..<shape.groups {
            allWeights.append(
                (0..<shape.filters / shape.groups).map { k in
                    steps.map {
                        mask($0) {
                            isWeight(filter: group * shape.filters / shape.groups + k, channel: $0, position: $1)
                        }
                    }
                })
            allActivations.append(
                steps.map { step in
                    (0..<tiles).map { b in
                        mask(step) { isActivation(tile: b, channel: group * channels + $0, position: $1) }
                    }
                })
        }
        let reads = edge != nil && configuration.inputTransform.placement == .read
        let masks = allActivations
        let owners = owners()
        let storesTiles = edge != nil && configuration.mapping.activationStorage == .transformed
        return NaiveWorkload(
            width: width, operands: steps.map { step in step.indices.filter { step[$0] != nil } },
            slices: steps.map { step in (step.compactMap { $0?.channel }.min() ?? 0) / (byChannels ? width : 1) },
            weights: allWeights, activations: allActivations,
            inputVectors: { group, bundle, tiles in
                fetched(group, bundle.map { steps[$0] }, bundle.map { masks[group][$0] }, tiles, reads: reads)
            },
            heldVectors: { group, slice, tiles in
                fetched(
                    group, slice.map { steps[$0] }, slice.map { masks[group][$0] }, tiles, reads: reads, owners: owners)
            },
            movesAllInputs: configuration.mapping.activationStorage == .dense || knownPixels == nil && !storesTiles,
            accumulators: edge.map { $0 * $0 } ?? 1, transformsOnRead: reads,
            moved: { group, slice, tiles in
                if storesTiles {
                    return slice.flatMap { step in
                        tiles.map { tile in
                            NaiveItem(
                                maskedStep: step, tile: tile, values: steps[step].filter { $0 != nil }.count,
                                mask: masks[group][step][tile], valueBits: configuration.datatype.activations)
                        }
                    }
                }
                var moved: Set<Int> = []
                return slice.flatMap { step in
                    items(group, steps[step], tiles, owners, &moved).map {
                        NaiveItem(
                            step: step, tile: $0.tile, channel: $0.channel, bits: $0.bits, zeros: $0.isZero ? 1 : 0)
                    }
                }
            },
            patchChannels: edge != nil && !reads && !storesTiles
                ? { step in Array(Set(steps[step].compactMap { $0?.channel })).sorted() } : nil,
            storesTiles: storesTiles, tilesOfChannels: edge != nil ? tiles * shape.channels : 0,
            outputs: realOutputs)
    }

    /// By image and pixel, the first tile that reads it.
    func owners() -> [Int: Int] {
        var owners: [Int: Int] = [:]
        for tile in 0..<tiles {
            for position in 0..<positions {
                guard let pixel = pixel(tile, position) else { continue }
                let key = pixel.image * shape.height * shape.width + pixel.at
                if owners[key] == nil { owners[key] = tile }
            }
        }
        return owners
    }

    /// The items that a load moves for one step: pixels that the tiles own and no earlier step has moved.
    ///
    /// - Parameter moved: the pixels that the load has moved, by channel and place.
    private func items(
        _ group: Int, _ step: [(channel: Int, position: Int)?], _ tiles: [Int], _ owners: [Int: Int],
        _ moved: inout Set<Int>
    ) -> [(tile: Int, channel: Int, at: Int, bits: Int, isZero: Bool)] {
        let area = shape.height * shape.width
        let transformsOnLoad = edge != nil && configuration.inputTransform.placement == .load
        var items: [(tile: Int, channel: Int, at: Int, bits: Int, isZero: Bool)] = []
        for operand in step {
            guard let operand else { continue }
            // A transform needs the whole patch for each of its positions.
            for position in transformsOnLoad ? Array(0..<positions) : [operand.position] {
                for tile in tiles {
                    guard let pixel = pixel(tile, position) else { continue }
                    let at = pixel.image * area + pixel.at
                    guard let owner = owners[at], tiles.contains(owner) else { continue }
                    let channel = group * channels + operand.channel
                    guard moved.insert(channel * shape.batch * area + at).inserted else { continue }
                    let isZero = isKnownZero(pixel.image, channel, pixel.at)
                    items.append((owner, operand.channel, at, storedBits(isZero: isZero), isZero))
                }
            }
        }
        return items.sorted { ($0.tile, $0.channel, $0.at) < ($1.tile, $1.channel, $1.at) }
    }

    /// The pixels before any transform; nil if only transformed values are drawn.
    private var knownPixels: ElementFlags? {
        switch activations {
        case .pixels(let flags): flags
        case .positions(_, let pixels): pixels
        case .given: nil
        }
    }

    /// An unknown pixel counts as non-zero.
    private func isKnownZero(_ image: Int, _ channel: Int, _ at: Int) -> Bool {
        knownPixels.map { $0.flags[(image * shape.channels + channel) * shape.height * shape.width + at] == 0 } ?? false
    }

    /// Bits of a pixel in DRAM.
    private func storedBits(isZero: Bool) -> Int {
        let valueBits = configuration.datatype.activations
        guard configuration.mapping.activationStorage != .dense, knownPixels != nil else { return valueBits }
        return isZero ? 1 : 1 + valueBits
    }

    /// Outputs of a tile that are inside the output map.
    func realOutputs(_ tile: Int) -> Int {
        let (_, row, column) = place(tile)
        let rows = min(self.tile, shape.outputHeight - row * self.tile)
        let columns = min(self.tile, shape.outputWidth - column * self.tile)
        return rows * columns
    }

    /// The vectors that the input buffer delivers for a bundle: masks of tiles, or of each pixel a step's channels.
    ///
    /// - Parameter owners: leaves out pixels that other tiles own.
    private func fetched(
        _ group: Int, _ steps: [[(channel: Int, position: Int)?]], _ masks: [[UInt64]], _ tiles: [Int], reads: Bool,
        owners: [Int: Int]? = nil
    ) -> [[Bool]] {
        if edge != nil && !reads {
            return zip(steps, masks).flatMap { step, masks in
                tiles.map { tile in
                    step.indices.filter { step[$0] != nil }.map { masks[tile] >> UInt64($0) & 1 == 1 }
                }
            }
        }
        var pixels = Set<[Int]>()
        var vectors: [[Bool]] = []
        for step in steps {
            let operands = step.compactMap { $0 }
            for position in Set(operands.map(\.position)) {
                let channels = operands.filter { $0.position == position }.map { group * self.channels + $0.channel }
                for tile in tiles {
                    guard let pixel = pixel(tile, position) else { continue }
                    let owner = owners?[pixel.image * shape.height * shape.width + pixel.at]
                    if let owner, !tiles.contains(owner) { continue }
                    // No channel of a pixel is in two vectors, so the first channel identifies the vector.
                    guard pixels.insert([pixel.image, channels[0], pixel.at]).inserted else { continue }
                    vectors.append(channels.map { !isKnownZero(pixel.image, $0, pixel.at) })
                }
            }
        }
        return vectors
    }
}
