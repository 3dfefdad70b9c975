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
            source.gather(channels, into: &masks)
            nonZeros = masks.map { UInt8($0.nonzeroBitCount) }
            padding = masks.map { UInt8(encoding.padding(in: CollectionOfOne($0))) }
        } else {
            nonZeros = source.nonZeros(of: channels)
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
}
