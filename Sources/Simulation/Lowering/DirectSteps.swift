import Hardware
import Traces

/// Spatial operands as steps: taps of a kernel and the pixels under them.
enum DirectSteps {
    /// Masks `[filter, step]` of the filters in `range`.
    static func weights(_ source: ElementFlags, range: Range<Int>, layout: StepLayout) -> [UInt64] {
        let channels = layout.channels
        let taps = layout.positions
        var result = [UInt64](repeating: 0, count: range.count * layout.steps)
        result.withUnsafeMutableBufferPointer { result in
            source.flags.withUnsafeBufferPointer { flags in
                for (row, filter) in range.enumerated() {
                    let base = row * layout.steps
                    for c in 0..<channels {
                        let from = (filter * channels + c) * taps
                        for tap in 0..<taps where flags[from + tap] != 0 {
                            let (step, bit) = place(channel: c, position: tap, layout)
                            result[base + step] |= 1 << UInt64(bit)
                        }
                    }
                }
            }
        }
        return result
    }

    /// Masks `[step, tile]` of the input channels in `range`.
    static func activations(
        _ source: ElementFlags, range: Range<Int>, layout: StepLayout, windows: Windows
    ) -> [UInt64] {
        var result = [UInt64](repeating: 0, count: layout.steps * windows.tiles)
        // Masks over the channels of one step at every pixel; a window only looks them up.
        var atPixel = [UInt64](repeating: 0, count: windows.pixels)
        let channelsAtOnce = layout.form == .channels ? layout.width : 1
        for first in stride(from: 0, to: layout.channels, by: channelsAtOnce) {
            gather(source, channels: range.dropFirst(first).prefix(channelsAtOnce), into: &atPixel)
            for tap in 0..<layout.positions {
                let (step, bit) = place(channel: first, position: tap, layout)
                let base = step * windows.tiles
                result.withUnsafeMutableBufferPointer { result in
                    atPixel.withUnsafeBufferPointer { atPixel in
                        windows.forEachTile(0..<windows.tiles, read: tap) { tile, pixel in
                            if pixel >= 0 { result[base + tile] |= atPixel[pixel] << UInt64(bit) }
                        }
                    }
                }
            }
        }
        return result
    }

    /// The step that holds a channel at a position, and its bit.
    @inline(__always)
    private static func place(channel: Int, position: Int, _ layout: StepLayout) -> (step: Int, bit: Int) {
        switch layout.form {
        case .channels: (position * layout.pieces + channel / layout.width, channel % layout.width)
        case .positions: (channel * layout.pieces + position / layout.width, position % layout.width)
        }
    }

    /// At every pixel of every image, the mask of the given channels.
    static func gather(_ source: ElementFlags, channels: Range<Int>, into masks: inout [UInt64]) {
        let size = source.elements
        source.flags.withUnsafeBufferPointer { flags in
            masks.withUnsafeMutableBufferPointer { masks in
                masks.update(repeating: 0)
                for image in 0..<source.outer {
                    for (bit, channel) in channels.enumerated() {
                        let from = (image * source.channels + channel) * size
                        for i in 0..<size { masks[image * size + i] |= UInt64(flags[from + i]) << UInt64(bit) }
                    }
                }
            }
        }
    }
}
