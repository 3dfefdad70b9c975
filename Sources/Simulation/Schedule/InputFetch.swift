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
        switch (lowered.plan.form, lowered.activations) {
        case (.winograd, .given): self = .masks(transformsOnRead ? .dense : encoding)
        case (.winograd, _): self = transformsOnRead ? .patches : .masks(encoding)
        case (.direct, .pixels(let flags)): self = .pixels(flags, encoding)
        case (.direct, _): self = .masks(encoding)
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

/// What a fetch reads from the input buffer, for one group of channels.
struct InputFetch: Sendable {
    /// `[column group, step]`, each step for itself: the values that it reads, zeros that are not stored among them.
    let counts: [ValueCount]
    /// The same in bits.
    let bits: [Int]
    let stored: StoredValues
    private let windows: Windows
    private let layout: StepLayout
    private let grouping: Grouping
    private let channels: Range<Int>
    private let store: InputStore

    init(
        _ product: MaskedProduct, lowered: LoweredLayer, group: Int, grouping: Grouping, store: InputStore,
        valueBits: Int
    ) {
        windows = lowered.windows
        layout = lowered.layout
        self.grouping = grouping
        self.store = store
        let stored = StoredValues(encoding: store.encoding, valueBits: valueBits)
        self.stored = stored
        let groupChannels = lowered.shape.groupChannels
        channels = group * groupChannels..<(group + 1) * groupChannels
        switch store {
        case .masks: counts = Self.masks(product, grouping)
        case .pixels(let flags, _):
            counts =
                layout.form == .channels
                ? Self.windowPixels(product, windows: windows, layout: layout, grouping: grouping)
                : Self.distinctPixels(flags, windows: windows, layout: layout, grouping: grouping, channels: channels)
        case .patches:
            counts = Self.distinctPixels(
                lowered.pixels, windows: windows, layout: layout, grouping: grouping, channels: channels)
        }
        bits = counts.map { stored.bits(of: $0) }
    }

    /// Masks' worths of values, a tile each.
    private static func masks(_ product: MaskedProduct, _ grouping: Grouping) -> [ValueCount] {
        var counts = [ValueCount](repeating: ValueCount(), count: grouping.columnGroups * product.steps)
        for columnGroup in 0..<grouping.columnGroups {
            let tiles = grouping.tiles(ofColumnGroup: columnGroup)
            for step in 0..<product.steps {
                counts[columnGroup * product.steps + step] = ValueCount(
                    values: tiles.count * product.width, nonZeros: product.nonZeroActivations(step: step, tiles: tiles))
            }
        }
        return counts
    }

    /// Pixels of `channels` at one tap: different outputs read different ones, so the masks themselves are what is read.
    private static func windowPixels(
        _ product: MaskedProduct, windows: Windows, layout: StepLayout, grouping: Grouping
    ) -> [ValueCount] {
        var counts = [ValueCount](repeating: ValueCount(), count: grouping.columnGroups * layout.steps)
        for columnGroup in 0..<grouping.columnGroups {
            let tiles = grouping.tiles(ofColumnGroup: columnGroup)
            for tap in 0..<layout.positions {
                var inside = 0
                windows.forEachTile(tiles, read: tap) { _, pixel in inside += pixel >= 0 ? 1 : 0 }
                for piece in 0..<layout.pieces {
                    let step = tap * layout.pieces + piece
                    counts[columnGroup * layout.steps + step] = ValueCount(
                        values: inside * layout.channels(ofSlice: piece),
                        nonZeros: product.nonZeroActivations(step: step, tiles: tiles))
                }
            }
        }
        return counts
    }

    /// The distinct pixels of one channel under the tiles' windows or patches; all count as non-zero where nobody knows.
    private static func distinctPixels(
        _ flags: ElementFlags?, windows: Windows, layout: StepLayout, grouping: Grouping, channels: Range<Int>
    ) -> [ValueCount] {
        var counts = [ValueCount](repeating: ValueCount(), count: grouping.columnGroups * layout.steps)
        var pixels = DistinctPixels(windows)
        let distinct = (0..<grouping.columnGroups).flatMap { columnGroup in
            (0..<layout.pieces).map { piece in
                pixels.pixels(
                    of: grouping.tiles(ofColumnGroup: columnGroup),
                    reads: piece * layout.width..<min((piece + 1) * layout.width, layout.positions))
            }
        }
        var masks = [UInt64](repeating: 1, count: windows.pixels)
        for (c, channel) in channels.enumerated() {
            if let flags { DirectSteps.gather(flags, channels: channel..<channel + 1, into: &masks) }
            for columnGroup in 0..<grouping.columnGroups {
                for piece in 0..<layout.pieces {
                    counts[columnGroup * layout.steps + c * layout.pieces + piece] = Self.count(
                        of: distinct[columnGroup * layout.pieces + piece], masks: masks, channels: 1)
                }
            }
        }
        return counts
    }

    /// Values of some pixels.
    private static func count(of pixels: [Int], masks: [UInt64], channels: Int) -> ValueCount {
        masks.withUnsafeBufferPointer { masks in
            ValueCount(
                values: pixels.count * channels, nonZeros: pixels.reduce(0) { $0 + masks[$1].nonzeroBitCount })
        }
    }

    /// By column group and bundle, the values that the steps of a bundle would read twice: taps of one bundle share pixels.
    ///
    /// - Returns: `[column group, bundle]`, or nil where no bundle can hold two steps of the same channels.
    func shared(_ steps: [Int], bundleSize: Int) -> [ValueCount]? {
        guard case .pixels(let flags, _) = store, bundleSize > 1 else { return nil }
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
        var masks = [UInt64](repeating: 0, count: windows.pixels)
        var distinct = DistinctPixels(windows)
        for (key, members) in sharers {
            let slice = channels.dropFirst(key * layout.channelsOfSlice).prefix(layout.channelsOfSlice)
            DirectSteps.gather(flags, channels: slice, into: &masks)
            for (bundle, same) in members {
                let taps = same.flatMap(layout.reads(ofStep:))
                for columnGroup in 0..<grouping.columnGroups {
                    let together = Self.count(
                        of: distinct.pixels(of: grouping.tiles(ofColumnGroup: columnGroup), reads: taps),
                        masks: masks, channels: slice.count)
                    var twice = together * -1
                    for step in same { twice += counts[columnGroup * layout.steps + step] }
                    shared[columnGroup * bundles + bundle] += twice
                }
            }
        }
        return shared
    }
}
