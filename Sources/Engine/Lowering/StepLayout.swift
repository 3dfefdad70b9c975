import Hardware
import Traces

/// The steps of a masked product: how channels and positions (or taps) are cut into masks.
///
/// Channels are cut into slices, and the positions of a slice into steps: under `channels` a slice has `width` channels and
/// a step for each position; under `positions` it has one channel, and a step for up to 64 positions.
struct StepLayout: Sendable {
    /// What one step holds.
    let form: StepForm
    /// Bits of a mask (P).
    let width: Int
    /// Channels of one group.
    let channels: Int
    /// Positions of a tile, or taps of a kernel.
    let positions: Int
    /// Slices of channels, whose steps share pixels.
    let slices: Int
    /// Steps of one slice.
    let stepsPerSlice: Int

    /// Cuts the channels of one group; with a single tap always as `channels`.
    init(_ layer: LayerForm, mapping: Mapping) {
        form = layer.shape.taps == 1 ? .channels : mapping.step
        channels = layer.shape.groupChannels
        positions = layer.grid.positions
        switch form {
        case .channels:
            width = mapping.stepWidth
            slices = (channels + width - 1) / width
            stepsPerSlice = positions
        case .positions:
            stepsPerSlice = (positions + 63) / 64
            width = (positions + stepsPerSlice - 1) / stepsPerSlice
            slices = channels
        }
    }

    /// Steps (G).
    var steps: Int { slices * stepsPerSlice }

    /// By step, the lanes that hold an operand: those beyond the last channel, or the last tap, hold none.
    var lanes: [Int] {
        (0..<steps).map { form == .channels ? channels(ofSlice: slice(ofStep: $0)) : positions(ofStep: $0).count }
    }

    /// The most channels of a slice.
    var channelsOfSlice: Int { form == .channels ? width : 1 }

    /// Channels of a slice.
    func channels(ofSlice slice: Int) -> Int { min(channelsOfSlice, channels - slice * channelsOfSlice) }

    /// The slice that a step belongs to.
    func slice(ofStep step: Int) -> Int { form == .channels ? step % slices : step / stepsPerSlice }

    /// The steps of a slice, in order.
    func steps(ofSlice slice: Int) -> [Int] { (0..<stepsPerSlice).map { step(ofSlice: slice, $0) } }

    /// The number of a step among those of its slice.
    @inline(__always)
    func number(ofStep step: Int) -> Int { form == .channels ? step / slices : step % stepsPerSlice }

    /// All steps in the order of broadcast.
    ///
    /// - Parameter channelsOutside: whether slices of channels stand outside; under `positions` they always do.
    func order(channelsOutside: Bool) -> [Int] {
        channelsOutside ? (0..<slices).flatMap(steps(ofSlice:)) : Array(0..<steps)
    }

    /// The step of a slice with a number among its steps.
    @inline(__always)
    func step(ofSlice slice: Int, _ number: Int) -> Int {
        form == .channels ? number * slices + slice : slice * stepsPerSlice + number
    }

    /// The step that holds a channel at a position, and its bit.
    @inline(__always)
    func place(channel: Int, position: Int) -> (step: Int, bit: Int) {
        switch form {
        case .channels: (step(ofSlice: channel / width, position), channel % width)
        case .positions: (step(ofSlice: channel, position / width), position % width)
        }
    }

    /// The positions, or taps, of a step.
    func positions(ofStep step: Int) -> Range<Int> {
        switch form {
        case .channels: return step / slices..<step / slices + 1
        case .positions:
            let first = step % stepsPerSlice * width
            return first..<min(first + width, positions)
        }
    }

    /// A mask of the lowest `bits` bits.
    static func low(bits: Int) -> UInt64 { bits >= 64 ? .max : (1 << UInt64(bits)) - 1 }
}
