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
    let inBuffer: StoredForm
    let inDRAM: StoredForm
    /// Pixels by the tile that owns them; nil where no pixels are moved.
    private let ownership: TileOwnership?
    /// The pixels, where they are known; else all count as non-zero.
    private let pixels: ElementFlags?
    /// By slice of channels, what each pixel holds; empty where that is not known.
    private let known: [PixelCounts]
    private let channels: Range<Int>
    /// The slices of channels that some pass uses.
    let liveSlices: [Int]
    private let distinct: DistinctPixels

    init(
        _ product: MaskedProduct, lowered: LoweredLayer, group: Int, grouping: Grouping, store: InputStore,
        fetch: InputFetch, ownership: TileOwnership?, distinct: DistinctPixels, configuration: Configuration
    ) {
        groups = grouping.columnGroups
        steps = product.steps
        self.store = store
        self.fetch = fetch
        self.grouping = grouping
        self.ownership = ownership
        grid = lowered.grid
        let layout = lowered.layout
        self.layout = layout
        let used = Set(grouping.rowGroups.flatMap(\.steps).map(layout.slice(ofStep:)))
        liveSlices = used.sorted()
        isWinograd = lowered.form.isWinograd
        let valueBits = configuration.datatype.activations
        inBuffer = StoredForm(store.encoding, valueBits: valueBits)
        // Where pixels are moved that are not known, every value is stored.
        let storage = configuration.mapping.activationStorage
        inDRAM = StoredForm(
            storage != .transformed && lowered.pixels == nil ? .dense : storage.encoding, valueBits: valueBits)
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

    func held(group: Int) -> [ValueCount] {
        switch store {
        case .pixels, .patches: owned(group) ?? used(Array(fetch.counts[group * steps..<(group + 1) * steps]))
        case .masks: used(Array(fetch.counts[group * steps..<(group + 1) * steps]))
        }
    }

    func moved(group: Int) -> [ValueCount] {
        // DRAM codes pixels one by one: the buffer's padding is not moved.
        if let owned = owned(group) {
            return owned.map { ValueCount(values: $0.values, nonZeros: $0.nonZeros, vectors: $0.vectors) }
        }
        // Each bit of a mask is one value, and counts as non-zero where every value is stored.
        return used(Array(fetch.counts[group * steps..<(group + 1) * steps])).map {
            ValueCount(
                values: $0.values, nonZeros: inDRAM.encoding.keepsZeros ? $0.values : $0.nonZeros, vectors: $0.vectors)
        }
    }

    /// Counts by step without those of slices that no pass uses.
    private func used(_ counts: [ValueCount]) -> [ValueCount] {
        if liveSlices.count == layout.slices { return counts }
        var result = [ValueCount](repeating: ValueCount(), count: steps)
        for step in liveSlices.flatMap(layout.steps(ofSlice:)) { result[step] = counts[step] }
        return result
    }

    /// Values of the pixels that the group's tiles own, each with the first step that reads it; nil where no pixels are moved.
    private func owned(_ group: Int) -> [ValueCount]? {
        guard let ownership else { return nil }
        let tiles = grouping.tiles(ofColumnGroup: group)
        var result = [ValueCount](repeating: ValueCount(), count: steps)
        // The same for all slices: which step of them reads a pixel first.
        let positions =
            isWinograd ? [0..<grid.positions] : layout.steps(ofSlice: 0).map(layout.positions(ofStep:))
        let fresh = distinct.newPixels(of: tiles, positions: positions).map {
            $0.filter { tiles.contains(ownership.owner[$0]) }
        }
        for slice in liveSlices {
            for (step, pixels) in zip(layout.steps(ofSlice: slice), fresh) {
                let values = pixels.count * layout.channels(ofSlice: slice)
                result[step] +=
                    known.isEmpty
                    ? ValueCount(values: values, nonZeros: values, vectors: pixels.count)
                    : known[slice].count(of: pixels)
            }
        }
        return result
    }

    /// The channels of the slices that some pass uses.
    var liveChannels: [Int] {
        liveSlices.flatMap { channels.dropFirst($0 * layout.channelsOfSlice).prefix(layout.channelsOfSlice) }
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
