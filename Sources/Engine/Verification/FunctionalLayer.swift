import Traces
import Winograd

/// A layer computed from the operands that the machine multiplies, in Double, value by value.
struct FunctionalLayer {
    let form: LayerForm
    /// Winograd `[K, C/groups, n*n]`, direct `[K, C/groups, R*S]`.
    let weights: [Double]
    /// Winograd `[N*tiles, C, n*n]`, direct `[N, C, H*W]`.
    let activations: [Double]

    private var shape: LayerShape { form.shape }
    private var grid: TileGrid { form.grid }

    /// Computes the outputs `[N, K, Ho, Wo]` and counts the products of two values that are not zero.
    func run() -> (outputs: [Double], products: Int) {
        form.matrices.map(winograd) ?? direct()
    }

    private func winograd(_ matrices: WinogradMatrices) -> (outputs: [Double], products: Int) {
        let (m, positions) = (grid.edge, grid.positions)
        let (rows, columns) = (shape.outputHeight, shape.outputWidth)
        var outputs = [Double](repeating: 0, count: shape.batch * shape.filters * rows * columns)
        var sums = [Double](repeating: 0, count: positions)
        var tileOutputs = [Double](repeating: 0, count: m * m)
        var products = 0
        for b in 0..<grid.tiles {
            let (image, tile) = b.quotientAndRemainder(dividingBy: grid.tilesPerImage)
            let top = tile / grid.tileColumns * m
            let left = tile % grid.tileColumns * m
            for filter in 0..<shape.filters {
                let firstChannel = filter / shape.groupFilters * shape.groupChannels
                products += Self.multiply(
                    weights, from: filter * shape.groupChannels * positions, activations,
                    from: (b * shape.channels + firstChannel) * positions, channels: shape.groupChannels, into: &sums)
                sums.withUnsafeBufferPointer { sums in
                    tileOutputs.withUnsafeMutableBufferPointer { outputs in
                        guard let sums = sums.baseAddress, let outputs = outputs.baseAddress else { return }
                        matrices.transformOutput(count: 1, products: sums, into: outputs)
                    }
                }
                for i in 0..<min(m, rows - top) {
                    for j in 0..<min(m, columns - left) {
                        outputs[((image * shape.filters + filter) * rows + top + i) * columns + left + j] =
                            tileOutputs[i * m + j]
                    }
                }
            }
        }
        return (outputs, products)
    }

    /// Sums over channels of element-wise products, position by position.
    ///
    /// - Returns: products of two values that are not zero.
    private static func multiply(
        _ a: [Double], from aStart: Int, _ b: [Double], from bStart: Int, channels: Int, into sums: inout [Double]
    ) -> Int {
        let positions = sums.count
        var products = 0
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                sums.withUnsafeMutableBufferPointer { sums in
                    sums.update(repeating: 0)
                    for channel in 0..<channels {
                        let offset = channel * positions
                        for p in 0..<positions {
                            let x = a[aStart + offset + p]
                            let y = b[bStart + offset + p]
                            sums[p] += x * y
                            products += x != 0 && y != 0 ? 1 : 0
                        }
                    }
                }
            }
        }
        return products
    }

    private func direct() -> (outputs: [Double], products: Int) {
        let perImage = grid.tilesPerImage
        let pixels = shape.height * shape.width
        var outputs = [Double](repeating: 0, count: shape.batch * shape.filters * perImage)
        var products = 0
        // Per tap, the pixel under it in every window, once for all filters and channels.
        let under = (0..<shape.taps).map { tap in
            var list = [Int](repeating: -1, count: grid.tiles)
            grid.forEachPixel(of: 0..<grid.tiles, at: tap) { tile, pixel in list[tile] = pixel }
            return list
        }
        outputs.withUnsafeMutableBufferPointer { outputs in
            activations.withUnsafeBufferPointer { activations in
                for filter in 0..<shape.filters {
                    let firstChannel = filter / shape.groupFilters * shape.groupChannels
                    for channel in 0..<shape.groupChannels {
                        for (tap, pixelOf) in under.enumerated() {
                            let weight = weights[(filter * shape.groupChannels + channel) * shape.taps + tap]
                            if weight == 0 { continue }
                            for (b, pixel) in pixelOf.enumerated() where pixel >= 0 {
                                let image = pixel / pixels
                                let value = activations[
                                    (image * shape.channels + firstChannel + channel) * pixels + pixel % pixels]
                                if value == 0 { continue }
                                products += 1
                                outputs[(image * shape.filters + filter) * perImage + b % perImage] += weight * value
                            }
                        }
                    }
                }
            }
        }
        return (outputs, products)
    }
}
