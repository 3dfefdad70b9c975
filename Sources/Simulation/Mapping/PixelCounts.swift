import Hardware
import Traces

/// What a slice of channels holds at each pixel of a map.
struct PixelCounts: Sendable {
    private let channels: Int
    /// By pixel of all images, how many of the channels are not zero.
    private let nonZeros: [UInt8]
    /// By pixel, the zeros that the encoding stores beside them; empty where it stores none.
    private let padding: [UInt8]

    /// Counts at most 64 channels.
    init(_ source: ElementFlags, channels: Range<Int>, encoding: Encoding) {
        self.channels = channels.count
        if encoding.codesVectors {
            var masks = [UInt64](repeating: 0, count: source.outer * source.elements)
            DirectSteps.gather(source, channels: channels, into: &masks)
            nonZeros = masks.map { UInt8($0.nonzeroBitCount) }
            padding = masks.map { UInt8(encoding.padding(in: CollectionOfOne($0))) }
        } else {
            nonZeros = Self.nonZeros(source, channels: channels)
            padding = []
        }
    }

    /// Values of some pixels, each pixel's channels a vector.
    func count(of pixels: [Int]) -> ValueCount {
        ValueCount(
            values: pixels.count * channels, nonZeros: Self.sum(nonZeros, at: pixels), vectors: pixels.count,
            padding: padding.isEmpty ? 0 : Self.sum(padding, at: pixels))
    }

    private static func sum(_ counts: [UInt8], at pixels: [Int]) -> Int {
        counts.withUnsafeBufferPointer { counts in pixels.reduce(0) { $0 + Int(counts[$1]) } }
    }

    private static func nonZeros(_ source: ElementFlags, channels: Range<Int>) -> [UInt8] {
        let size = source.elements
        var counts = [UInt8](repeating: 0, count: source.outer * size)
        source.flags.withUnsafeBufferPointer { flags in
            counts.withUnsafeMutableBufferPointer { counts in
                for image in 0..<source.outer {
                    for channel in channels {
                        let from = (image * source.channels + channel) * size
                        for i in 0..<size { counts[image * size + i] &+= flags[from + i] }
                    }
                }
            }
        }
        return counts
    }
}
