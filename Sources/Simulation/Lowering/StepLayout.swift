import Hardware

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

    /// By step, the lanes that hold an operand: those beyond the last channel, or the last tap, hold none.
    var lanes: [Int] {
        let whole = form == .channels ? channels : positions
        return (0..<steps).map { min(width, whole - $0 % pieces * width) }
    }

    /// Slices of channels whose steps share pixels: the channels of a step under `channels`, else one channel.
    var slices: Int { form == .channels ? pieces : channels }

    /// The most channels of a slice.
    var channelsOfSlice: Int { form == .channels ? width : 1 }

    /// Channels of a slice.
    func channels(ofSlice slice: Int) -> Int { min(channelsOfSlice, channels - slice * channelsOfSlice) }

    /// The slice that a step belongs to.
    func slice(ofStep step: Int) -> Int { form == .channels ? step % pieces : step / pieces }

    /// The steps of a slice, in order.
    func steps(ofSlice slice: Int) -> [Int] {
        switch form {
        case .channels: Array(stride(from: slice, to: steps, by: pieces))
        case .positions: Array(slice * pieces..<(slice + 1) * pieces)
        }
    }

    /// The positions, or taps, of a step.
    func reads(ofStep step: Int) -> Range<Int> {
        switch form {
        case .channels: return step / pieces..<step / pieces + 1
        case .positions:
            let piece = step % pieces
            return piece * width..<min((piece + 1) * width, positions)
        }
    }

    /// A mask of the lowest `bits` bits.
    static func low(bits: Int) -> UInt64 { bits >= 64 ? .max : (1 << UInt64(bits)) - 1 }
}
