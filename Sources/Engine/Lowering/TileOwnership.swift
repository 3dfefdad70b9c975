import Hardware
import Traces

/// Which tile moves each pixel: the first that reads it, for all that read it later.
struct TileOwnership: Sendable {
    /// By pixel, the tile that owns it; -1 where none reads it.
    let owner: [Int]
    private let starts: [Int]
    private let owned: [Int]

    init(_ grid: TileGrid) {
        var owner = [Int](repeating: -1, count: grid.pixels)
        for position in 0..<grid.positions {
            grid.forEachPixel(of: 0..<grid.tiles, at: position) { tile, pixel in
                if pixel >= 0 && (owner[pixel] < 0 || tile < owner[pixel]) { owner[pixel] = tile }
            }
        }
        var starts = [Int](repeating: 0, count: grid.tiles + 1)
        for tile in owner where tile >= 0 { starts[tile + 1] += 1 }
        for tile in 0..<grid.tiles { starts[tile + 1] += starts[tile] }
        var next = starts
        var owned = [Int](repeating: 0, count: starts[grid.tiles])
        for (pixel, tile) in owner.enumerated() where tile >= 0 {
            owned[next[tile]] = pixel
            next[tile] += 1
        }
        self.owner = owner
        self.starts = starts
        self.owned = owned
    }

    /// The pixels that a tile owns, row by row.
    func pixels(of tile: Int) -> ArraySlice<Int> { owned[starts[tile]..<starts[tile + 1]] }

    /// Bytes by column group of the pixels that its tiles own, for the given channels.
    ///
    /// - Parameters:
    ///   - pixels: non-zero flags of the map; nil counts none as zero.
    ///   - stored: how DRAM stores them; pixels must not be coded together.
    func bytes(
        tilesPerGroup: Int, columnGroups: Int, channels: [Int], pixels: ElementFlags?, stored: StoredForm
    ) -> [Int] {
        var bits = [Int](repeating: 0, count: columnGroups)
        let zero = stored.bits(of: ValueCount(values: 1))
        let nonZero = stored.bits(of: ValueCount(values: 1, nonZeros: 1))
        let bare = channels.count * (pixels == nil ? nonZero : zero)
        for tile in owner where tile >= 0 { bits[tile / tilesPerGroup] += bare }
        if let pixels, nonZero > zero {
            let size = pixels.elements
            for image in 0..<pixels.outer {
                for channel in channels {
                    let from = (image * pixels.channels + channel) * size
                    for i in 0..<size where pixels.flags[from + i] != 0 {
                        let tile = owner[image * size + i]
                        if tile >= 0 { bits[tile / tilesPerGroup] += nonZero - zero }
                    }
                }
            }
        }
        return bits.map { Bytes.holding(bits: $0).count }
    }
}
