import Hardware
import Traces

/// The activations of one masked product: what they take of the input buffer, and which pixels are moved for them.
struct InputSizes: OperandSizes {
    let groups: Int
    let steps: Int
    private let store: InputStore
    private let fetch: InputFetch
    private let grouping: Grouping
    private let grid: TileGrid
    private let layout: StepLayout
    private let isWinograd: Bool
    private let lanes: [Int]
    let inBuffer: StoredForm
    let inDRAM: StoredForm
    /// Pixels by the tile that owns them; nil for masks without pixels.
    private let ownership: TileOwnership?
    /// The pixels, where they are known; else all count as non-zero.
    private let pixels: ElementFlags?
    /// By slice of channels, what each pixel holds; empty where that is not known.
    private let known: [PixelCounts]
    private let channels: Range<Int>
    private let distinct: DistinctPixels

    init(
        _ product: MaskedProduct, lowered: LoweredLayer, group: Int, grouping: Grouping, store: InputStore,
        fetch: InputFetch, ownership: TileOwnership?, distinct: DistinctPixels, configuration: Configuration
    ) {
        groups = grouping.columnGroups
        steps = product.steps
        lanes = product.lanes
        self.store = store
        self.fetch = fetch
        self.grouping = grouping
        self.ownership = ownership
        grid = lowered.grid
        layout = lowered.layout
        isWinograd = lowered.form.isWinograd
        let valueBits = configuration.datatype.activations
        inBuffer = StoredForm(store.encoding, valueBits: valueBits)
        // Where pixels are not known, every value is stored.
        inDRAM = StoredForm(
            lowered.pixels == nil ? .dense : configuration.mapping.activationStorage, valueBits: valueBits)
        self.distinct = distinct
        let first = group * lowered.shape.groupChannels
        let channels = first..<first + lowered.shape.groupChannels
        self.channels = channels
        pixels = ownership == nil ? nil : lowered.pixels
        let slice = layout.channelsOfSlice
        known =
            pixels.map { pixels in
                (0..<lowered.layout.slices).map {
                    PixelCounts(
                        pixels, channels: channels.dropFirst($0 * slice).prefix(slice), encoding: store.encoding)
                }
            } ?? []
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
            // Each bit of a mask is one value.
            return lanes[first...].map {
                ValueCount(values: tiles.count * $0, nonZeros: tiles.count * $0, vectors: tiles.count)
            }
        }
        // DRAM codes pixels one by one: the buffer's padding is not moved.
        return pixels(group, from: first) { tiles.contains(ownership.owner[$0]) }.map {
            ValueCount(values: $0.values, nonZeros: $0.nonZeros, vectors: $0.vectors)
        }
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
            let positions = isWinograd ? [0..<grid.positions] : members.map(layout.positions(ofStep:))
            let key = isWinograd ? 0 : layout.positions(ofStep: begin).lowerBound
            let fresh: [[Int]]
            if let known = lists[key] {
                fresh = known
            } else {
                fresh = distinct.newPixels(of: tiles, positions: positions).map { $0.filter(isChosen) }
                lists[key] = fresh
            }
            for (step, pixels) in zip(members, fresh) {
                let values = pixels.count * layout.channels(ofSlice: slice)
                result[step - first] +=
                    known.isEmpty
                    ? ValueCount(values: values, nonZeros: values, vectors: pixels.count)
                    : known[slice].count(of: pixels)
            }
        }
        return result
    }

    /// Bits in DRAM of the pixels that a tile owns, of channel `channel` of a slice.
    func ownedBits(tile: Int, slice: Int, channel: Int) -> Int {
        guard let ownership else { return 0 }
        let owned = ownership.pixels(of: tile)
        let number = channels.lowerBound + slice * layout.channelsOfSlice + channel
        let nonZeros = pixels?.nonZeros(of: owned, channel: number) ?? owned.count
        return inDRAM.bits(of: ValueCount(values: owned.count, nonZeros: nonZeros))
    }
}
