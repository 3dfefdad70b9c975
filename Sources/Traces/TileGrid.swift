import Winograd

/// The tiles of a layer: which outputs each of them makes, and which pixels it reads.
///
/// A tile makes `edge` x `edge` outputs from a patch of `patchRows` x `patchColumns` positions: m x m outputs from n x n
/// pixels under Winograd's algorithm; with an edge of 1, one output from the pixels under the kernel's taps. Tiles are
/// numbered image by image, row by row; pixels `(image * H + row) * W + column`. Tiles at the end of a map may reach
/// beyond it.
public struct TileGrid: Hashable, Sendable {
    /// The layer's shape.
    public let shape: LayerShape
    /// Rows and columns of outputs of a whole tile (m).
    public let edge: Int
    /// Rows of tiles in an image.
    public let tileRows: Int
    /// Columns of tiles in an image.
    public let tileColumns: Int
    /// Rows of positions that a tile reads: n, or R.
    public let patchRows: Int
    /// Columns of positions that a tile reads: n, or S.
    public let patchColumns: Int

    /// Lays tiles on a layer's outputs.
    ///
    /// - Parameters:
    ///   - shape: a valid shape.
    ///   - edge: at least 1; above 1, the stride and the dilation must be 1.
    public init(_ shape: LayerShape, edge: Int) {
        self.shape = shape
        self.edge = edge
        tileRows = (shape.outputHeight + edge - 1) / edge
        tileColumns = (shape.outputWidth + edge - 1) / edge
        patchRows = edge - 1 + shape.kernelHeight
        patchColumns = edge - 1 + shape.kernelWidth
    }

    /// Tiles of one image.
    public var tilesPerImage: Int { tileRows * tileColumns }

    /// Tiles over all images (B).
    public var tiles: Int { shape.batch * tilesPerImage }

    /// Positions of a patch, padding included: n^2, or R * S.
    public var positions: Int { patchRows * patchColumns }

    /// Pixels over all images, of one channel.
    public var pixels: Int { shape.batch * shape.height * shape.width }

    /// Calls `body` for each row of tiles in a range of them, with its image, its number and the range's columns in it.
    @inlinable
    @inline(__always)
    public func forEachRow(of tiles: Range<Int>, _ body: (_ image: Int, _ row: Int, _ columns: Range<Int>) -> Void) {
        var tile = tiles.lowerBound
        while tile < tiles.upperBound {
            let (line, column) = tile.quotientAndRemainder(dividingBy: tileColumns)
            let (image, row) = line.quotientAndRemainder(dividingBy: tileRows)
            let end = min(column + tiles.upperBound - tile, tileColumns)
            body(image, row, column..<end)
            tile += end - column
        }
    }

    /// The real outputs of some tiles: those inside the map.
    public func outputs(of tiles: Range<Int>) -> Int {
        var count = 0
        forEachRow(of: tiles) { _, row, columns in
            let height = min(edge, shape.outputHeight - row * edge)
            count += height * (min(columns.upperBound * edge, shape.outputWidth) - columns.lowerBound * edge)
        }
        return count
    }

    /// Calls `body` with the pixel that each of some tiles reads at a position, in the tiles' order: -1 in the padding.
    @inlinable
    @inline(__always)
    public func forEachPixel(of tiles: Range<Int>, at position: Int, _ body: (_ tile: Int, _ pixel: Int) -> Void) {
        let (patchRow, patchColumn) = position.quotientAndRemainder(dividingBy: patchColumns)
        let top = patchRow * shape.dilationHeight - shape.paddingHeight
        let left = patchColumn * shape.dilationWidth - shape.paddingWidth
        let (height, width) = (shape.height, shape.width)
        let step = edge * shape.strideWidth
        var tile = tiles.lowerBound
        forEachRow(of: tiles) { image, row, columns in
            let y = top + row * edge * shape.strideHeight
            // No column lies inside where the row does not.
            let end = y >= 0 && y < height ? width : 0
            let start = (image * height + y) * width
            var x = left + columns.lowerBound * step
            for _ in columns {
                body(tile, x >= 0 && x < end ? start + x : -1)
                x += step
                tile += 1
            }
        }
    }
}

/// Maps with their padding, on which every patch of a tile lies inside.
extension TileGrid {
    /// Rows of a padded map. With stride 1 they hold the map and its padding whole.
    var paddedRows: Int { (tileRows - 1) * edge + patchRows }

    /// Columns of a padded map.
    var paddedColumns: Int { (tileColumns - 1) * edge + patchColumns }

    /// Copies maps `[count, H, W]` into the middle of zeroed padded maps `[count, paddedRows, paddedColumns]`.
    func pad<T>(_ maps: UnsafePointer<T>, count: Int, into padded: UnsafeMutablePointer<T>) {
        for map in 0..<count {
            for row in 0..<shape.height {
                let source = maps + (map * shape.height + row) * shape.width
                let line = map * paddedRows + row + shape.paddingHeight
                let target = padded + line * paddedColumns + shape.paddingWidth
                target.update(from: source, count: shape.width)
            }
        }
    }
}
