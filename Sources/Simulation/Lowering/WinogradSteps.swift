import Hardware
import Traces

/// The steps of a masked product: how channels and positions (or taps) are cut into masks.
struct StepLayout: Sendable {
    /// Steps (G).
    let steps: Int
    /// Bits of a mask (P).
    let width: Int
    /// What one step holds.
    let form: StepForm
    /// Channels of one group.
    let channels: Int
    /// Positions of a tile, or taps of a kernel.
    let positions: Int
    /// Channel groups at one position under `channels`; masks of one channel under `positions`.
    let pieces: Int

    /// The layout of `channels` channels with `positions` positions each.
    init(form: StepForm, channels: Int, positions: Int, stepWidth: Int) {
        self.form = form
        self.channels = channels
        self.positions = positions
        switch form {
        case .channels:
            width = stepWidth
            pieces = (channels + stepWidth - 1) / stepWidth
            steps = positions * pieces
        case .positions:
            pieces = (positions + 63) / 64
            width = (positions + pieces - 1) / pieces
            steps = channels * pieces
        }
    }

    /// By step, the bits that stand for an operand.
    var realBits: [UInt64] {
        (0..<steps).map { step in
            let piece = step % pieces
            let whole = form == .channels ? channels : positions
            return Self.low(bits: min(width, whole - piece * width))
        }
    }

    /// A mask of the lowest `bits` bits.
    static func low(bits: Int) -> UInt64 { bits >= 64 ? .max : (1 << UInt64(bits)) - 1 }
}

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
