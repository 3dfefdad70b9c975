import Traces

/// Lists the pixels that tiles read, each once.
///
/// One for a layer: its marks are as many as the map has pixels, so lists share them and take time in what they read alone.
final class DistinctPixels {
    private let grid: TileGrid
    private var lastList: [UInt32]
    private var list: UInt32 = 0

    init(_ grid: TileGrid) {
        self.grid = grid
        lastList = [UInt32](repeating: 0, count: grid.pixels)
    }

    /// The pixels that the tiles read at the given positions, in the order of their first use.
    func pixels(of tiles: Range<Int>, positions: some Sequence<Int>) -> [Int] {
        list += 1
        return unlisted(of: tiles, positions: positions)
    }

    /// The pixels that the tiles read at each of several sets of positions and did not read at an earlier one.
    func newPixels(of tiles: Range<Int>, positions: [Range<Int>]) -> [[Int]] {
        list += 1
        return positions.map { unlisted(of: tiles, positions: $0) }
    }

    /// The pixels that are read and not yet in the current list.
    private func unlisted(of tiles: Range<Int>, positions: some Sequence<Int>) -> [Int] {
        var result: [Int] = []
        let list = list
        lastList.withUnsafeMutableBufferPointer { lastList in
            for position in positions {
                grid.forEachPixel(of: tiles, at: position) { _, pixel in
                    if pixel >= 0 && lastList[pixel] != list {
                        lastList[pixel] = list
                        result.append(pixel)
                    }
                }
            }
        }
        return result
    }
}
