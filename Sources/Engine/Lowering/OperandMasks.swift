import Hardware
import Traces

extension WeightZeros {
    /// Masks `[filter, step]` of some filters.
    func masks(filters: Range<Int>, layout: StepLayout) -> [UInt64] {
        switch self {
        case .positions(let masks): masks.weightMasks(filters, layout)
        case .taps(let flags): flags.weightMasks(filters, layout)
        case .given(let given):
            Array(given.masks[filters.lowerBound * layout.steps..<filters.upperBound * layout.steps])
        }
    }
}

extension ActivationZeros {
    /// Masks `[step, tile]` of the channels of one group.
    func masks(group: Int, layout: StepLayout, grid: TileGrid) -> [UInt64] {
        let channels = group * layout.channels..<(group + 1) * layout.channels
        switch self {
        case .positions(let masks, _): return masks.activationMasks(channels, layout)
        case .pixels(let flags): return flags.activationMasks(channels, layout, grid)
        case .given(let given):
            let size = layout.steps * grid.tiles
            return Array(given.masks[group * size..<(group + 1) * size])
        }
    }
}

/// Winograd-domain operands.
extension PositionMasks {
    fileprivate func weightMasks(_ filters: Range<Int>, _ layout: StepLayout) -> [UInt64] {
        if layout.form == .positions {
            return Array(masks[filters.lowerBound * channels..<filters.upperBound * channels])
        }
        var result = [UInt64](repeating: 0, count: filters.count * layout.steps)
        result.withUnsafeMutableBufferPointer { result in
            masks.withUnsafeBufferPointer { masks in
                for (row, filter) in filters.enumerated() {
                    for c in 0..<channels {
                        let bit = UInt64(1) << UInt64(c % layout.width)
                        let base = row * layout.steps + c / layout.width
                        var rest = masks[filter * channels + c]
                        while rest != 0 {
                            result[base + rest.trailingZeroBitCount * layout.slices] |= bit
                            rest &= rest &- 1
                        }
                    }
                }
            }
        }
        return result
    }

    fileprivate func activationMasks(_ group: Range<Int>, _ layout: StepLayout) -> [UInt64] {
        let tiles = outer
        var result = [UInt64](repeating: 0, count: layout.steps * tiles)
        result.withUnsafeMutableBufferPointer { result in
            masks.withUnsafeBufferPointer { masks in
                for b in 0..<tiles {
                    let row = b * channels
                    for (c, channel) in group.enumerated() {
                        var rest = masks[row + channel]
                        if layout.form == .positions {
                            result[c * tiles + b] = rest
                            continue
                        }
                        let bit = UInt64(1) << UInt64(c % layout.width)
                        let base = c / layout.width
                        while rest != 0 {
                            let step = base + rest.trailingZeroBitCount * layout.slices
                            result[step * tiles + b] |= bit
                            rest &= rest &- 1
                        }
                    }
                }
            }
        }
        return result
    }
}

/// Spatial operands: taps of a kernel and the pixels under them.
extension ElementFlags {
    fileprivate func weightMasks(_ filters: Range<Int>, _ layout: StepLayout) -> [UInt64] {
        var result = [UInt64](repeating: 0, count: filters.count * layout.steps)
        result.withUnsafeMutableBufferPointer { result in
            flags.withUnsafeBufferPointer { flags in
                for (row, filter) in filters.enumerated() {
                    let base = row * layout.steps
                    for c in 0..<channels {
                        let from = (filter * channels + c) * elements
                        for tap in 0..<elements where flags[from + tap] != 0 {
                            let (step, bit) = layout.place(channel: c, position: tap)
                            result[base + step] |= 1 << UInt64(bit)
                        }
                    }
                }
            }
        }
        return result
    }

    fileprivate func activationMasks(_ group: Range<Int>, _ layout: StepLayout, _ grid: TileGrid) -> [UInt64] {
        var result = [UInt64](repeating: 0, count: layout.steps * grid.tiles)
        // Masks over the channels of one slice at every pixel; a window reads them from there.
        var atPixel = [UInt64](repeating: 0, count: grid.pixels)
        for first in stride(from: 0, to: layout.channels, by: layout.channelsOfSlice) {
            gather(group.dropFirst(first).prefix(layout.channelsOfSlice), into: &atPixel)
            for tap in 0..<layout.positions {
                let (step, bit) = layout.place(channel: first, position: tap)
                let base = step * grid.tiles
                result.withUnsafeMutableBufferPointer { result in
                    atPixel.withUnsafeBufferPointer { atPixel in
                        grid.forEachPixel(of: 0..<grid.tiles, at: tap) { tile, pixel in
                            if pixel >= 0 { result[base + tile] |= atPixel[pixel] << UInt64(bit) }
                        }
                    }
                }
            }
        }
        return result
    }

    /// At every pixel of every image, how many of the given channels are not zero; at most 255 channels.
    func nonZeros(of channels: Range<Int>) -> [UInt8] {
        var counts = [UInt8](repeating: 0, count: outer * elements)
        flags.withUnsafeBufferPointer { flags in
            counts.withUnsafeMutableBufferPointer { counts in
                for image in 0..<outer {
                    for channel in channels {
                        let from = (image * self.channels + channel) * elements
                        for i in 0..<elements { counts[image * elements + i] &+= flags[from + i] }
                    }
                }
            }
        }
        return counts
    }

    /// At every pixel of every image, the mask of the given channels.
    func gather(_ channels: Range<Int>, into masks: inout [UInt64]) {
        flags.withUnsafeBufferPointer { flags in
            masks.withUnsafeMutableBufferPointer { masks in
                masks.update(repeating: 0)
                for image in 0..<outer {
                    for (bit, channel) in channels.enumerated() {
                        let from = (image * self.channels + channel) * elements
                        for i in 0..<elements {
                            masks[image * elements + i] |= UInt64(flags[from + i]) << UInt64(bit)
                        }
                    }
                }
            }
        }
    }
}
