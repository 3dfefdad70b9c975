import Hardware
import Traces

/// The activations of one masked product: what they take of the input buffer, and which pixels are moved for them.
struct InputSizes: GroupSizes {
    let groups: Int
    let steps: Int
    private let store: InputStore
    private let fetch: InputFetch
    private let grouping: Grouping
    private let windows: Windows
    private let layout: StepLayout
    private let isWinograd: Bool
    private let width: Int
    private let valueBits: Int
    /// Pixels by the tile that owns them; nil for masks without pixels.
    private let ownership: TileOwnership?
    /// By slice of channels and pixel, the non-zero channels; empty where no value is stored as a bit and a value.
    private let masks: [[UInt64]]
    private let storesBitmask: Bool

    init(
        _ product: MaskedProduct, lowered: LoweredLayer, group: Int, grouping: Grouping, store: InputStore,
        fetch: InputFetch, ownership: TileOwnership?, configuration: Configuration
    ) {
        groups = grouping.columnGroups
        steps = product.steps
        width = product.width
        self.store = store
        self.fetch = fetch
        self.grouping = grouping
        self.ownership = ownership
        windows = lowered.windows
        layout = lowered.layout
        if case .winograd = lowered.plan.form { isWinograd = true } else { isWinograd = false }
        valueBits = configuration.datatype.activations
        storesBitmask = configuration.mapping.activationStorage == .bitmask && lowered.pixels != nil
        guard let pixels = lowered.pixels, ownership != nil else {
            masks = []
            return
        }
        let first = group * lowered.shape.groupChannels
        let channels = first..<first + lowered.shape.groupChannels
        let slice = layout.channelsOfSlice
        masks = (0..<layout.slices).map { index in
            var masks = [UInt64](repeating: 0, count: lowered.windows.pixels)
            DirectSteps.gather(pixels, channels: channels.dropFirst(index * slice).prefix(slice), into: &masks)
            return masks
        }
    }

    func bufferBits(group: Int, from first: Int) -> [Int] {
        switch store {
        case .masks: return Array(fetch.bits[group * steps + first..<(group + 1) * steps])
        case .patches: return Array(fetch.bits[group * steps + first..<(group + 1) * steps])
        case .pixels(_, let encoding):
            return pixelBits(group, from: first, isBitmask: encoding == .bitmask) { _ in true }
        }
    }

    func movedBits(group: Int, from first: Int) -> [Int] {
        guard let ownership else {
            let tiles = grouping.tiles(ofColumnGroup: group).count
            return Array(repeating: tiles * width * valueBits, count: steps - first)
        }
        let tiles = grouping.tiles(ofColumnGroup: group)
        return pixelBits(group, from: first, isBitmask: storesBitmask) { tiles.contains(ownership.owner[$0]) }
    }

    /// Bits of the chosen pixels, each with the first step from `first` on that reads it.
    private func pixelBits(
        _ group: Int, from first: Int, isBitmask: Bool, where isChosen: (Int) -> Bool
    ) -> [Int] {
        let tiles = grouping.tiles(ofColumnGroup: group)
        var result = [Int](repeating: 0, count: steps - first)
        // The first step that reads a pixel depends on where the channels' reads begin, which for all slices is one of two taps.
        var lists: [Int: [[Int]]] = [:]
        for slice in 0..<layout.slices {
            let members = layout.steps(ofSlice: slice).filter { $0 >= first }
            guard let begin = members.first else { continue }
            let reads = isWinograd ? [0..<windows.reads] : members.map(layout.reads(ofStep:))
            let key = isWinograd ? 0 : layout.reads(ofStep: begin).lowerBound
            let fresh: [[Int]]
            if let known = lists[key] {
                fresh = known
            } else {
                var distinct = DistinctPixels(windows)
                fresh = distinct.newPixels(of: tiles, reads: reads).map { $0.filter(isChosen) }
                lists[key] = fresh
            }
            let channels = layout.channels(ofSlice: slice)
            for (step, pixels) in zip(members, fresh) {
                result[step - first] += bits(of: pixels, slice: slice, channels: channels, isBitmask: isBitmask)
            }
        }
        return result
    }

    /// Bits of some pixels of one slice of channels.
    func bits(of pixels: some Sequence<Int>, slice: Int, channels: Int, isBitmask: Bool) -> Int {
        pixels.reduce(0) { sum, pixel in
            sum + (isBitmask ? channels + masks[slice][pixel].nonzeroBitCount * valueBits : channels * valueBits)
        }
    }

    /// Bits in DRAM of the pixels that a tile owns, of channel `channel` of a slice.
    func ownedBits(tile: Int, slice: Int, channel: Int) -> Int {
        guard let ownership else { return 0 }
        return ownership.pixels(of: tile).reduce(0) { sum, pixel in
            guard storesBitmask else { return sum + valueBits }
            return sum + 1 + Int(masks[slice][pixel] >> UInt64(channel) & 1) * valueBits
        }
    }
}
