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
    let inBuffer: StoredValues
    let inDRAM: StoredValues
    /// Pixels by the tile that owns them; nil for masks without pixels.
    private let ownership: TileOwnership?
    /// By slice of channels and pixel, the non-zero channels; empty where nobody knows, and all count as non-zero.
    private let masks: [[UInt64]]

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
        let valueBits = configuration.datatype.activations
        inBuffer = StoredValues(encoding: store.encoding, valueBits: valueBits)
        // Where pixels are not known, every value is stored.
        inDRAM = StoredValues(
            encoding: lowered.pixels == nil ? .dense : configuration.mapping.activationStorage, valueBits: valueBits)
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

    func held(group: Int, from first: Int) -> [ValueCount] {
        switch store {
        case .masks, .patches: Array(fetch.counts[group * steps + first..<(group + 1) * steps])
        case .pixels: pixels(group, from: first) { _ in true }
        }
    }

    func moved(group: Int, from first: Int) -> [ValueCount] {
        let tiles = grouping.tiles(ofColumnGroup: group)
        guard let ownership else {
            // Each bit of a mask is a value of its own.
            return Array(
                repeating: ValueCount(values: tiles.count * width, nonZeros: tiles.count * width), count: steps - first)
        }
        return pixels(group, from: first) { tiles.contains(ownership.owner[$0]) }
    }

    /// Values of the chosen pixels, each with the first step from `first` on that reads it.
    private func pixels(_ group: Int, from first: Int, where isChosen: (Int) -> Bool) -> [ValueCount] {
        let tiles = grouping.tiles(ofColumnGroup: group)
        var result = [ValueCount](repeating: ValueCount(), count: steps - first)
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
                result[step - first] += count(of: pixels, slice: slice, channels: channels)
            }
        }
        return result
    }

    /// Values of some pixels of one slice of channels.
    private func count(of pixels: [Int], slice: Int, channels: Int) -> ValueCount {
        let values = pixels.count * channels
        guard !masks.isEmpty else { return ValueCount(values: values, nonZeros: values) }
        return masks[slice].withUnsafeBufferPointer { masks in
            ValueCount(values: values, nonZeros: pixels.reduce(0) { $0 + masks[$1].nonzeroBitCount })
        }
    }

    /// Bits in DRAM of the pixels that a tile owns, of channel `channel` of a slice.
    func ownedBits(tile: Int, slice: Int, channel: Int) -> Int {
        guard let ownership else { return 0 }
        let pixels = ownership.pixels(of: tile)
        guard inDRAM.encoding == .bitmask else { return pixels.count * inDRAM.valueBits }
        return pixels.reduce(0) { sum, pixel in
            sum + 1 + Int(masks[slice][pixel] >> UInt64(channel) & 1) * inDRAM.valueBits
        }
    }
}
