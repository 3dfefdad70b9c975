import Traces

/// Winograd-domain masks as steps.
enum WinogradSteps {
    /// Masks `[filter, step]` of the filters in `range`.
    static func weights(_ source: PositionMasks, range: Range<Int>, layout: StepLayout) -> [UInt64] {
        let channels = source.channels
        if layout.form == .positions {
            return Array(source.masks[range.lowerBound * channels..<range.upperBound * channels])
        }
        var result = [UInt64](repeating: 0, count: range.count * layout.steps)
        result.withUnsafeMutableBufferPointer { result in
            source.masks.withUnsafeBufferPointer { masks in
                for (row, filter) in range.enumerated() {
                    for c in 0..<channels {
                        let bit = UInt64(1) << UInt64(c % layout.width)
                        let base = row * layout.steps + c / layout.width
                        var rest = masks[filter * channels + c]
                        while rest != 0 {
                            result[base + rest.trailingZeroBitCount * layout.pieces] |= bit
                            rest &= rest &- 1
                        }
                    }
                }
            }
        }
        return result
    }

    /// Masks `[step, tile]` of the input channels in `range`.
    static func activations(_ source: PositionMasks, range: Range<Int>, layout: StepLayout) -> [UInt64] {
        let tiles = source.outer
        var result = [UInt64](repeating: 0, count: layout.steps * tiles)
        result.withUnsafeMutableBufferPointer { result in
            source.masks.withUnsafeBufferPointer { masks in
                for b in 0..<tiles {
                    let row = b * source.channels
                    for (c, channel) in range.enumerated() {
                        var rest = masks[row + channel]
                        if layout.form == .positions {
                            result[c * tiles + b] = rest
                            continue
                        }
                        let bit = UInt64(1) << UInt64(c % layout.width)
                        let base = c / layout.width
                        while rest != 0 {
                            let step = base + rest.trailingZeroBitCount * layout.pieces
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
