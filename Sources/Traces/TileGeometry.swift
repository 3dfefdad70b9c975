import Winograd

/// Where the n x n patches of a layer's output tiles lie on its input maps.
///
/// Tile (ti, tj) covers the rows ti*m - padding ..< + n, and the columns likewise. Maps are copied onto zeros so that every
/// patch lies inside; the copies have `rows` x `columns` elements.
struct TileGeometry {
    let shape: LayerShape
    let m: Int
    let n: Int
    let tileRows: Int
    let tileColumns: Int

    init(shape: LayerShape, matrices: WinogradMatrices) {
        self.shape = shape
        m = matrices.m
        n = matrices.n
        tileRows = shape.tileRows(m)
        tileColumns = shape.tileColumns(m)
    }

    /// Tiles of one image.
    var tiles: Int { tileRows * tileColumns }

    /// Rows of a padded map. With stride 1 they hold the map and its padding whole.
    var rows: Int { (tileRows - 1) * m + n }

    /// Columns of a padded map.
    var columns: Int { (tileColumns - 1) * m + n }

    /// Copies maps `[count, H, W]` into the middle of zeroed padded maps `[count, rows, columns]`.
    func pad<T>(_ maps: UnsafePointer<T>, count: Int, into padded: UnsafeMutablePointer<T>) {
        for map in 0..<count {
            for row in 0..<shape.height {
                let source = maps + (map * shape.height + row) * shape.width
                let target = padded + (map * rows + row + shape.paddingHeight) * columns + shape.paddingWidth
                target.update(from: source, count: shape.width)
            }
        }
    }
}
