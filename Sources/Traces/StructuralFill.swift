import Winograd

/// Where the transforms turn a zero into something else, known from the zeros of pixels or taps alone.
enum StructuralFill {
    /// The positions `[N*tiles, C]` that any non-zero pixel of `[N, C, H*W]` reaches.
    static func activations(_ pixels: ElementFlags, _ grid: TileGrid, _ matrices: WinogradMatrices) -> PositionMasks {
        let (n, m) = (matrices.n, matrices.m)
        let channels = grid.shape.channels
        let reach = matrices.inputReach
        let columns = grid.paddedColumns
        var masks = [UInt64](repeating: 0, count: grid.tiles * channels)
        var padded = [UInt8](repeating: 0, count: grid.paddedRows * columns)
        masks.withUnsafeMutableBufferPointer { masks in
            padded.withUnsafeMutableBufferPointer { padded in
                reach.withUnsafeBufferPointer { reach in
                    pixels.flags.withUnsafeBufferPointer { flags in
                        guard let map = padded.baseAddress, let flags = flags.baseAddress else { return }
                        for plane in 0..<grid.shape.batch * channels {
                            let (image, channel) = plane.quotientAndRemainder(dividingBy: channels)
                            grid.pad(flags + plane * pixels.elements, count: 1, into: map)
                            for tileRow in 0..<grid.tileRows {
                                for tileColumn in 0..<grid.tileColumns {
                                    var mask: UInt64 = 0
                                    let corner = map + tileRow * m * columns + tileColumn * m
                                    for row in 0..<n {
                                        let source = corner + row * columns
                                        for column in 0..<n {
                                            mask |= reach[row * n + column] & (0 &- UInt64(source[column]))
                                        }
                                    }
                                    let tile = image * grid.tilesPerImage + tileRow * grid.tileColumns + tileColumn
                                    masks[tile * channels + channel] = mask
                                }
                            }
                        }
                    }
                }
            }
        }
        return PositionMasks(outer: grid.tiles, channels: channels, positions: n * n, masks: Array(masks))
    }

    /// The positions `[K, C/groups]` that any non-zero tap of `[K, C/groups, R*S]` reaches.
    static func weights(_ taps: ElementFlags, _ matrices: WinogradMatrices) -> PositionMasks {
        let reach = matrices.weightReach
        var masks = [UInt64](repeating: 0, count: taps.outer * taps.channels)
        taps.flags.withUnsafeBufferPointer { flags in
            for kernel in masks.indices {
                var mask: UInt64 = 0
                for tap in 0..<taps.elements {
                    mask |= reach[tap] & (0 &- UInt64(flags[kernel * taps.elements + tap]))
                }
                masks[kernel] = mask
            }
        }
        return PositionMasks(
            outer: taps.outer, channels: taps.channels, positions: matrices.n * matrices.n, masks: masks)
    }
}
