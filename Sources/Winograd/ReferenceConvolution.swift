/// Convolutions written for clarity, with which faster code is compared. Doubles throughout.
public enum ReferenceConvolution {
    /// The direct convolution (cross-correlation, as frameworks have it).
    ///
    /// - Parameters:
    ///   - input: `[N, C, H, W]`.
    ///   - weights: `[K, C/groups, R, S]`.
    ///   - shape: the sizes of both.
    /// - Returns: `[N, K, Ho, Wo]`.
    public static func direct(input: [Double], weights: [Double], shape: LayerShape) -> [Double] {
        let (groupChannels, groupFilters) = (shape.groupChannels, shape.groupFilters)
        let (rows, columns) = (shape.outputHeight, shape.outputWidth)
        precondition(input.count == shape.batch * shape.channels * shape.height * shape.width)
        precondition(weights.count == shape.filters * groupChannels * shape.taps)
        var output = [Double](repeating: 0, count: shape.batch * shape.filters * rows * columns)
        output.withUnsafeMutableBufferPointer { output in
            input.withUnsafeBufferPointer { input in
                weights.withUnsafeBufferPointer { weights in
                    for image in 0..<shape.batch {
                        for filter in 0..<shape.filters {
                            let firstChannel = filter / groupFilters * groupChannels
                            for row in 0..<rows {
                                for column in 0..<columns {
                                    var sum = 0.0
                                    for channel in 0..<groupChannels {
                                        let map = (image * shape.channels + firstChannel + channel) * shape.height
                                        let kernel = (filter * groupChannels + channel) * shape.kernelHeight
                                        for r in 0..<shape.kernelHeight {
                                            let y =
                                                row * shape.strideHeight - shape.paddingHeight + r
                                                * shape.dilationHeight
                                            guard y >= 0, y < shape.height else { continue }
                                            for s in 0..<shape.kernelWidth {
                                                let x =
                                                    column * shape.strideWidth - shape.paddingWidth
                                                    + s * shape.dilationWidth
                                                guard x >= 0, x < shape.width else { continue }
                                                sum +=
                                                    input[(map + y) * shape.width + x]
                                                    * weights[(kernel + r) * shape.kernelWidth + s]
                                            }
                                        }
                                    }
                                    output[((image * shape.filters + filter) * rows + row) * columns + column] = sum
                                }
                            }
                        }
                    }
                }
            }
        }
        return output
    }

    /// The same convolution by Winograd's algorithm; partial tiles at the border compute outputs that are dropped.
    ///
    /// - Throws: `WinogradError.notApplicable` unless stride and dilation are 1 and the kernel is r x r.
    public static func winograd(
        input: [Double], weights: [Double], shape: LayerShape, matrices: WinogradMatrices
    ) throws -> [Double] {
        let (m, r, n) = (matrices.m, matrices.r, matrices.n)
        guard shape.kernelHeight == r, shape.kernelWidth == r else {
            throw WinogradError.notApplicable(
                "the kernel is \(shape.kernelHeight) x \(shape.kernelWidth); expected \(r) x \(r)")
        }
        guard shape.strideHeight == 1, shape.strideWidth == 1, shape.dilationHeight == 1, shape.dilationWidth == 1
        else {
            throw WinogradError.notApplicable("Winograd's algorithm expects stride 1 and dilation 1")
        }
        let (groupChannels, groupFilters) = (shape.groupChannels, shape.groupFilters)
        let (rows, columns) = (shape.outputHeight, shape.outputWidth)
        let transformed = matrices.transformWeights(weights)
        var output = [Double](repeating: 0, count: shape.batch * shape.filters * rows * columns)
        for image in 0..<shape.batch {
            for top in stride(from: 0, to: rows, by: m) {
                for left in stride(from: 0, to: columns, by: m) {
                    let patches = matrices.transformInput(
                        patch(input, shape, image, top - shape.paddingHeight, left - shape.paddingWidth, n))
                    for filter in 0..<shape.filters {
                        let firstChannel = filter / groupFilters * groupChannels
                        var products = [Double](repeating: 0, count: n * n)
                        for channel in 0..<groupChannels {
                            let weight = (filter * groupChannels + channel) * n * n
                            let value = (firstChannel + channel) * n * n
                            for position in 0..<n * n {
                                products[position] += transformed[weight + position] * patches[value + position]
                            }
                        }
                        let tile = matrices.transformOutput(products)
                        for i in 0..<min(m, rows - top) {
                            for j in 0..<min(m, columns - left) {
                                let map = (image * shape.filters + filter) * rows + top + i
                                output[map * columns + left + j] = tile[i * m + j]
                            }
                        }
                    }
                }
            }
        }
        return output
    }

    /// The n x n patches `[C, n, n]` of an image at a place that may lie outside, where values are zero.
    private static func patch(
        _ input: [Double], _ shape: LayerShape, _ image: Int, _ top: Int, _ left: Int, _ n: Int
    ) -> [Double] {
        var patch: [Double] = []
        patch.reserveCapacity(shape.channels * n * n)
        for channel in 0..<shape.channels {
            for y in top..<top + n {
                for x in left..<left + n {
                    let isInside = y >= 0 && y < shape.height && x >= 0 && x < shape.width
                    let map = (image * shape.channels + channel) * shape.height
                    patch.append(isInside ? input[(map + y) * shape.width + x] : 0)
                }
            }
        }
        return patch
    }
}
