import Tensors
import Winograd

/// The transformed activations of a Winograd layer, computed a row of tiles at a time.
struct TransformedActivations {
    let grid: TileGrid
    let matrices: WinogradMatrices
    /// Where a ReLU is applied: to the pixels, to the positions, or nowhere.
    let relu: Relu
    let tensor: Tensor

    /// Calls `body` with the values `[tile columns, C, n^2]` of each row of tiles, after the ReLU, and its first tile.
    func forEachTileRow(_ body: (Int, UnsafeMutableBufferPointer<Double>) -> Void) {
        let shape = grid.shape
        let size = grid.positions
        let image = shape.channels * shape.height * shape.width
        let patches = grid.tileColumns * shape.channels
        var padded = [Double](repeating: 0, count: shape.channels * grid.paddedRows * grid.paddedColumns)
        var gathered = [Double](repeating: 0, count: patches * size)
        var values = [Double](repeating: 0, count: patches * size)
        for number in 0..<shape.batch {
            var pixels = tensor.doubles(in: number * image..<(number + 1) * image)
            if relu == .spatial {
                for index in pixels.indices { pixels[index] = max(pixels[index], 0) }
            }
            for tileRow in 0..<grid.tileRows {
                padded.withUnsafeMutableBufferPointer { padded in
                    gathered.withUnsafeMutableBufferPointer { gathered in
                        values.withUnsafeMutableBufferPointer { values in
                            guard let map = padded.baseAddress, let patch = gathered.baseAddress,
                                let result = values.baseAddress
                            else { return }
                            if tileRow == 0 {
                                pixels.withUnsafeBufferPointer { pixels in
                                    guard let pixels = pixels.baseAddress else { return }
                                    grid.pad(pixels, count: shape.channels, into: map)
                                }
                            }
                            gather(map, tileRow: tileRow, into: patch)
                            matrices.transformInput(count: patches, patches: patch, into: result)
                            if relu == .winograd {
                                for index in 0..<patches * size { result[index] = max(result[index], 0) }
                            }
                            body((number * grid.tileRows + tileRow) * grid.tileColumns, values)
                        }
                    }
                }
            }
        }
    }

    /// Collects the patches `[tile columns, C, n, n]` of a row of tiles.
    private func gather(_ map: UnsafePointer<Double>, tileRow: Int, into patches: UnsafeMutablePointer<Double>) {
        let (n, m) = (matrices.n, matrices.m)
        let channels = grid.shape.channels
        for channel in 0..<channels {
            let top = map + (channel * grid.paddedRows + tileRow * m) * grid.paddedColumns
            for tile in 0..<grid.tileColumns {
                let target = patches + (tile * channels + channel) * n * n
                for row in 0..<n {
                    let source = top + row * grid.paddedColumns + tile * m
                    for column in 0..<n { target[row * n + column] = source[column] }
                }
            }
        }
    }
}
