import Traces

/// Which pixels the tiles of a layer read.
///
/// A direct layer's tile is one output pixel, and its window holds R x S taps. A Winograd tile reads a patch of n x n
/// pixels. Pixels are numbered `(image * H + row) * W + column`; padding is no pixel (-1).
struct Windows: Sendable {
    /// Tiles (B) over all images.
    let tiles: Int
    /// Pixels that one tile reads, padding included: taps, or n^2.
    let reads: Int
    /// Pixels over all images, of one channel.
    let pixels: Int
    /// Real outputs of a tile.
    let outputs: [Int]
    private let rows: [Int]
    private let columns: [Int]
    private let perRow: Int
    private let perImage: Int
    private let readRows: Int
    private let readColumns: Int
    private let width: Int
    private let imagePixels: Int

    /// The windows of a direct layer.
    init(direct shape: LayerShape) {
        self.init(
            shape, perColumn: shape.outputHeight, perRow: shape.outputWidth, readRows: shape.kernelHeight,
            readColumns: shape.kernelWidth, stepHeight: shape.strideHeight, stepWidth: shape.strideWidth,
            dilationHeight: shape.dilationHeight, dilationWidth: shape.dilationWidth, edge: 1)
    }

    /// The patches of a Winograd layer with output tiles of `m` x `m`.
    init(winograd shape: LayerShape, m: Int) {
        let n = m + shape.kernelHeight - 1
        self.init(
            shape, perColumn: shape.tileRows(m), perRow: shape.tileColumns(m), readRows: n, readColumns: n,
            stepHeight: m, stepWidth: m, dilationHeight: 1, dilationWidth: 1, edge: m)
    }

    private init(
        _ shape: LayerShape, perColumn: Int, perRow: Int, readRows: Int, readColumns: Int, stepHeight: Int,
        stepWidth: Int,
        dilationHeight: Int, dilationWidth: Int, edge: Int
    ) {
        tiles = shape.batch * perColumn * perRow
        reads = readRows * readColumns
        imagePixels = shape.height * shape.width
        pixels = shape.batch * imagePixels
        width = shape.width
        self.perRow = perRow
        perImage = perColumn * perRow
        self.readRows = readRows
        self.readColumns = readColumns
        rows = Self.axis(
            tiles: perColumn, reads: readRows, step: stepHeight, padding: shape.paddingHeight, dilation: dilationHeight,
            size: shape.height)
        columns = Self.axis(
            tiles: perRow, reads: readColumns, step: stepWidth, padding: shape.paddingWidth, dilation: dilationWidth,
            size: shape.width)
        let heights = (0..<perColumn).map { min(edge, shape.outputHeight - $0 * edge) }
        let widths = (0..<perRow).map { min(edge, shape.outputWidth - $0 * edge) }
        let image = heights.flatMap { height in widths.map { height * $0 } }
        outputs = (0..<shape.batch).flatMap { _ in image }
    }

    /// Along one axis, the coordinate of each read of each tile; -1 in the padding.
    private static func axis(tiles: Int, reads: Int, step: Int, padding: Int, dilation: Int, size: Int) -> [Int] {
        var result: [Int] = []
        result.reserveCapacity(tiles * reads)
        for tile in 0..<tiles {
            for read in 0..<reads {
                let at = tile * step - padding + read * dilation
                result.append(at >= 0 && at < size ? at : -1)
            }
        }
        return result
    }

    /// Calls `body` with the pixel, or -1, that every tile of `range` reads at `read`, in the tiles' order.
    @inline(__always)
    func forEachTile(_ range: Range<Int>, read: Int, _ body: (_ tile: Int, _ pixel: Int) -> Void) {
        let readRow = read / readColumns
        let readColumn = read % readColumns
        var image = range.lowerBound / perImage
        var tileRow = range.lowerBound % perImage / perRow
        var tileColumn = range.lowerBound % perRow
        for tile in range {
            let row = rows[tileRow * readRows + readRow]
            let column = columns[tileColumn * readColumns + readColumn]
            body(tile, row < 0 || column < 0 ? -1 : image * imagePixels + row * width + column)
            tileColumn += 1
            if tileColumn == perRow {
                tileColumn = 0
                tileRow += 1
                if tileRow * perRow == perImage {
                    tileRow = 0
                    image += 1
                }
            }
        }
    }
}

/// Lists the pixels that tiles read, each once.
///
/// One for a layer: its marks are as many as the map has pixels, so lists share them and take time in what they read alone.
final class DistinctPixels {
    private let windows: Windows
    private var lastList: [UInt32]
    private var list: UInt32 = 0

    init(_ windows: Windows) {
        self.windows = windows
        lastList = [UInt32](repeating: 0, count: windows.pixels)
    }

    /// The pixels that the tiles read at the given reads, in the order of their first use.
    func pixels(of tiles: Range<Int>, reads: some Sequence<Int>) -> [Int] {
        list += 1
        return unlisted(of: tiles, reads: reads)
    }

    /// The pixels that the tiles read at each of several sets of reads and did not read at an earlier one.
    func newPixels(of tiles: Range<Int>, reads: [Range<Int>]) -> [[Int]] {
        list += 1
        return reads.map { unlisted(of: tiles, reads: $0) }
    }

    /// The pixels that are read and not yet in the list at hand.
    private func unlisted(of tiles: Range<Int>, reads: some Sequence<Int>) -> [Int] {
        var result: [Int] = []
        let list = list
        lastList.withUnsafeMutableBufferPointer { lastList in
            for read in reads {
                windows.forEachTile(tiles, read: read) { _, pixel in
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
