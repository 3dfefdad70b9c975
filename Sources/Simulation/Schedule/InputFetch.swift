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
}

/// Bits that a fetch reads from the input buffer, for one group of channels.
struct InputFetch: Sendable {
    /// `[column group, step]`, each step for itself.
    let bits: [Int]
    private let windows: Windows
    private let layout: StepLayout
    private let grouping: Grouping
    private let channels: Range<Int>
    private let store: InputStore
    private let valueBits: Int

    init(
        _ product: MaskedProduct, lowered: LoweredLayer, group: Int, grouping: Grouping, store: InputStore,
        valueBits: Int
    ) {
        windows = lowered.windows
        layout = lowered.layout
        self.grouping = grouping
        self.store = store
        self.valueBits = valueBits
        let groupChannels = lowered.shape.groupChannels
        channels = group * groupChannels..<(group + 1) * groupChannels
        let steps = product.steps
        var bits = [Int](repeating: 0, count: grouping.columnGroups * steps)
        var distinct = DistinctPixels(windows)
        for columnGroup in 0..<grouping.columnGroups {
            let tiles = grouping.tiles(ofColumnGroup: columnGroup)
            let row = columnGroup * steps
            switch store {
            case .masks(let encoding):
                for step in 0..<steps {
                    bits[row + step] = Self.encoded(
                        product.activations, step * product.tiles + tiles.lowerBound, tiles.count, width: product.width,
                        encoding: encoding, valueBits: valueBits)
                }
            case .patches:
                let patch = distinct.pixels(of: tiles, reads: 0..<windows.reads).count * valueBits
                for step in 0..<steps { bits[row + step] = patch }
            case .pixels: break
            }
        }
        if case .pixels(let flags, let encoding) = store {
            Self.fillPixels(
                &bits, product, flags, encoding, windows: windows, layout: layout, grouping: grouping,
                channels: channels,
                valueBits: valueBits)
        }
        self.bits = bits
    }

    /// Bits of `count` masks from `first` on.
    static func encoded(
        _ masks: [UInt64], _ first: Int, _ count: Int, width: Int, encoding: Encoding, valueBits: Int
    ) -> Int {
        switch encoding {
        case .dense: return count * width * valueBits
        case .bitmask:
            let values = masks.withUnsafeBufferPointer { masks in
                var sum = 0
                for i in first..<first + count { sum += masks[i].nonzeroBitCount }
                return sum
            }
            return count * width + values * valueBits
        }
    }

    /// Bits of distinct pixels of one step's channels.
    private static func bits(
        of pixels: [Int], masks: [UInt64], channels: Int, encoding: Encoding, valueBits: Int
    ) -> Int {
        switch encoding {
        case .dense: pixels.count * channels * valueBits
        case .bitmask: pixels.reduce(pixels.count * channels) { $0 + masks[$1].nonzeroBitCount * valueBits }
        }
    }

    private static func fillPixels(
        _ bits: inout [Int], _ product: MaskedProduct, _ flags: ElementFlags, _ encoding: Encoding, windows: Windows,
        layout: StepLayout, grouping: Grouping, channels: Range<Int>, valueBits: Int
    ) {
        let steps = layout.steps
        switch layout.form {
        case .channels:
            // At one tap, different outputs read different pixels, so the masks themselves are what is read.
            for columnGroup in 0..<grouping.columnGroups {
                let tiles = grouping.tiles(ofColumnGroup: columnGroup)
                for tap in 0..<layout.positions {
                    var inside = 0
                    windows.forEachTile(tiles, read: tap) { _, pixel in inside += pixel >= 0 ? 1 : 0 }
                    for piece in 0..<layout.pieces {
                        let step = tap * layout.pieces + piece
                        let real = inside * min(layout.width, layout.channels - piece * layout.width)
                        switch encoding {
                        case .dense: bits[columnGroup * steps + step] = real * valueBits
                        case .bitmask:
                            let values = encoded(
                                product.activations, step * product.tiles + tiles.lowerBound, tiles.count, width: 0,
                                encoding: .bitmask, valueBits: valueBits)
                            bits[columnGroup * steps + step] = real + values
                        }
                    }
                }
            }
        case .positions:
            var pixels = DistinctPixels(windows)
            let distinct = (0..<grouping.columnGroups).flatMap { columnGroup in
                (0..<layout.pieces).map { piece in
                    pixels.pixels(
                        of: grouping.tiles(ofColumnGroup: columnGroup),
                        reads: piece * layout.width..<min((piece + 1) * layout.width, layout.positions))
                }
            }
            var masks = [UInt64](repeating: 0, count: windows.pixels)
            for (c, channel) in channels.enumerated() {
                if encoding == .bitmask { DirectSteps.gather(flags, channels: channel..<channel + 1, into: &masks) }
                for columnGroup in 0..<grouping.columnGroups {
                    for piece in 0..<layout.pieces {
                        bits[columnGroup * steps + c * layout.pieces + piece] = Self.bits(
                            of: distinct[columnGroup * layout.pieces + piece], masks: masks, channels: 1,
                            encoding: encoding,
                            valueBits: valueBits)
                    }
                }
            }
        }
    }

    /// By column group and bundle, the bits that the steps of a bundle would read twice: taps of one bundle share pixels.
    ///
    /// - Returns: `[column group, bundle]`, or nil where no bundle can hold two steps of the same channels.
    func sharedBits(_ steps: [Int], bundleSize: Int) -> [Int]? {
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
        var shared = [Int](repeating: 0, count: grouping.columnGroups * bundles)
        var masks = [UInt64](repeating: 0, count: windows.pixels)
        var distinct = DistinctPixels(windows)
        for (key, members) in sharers {
            let slice = channels.dropFirst(key * layout.channelsOfSlice).prefix(layout.channelsOfSlice)
            DirectSteps.gather(flags, channels: slice, into: &masks)
            for (bundle, same) in members {
                let taps = same.flatMap(layout.reads(ofStep:))
                for columnGroup in 0..<grouping.columnGroups {
                    let apart = same.reduce(0) { $0 + bits[columnGroup * layout.steps + $1] }
                    let together = Self.bits(
                        of: distinct.pixels(of: grouping.tiles(ofColumnGroup: columnGroup), reads: taps),
                        masks: masks, channels: slice.count, encoding: encoding, valueBits: valueBits)
                    shared[columnGroup * bundles + bundle] += apart - together
                }
            }
        }
        return shared
    }
}
