import Hardware
import Traces

/// How the input buffer holds a layer's activations, which decides what a fetch reads.
enum InputStore: Sendable {
    /// A mask's worth of values a tile, in an encoding: transformed positions, or masks without pixels.
    case masks(Encoding)
    /// Pixels, each once, in an encoding; a fetch reads the distinct ones under the mapped windows.
    case pixels(ElementFlags, Encoding)
    /// Pixels, each once and uncompressed, transformed behind the buffer.
    case patches

    init(_ lowered: LoweredLayer, configuration: Configuration) {
        let encoding = configuration.inputBuffer.encoding
        let transformsOnRead = configuration.inputTransform.placement == .read
        switch lowered.activations {
        case .pixels(let flags): self = .pixels(flags, encoding)
        case .positions: self = transformsOnRead ? .patches : .masks(encoding)
        case .given: self = .masks(transformsOnRead && lowered.form.isWinograd ? .dense : encoding)
        }
    }

    /// Values of the longest vector that is coded.
    ///
    /// - Parameters:
    ///   - mask: values of a mask.
    ///   - pixel: channels of a pixel in one step.
    func longestVector(mask: Int, pixel: Int) -> Int {
        switch self {
        case .masks: mask
        case .pixels: pixel
        case .patches: 0
        }
    }

    /// How the buffer stores them.
    var encoding: Encoding {
        switch self {
        case .masks(let encoding), .pixels(_, let encoding): encoding
        case .patches: .dense
        }
    }
}

/// What a fetch reads from the input buffer, for one channel group.
struct InputFetch {
    /// `[column group, step]`, each step for itself: the values that it reads, zeros that are not stored among them.
    let counts: [ValueCount]
    /// The same in bits.
    let bits: [Int]
    let stored: StoredForm
    private let grid: TileGrid
    private let layout: StepLayout
    private let grouping: Grouping
    private let channels: Range<Int>
    private let store: InputStore
    private let distinct: DistinctPixels

    init(
        _ product: MaskedProduct, lowered: LoweredLayer, group: Int, grouping: Grouping, store: InputStore,
        distinct: DistinctPixels, valueBits: Int
    ) {
        self.distinct = distinct
        grid = lowered.grid
        layout = lowered.layout
        self.grouping = grouping
        self.store = store
        let stored = StoredForm(store.encoding, valueBits: valueBits)
        self.stored = stored
        let groupChannels = lowered.shape.groupChannels
        channels = group * groupChannels..<(group + 1) * groupChannels
        switch store {
        case .masks(let encoding): counts = Self.masks(product, grouping, encoding)
        case .pixels(let flags, let encoding):
            counts =
                layout.form == .channels
                ? Self.windowPixels(product, grid: grid, layout: layout, grouping: grouping, encoding)
                : Self.distinctPixels(flags, distinct: distinct, layout: layout, grouping: grouping, channels: channels)
        case .patches:
            counts = Self.distinctPixels(
                lowered.pixels, distinct: distinct, layout: layout, grouping: grouping, channels: channels)
        }
        bits = counts.map { stored.bits(of: $0) }
    }

    /// Masks' worths of values, a tile each.
    private static func masks(_ product: MaskedProduct, _ grouping: Grouping, _ encoding: Encoding) -> [ValueCount] {
        var counts = [ValueCount](repeating: ValueCount(), count: grouping.columnGroups * product.steps)
        for columnGroup in 0..<grouping.columnGroups {
            let tiles = grouping.tiles(ofColumnGroup: columnGroup)
            for step in 0..<product.steps {
                counts[columnGroup * product.steps + step] = ValueCount(
                    values: tiles.count * product.lanes[step],
                    nonZeros: product.nonZeroActivations(step: step, tiles: tiles), vectors: tiles.count,
                    padding: encoding.padding(in: product.activations(step: step, tiles: tiles)))
            }
        }
        return counts
    }

    /// Pixels of `channels` at one tap: different outputs read different ones, so the masks themselves are what is read.
    private static func windowPixels(
        _ product: MaskedProduct, grid: TileGrid, layout: StepLayout, grouping: Grouping, _ encoding: Encoding
    ) -> [ValueCount] {
        var counts = [ValueCount](repeating: ValueCount(), count: grouping.columnGroups * layout.steps)
        for columnGroup in 0..<grouping.columnGroups {
            let tiles = grouping.tiles(ofColumnGroup: columnGroup)
            for tap in 0..<layout.positions {
                var inside: [Int] = []
                inside.reserveCapacity(tiles.count)
                grid.forEachPixel(of: tiles, at: tap) { tile, pixel in if pixel >= 0 { inside.append(tile) } }
                for slice in 0..<layout.slices {
                    let step = layout.step(ofSlice: slice, tap)
                    counts[columnGroup * layout.steps + step] = ValueCount(
                        values: inside.count * layout.channels(ofSlice: slice),
                        nonZeros: product.nonZeroActivations(step: step, tiles: tiles), vectors: inside.count,
                        padding: encoding.padding(
                            in: inside.lazy.map { product.activations[step * product.tiles + $0] }))
                }
            }
        }
        return counts
    }

    /// The distinct pixels of one channel under the tiles' windows or patches; all count as non-zero where that is unknown.
    private static func distinctPixels(
        _ flags: ElementFlags?, distinct: DistinctPixels, layout: StepLayout, grouping: Grouping, channels: Range<Int>
    ) -> [ValueCount] {
        var counts = [ValueCount](repeating: ValueCount(), count: grouping.columnGroups * layout.steps)
        for columnGroup in 0..<grouping.columnGroups {
            for number in 0..<layout.stepsPerSlice {
                let positions = layout.positions(ofStep: layout.step(ofSlice: 0, number))
                let pixels = distinct.pixels(of: grouping.tiles(ofColumnGroup: columnGroup), positions: positions)
                for (c, channel) in channels.enumerated() {
                    counts[columnGroup * layout.steps + layout.step(ofSlice: c, number)] = ValueCount(
                        values: pixels.count, nonZeros: flags?.nonZeros(of: pixels, channel: channel) ?? pixels.count,
                        vectors: pixels.count)
                }
            }
        }
        return counts
    }

    /// By column group and bundle, the values that the steps of a bundle would read twice: taps of one bundle share pixels.
    ///
    /// - Returns: `[column group, bundle]`, or nil where no bundle can hold two steps of the same channels.
    func shared(_ steps: [Int], bundleSize: Int) -> [ValueCount]? {
        guard case .pixels(let flags, let encoding) = store, bundleSize > 1 else { return nil }
        let bundles = (steps.count + bundleSize - 1) / bundleSize
        // Steps of the same channels within one bundle, by channels.
        var sharers: [Int: [(bundle: Int, steps: [Int])]] = [:]
        for bundle in 0..<bundles {
            let members = steps[bundle * bundleSize..<min((bundle + 1) * bundleSize, steps.count)]
            for (key, same) in Dictionary(grouping: members, by: layout.slice(ofStep:)) where same.count > 1 {
                sharers[key, default: []].append((bundle, same))
            }
        }
        if sharers.isEmpty { return nil }
        var shared = [ValueCount](repeating: ValueCount(), count: grouping.columnGroups * bundles)
        for (key, members) in sharers {
            let slice = channels.dropFirst(key * layout.channelsOfSlice).prefix(layout.channelsOfSlice)
            let held = PixelCounts(flags, channels: slice, encoding: encoding)
            for (bundle, same) in members {
                let taps = same.flatMap(layout.positions(ofStep:))
                for columnGroup in 0..<grouping.columnGroups {
                    let pixels = distinct.pixels(of: grouping.tiles(ofColumnGroup: columnGroup), positions: taps)
                    var twice = held.count(of: pixels) * -1
                    for step in same { twice += counts[columnGroup * layout.steps + step] }
                    shared[columnGroup * bundles + bundle] += twice
                }
            }
        }
        return shared
    }
}

extension ElementFlags {
    /// How many of some pixels, numbered through all images, are not zero in one channel.
    func nonZeros(of pixels: some Sequence<Int>, channel: Int) -> Int {
        flags.withUnsafeBufferPointer { flags in
            pixels.reduce(0) { sum, pixel in
                let (image, i) = pixel.quotientAndRemainder(dividingBy: elements)
                return sum + Int(flags[(image * channels + channel) * elements + i])
            }
        }
    }
}
