import TestSupport
import Testing

@testable import Winograd

extension SeededGenerator {
    /// Numbers from -1 to 1.
    fileprivate mutating func reals(_ count: Int) -> [Double] {
        (0..<count).map { _ in Double.random(in: -1...1, using: &self) }
    }
}

@Suite struct TransformTests {
    /// M X M^T as defined on the page `Matrices`: rows of integers, the left factor first, terms in index order,
    /// divided once.
    private func naive(_ matrix: Matrix, _ x: [Double]) -> [Double] {
        let (p, q) = (matrix.rows, matrix.columns)
        var left = [Double](repeating: 0, count: p * q)
        for i in 0..<p {
            for j in 0..<q {
                for k in 0..<q { left[i * q + j] += matrix.scaled[i * q + k] * x[k * q + j] }
            }
        }
        var result = [Double](repeating: 0, count: p * p)
        for i in 0..<p {
            for j in 0..<p {
                for k in 0..<q { result[i * p + j] += left[i * q + k] * matrix.scaled[j * q + k] }
                result[i * p + j] /= matrix.scales[i] * matrix.scales[j]
            }
        }
        return result
    }

    @Test func everyTransformGivesTheBitsOfTheFormula() throws {
        var random = SeededGenerator(seed: 7)
        for r in 2...5 {
            for m in 1...7 where m + r - 1 <= 8 {
                let matrices = try WinogradMatrices.cookToom(m: m, r: r)
                for (matrix, transform) in [
                    (matrices.bt, matrices.transformInput), (matrices.g, matrices.transformWeights),
                    (matrices.at, matrices.transformOutput),
                ] as [(Matrix, ([Double]) -> [Double])] {
                    // Seven tiles: one full vector of lanes and a remainder.
                    let size = matrix.columns * matrix.columns
                    let tiles = (0..<7).map { _ in random.reals(size) }
                    let expected = Array(tiles.map { naive(matrix, $0) }.joined())
                    #expect(transform(Array(tiles.joined())) == expected, "m \(m) r \(r)")
                }
            }
        }
    }

    @Test func emptyInputsTransformToEmptyOutputs() throws {
        #expect(try WinogradMatrices.cookToom(m: 2, r: 3).transformInput([]) == [])
    }

    @Test func reachIsWhereAUnitArrives() throws {
        for m in [1, 2, 4, 6] {
            let matrices = try WinogradMatrices.cookToom(m: m, r: 3)
            for (edge, reach, transform) in [
                (matrices.n, matrices.inputReach, matrices.transformInput),
                (matrices.r, matrices.weightReach, matrices.transformWeights),
            ] as [(Int, [UInt64], ([Double]) -> [Double])] {
                #expect(reach.count == edge * edge)
                for element in 0..<edge * edge {
                    var unit = [Double](repeating: 0, count: edge * edge)
                    unit[element] = 1
                    var mask: UInt64 = 0
                    for (position, value) in transform(unit).enumerated() where value != 0 {
                        mask |= 1 << UInt64(position)
                    }
                    #expect(reach[element] == mask, "m \(m) element \(element)")
                }
            }
        }
    }

    @Test func directConvolutionMatchesAHandComputedOne() {
        var shape = LayerShape(channels: 1, filters: 1)
        (shape.height, shape.width, shape.kernelHeight, shape.kernelWidth) = (2, 3, 2, 2)
        let input: [Double] = [1, 2, 3, 4, 5, 6]
        #expect(ReferenceConvolution.direct(input: input, weights: [1, 10, 100, 1000], shape: shape) == [5421, 6532])
        (shape.paddingHeight, shape.strideHeight, shape.dilationWidth) = (1, 2, 2)
        // Rows -1 and 0, then 1 and 2; columns 0 and 2.
        #expect(ReferenceConvolution.direct(input: input, weights: [1, 10, 100, 1000], shape: shape) == [3100, 64])
    }

    @Test func groupsDoNotMix() {
        var shape = LayerShape(channels: 1, filters: 1)
        (shape.channels, shape.filters, shape.groups) = (4, 2, 2)
        let output = ReferenceConvolution.direct(input: [1, 10, 100, 1000], weights: [1, 2, 3, 4], shape: shape)
        #expect(output == [21, 4300])
    }

    @Test func winogradIsTheDirectConvolution() throws {
        for seed in UInt64(0)..<120 {
            var random = SeededGenerator(seed: seed)
            var shape = LayerShape(channels: 1, filters: 1)
            let r = random.number(2...5)
            let m = random.number(1...(9 - r))
            shape.groups = random.number(1...3)
            shape.batch = random.number(1...2)
            shape.channels = shape.groups * random.number(1...3)
            shape.filters = shape.groups * random.number(1...3)
            (shape.kernelHeight, shape.kernelWidth) = (r, r)
            (shape.paddingHeight, shape.paddingWidth) = (random.number(0...2), random.number(0...2))
            (shape.height, shape.width) = (random.number(r...13), random.number(r...13))
            let input = random.reals(shape.batch * shape.channels * shape.height * shape.width)
            let weights = random.reals(shape.filters * shape.channels / shape.groups * r * r)
            let direct = ReferenceConvolution.direct(input: input, weights: weights, shape: shape)
            let winograd = try ReferenceConvolution.winograd(
                input: input, weights: weights, shape: shape, matrices: .cookToom(m: m, r: r))
            #expect(direct.count == winograd.count)
            let error = zip(direct, winograd).map { abs($0 - $1) }.max() ?? 0
            #expect(error < 1e-9, "seed \(seed): F(\(m), \(r)), error \(error), \(shape)")
        }
    }

    /// Strides and dilations against an independent computation: every output is a sum over a zero-padded map.
    @Test func directConvolutionTakesAnyStrideAndDilation() {
        for seed in UInt64(0)..<120 {
            var random = SeededGenerator(seed: seed)
            var shape = LayerShape(channels: 1, filters: 1)
            shape.groups = random.number(1...2)
            shape.channels = shape.groups * random.number(1...2)
            shape.filters = shape.groups * random.number(1...2)
            (shape.kernelHeight, shape.kernelWidth) = (random.number(1...3), random.number(1...3))
            (shape.strideHeight, shape.strideWidth) = (random.number(1...3), random.number(1...3))
            (shape.paddingHeight, shape.paddingWidth) = (random.number(0...2), random.number(0...2))
            (shape.dilationHeight, shape.dilationWidth) = (random.number(1...2), random.number(1...2))
            (shape.height, shape.width) = (random.number(5...9), random.number(5...9))
            let input = random.reals(shape.channels * shape.height * shape.width)
            let perGroup = shape.channels / shape.groups
            let weights = random.reals(shape.filters * perGroup * shape.kernelHeight * shape.kernelWidth)
            let paddedWidth = shape.width + 2 * shape.paddingWidth
            let paddedHeight = shape.height + 2 * shape.paddingHeight
            var padded = [Double](repeating: 0, count: shape.channels * paddedHeight * paddedWidth)
            for (index, value) in input.enumerated() {
                let (map, column) = index.quotientAndRemainder(dividingBy: shape.width)
                let (channel, row) = map.quotientAndRemainder(dividingBy: shape.height)
                padded[
                    (channel * paddedHeight + row + shape.paddingHeight) * paddedWidth + column + shape.paddingWidth] =
                    value
            }
            // Scatter: each product is added to the output that it is part of.
            let rows = (paddedHeight - (shape.kernelHeight - 1) * shape.dilationHeight - 1) / shape.strideHeight + 1
            let columns = (paddedWidth - (shape.kernelWidth - 1) * shape.dilationWidth - 1) / shape.strideWidth + 1
            var expected = [Double](repeating: 0, count: shape.filters * rows * columns)
            for (index, weight) in weights.enumerated() {
                let s = index % shape.kernelWidth
                let r = index / shape.kernelWidth % shape.kernelHeight
                let filterChannel = index / shape.kernelWidth / shape.kernelHeight
                let filter = filterChannel / perGroup
                let channel = filter / (shape.filters / shape.groups) * perGroup + filterChannel % perGroup
                for row in 0..<rows {
                    for column in 0..<columns {
                        let y = channel * paddedHeight + row * shape.strideHeight + r * shape.dilationHeight
                        let x = column * shape.strideWidth + s * shape.dilationWidth
                        expected[(filter * rows + row) * columns + column] += weight * padded[y * paddedWidth + x]
                    }
                }
            }
            let direct = ReferenceConvolution.direct(input: input, weights: weights, shape: shape)
            #expect(direct.count == expected.count)
            let error = zip(direct, expected).map { abs($0 - $1) }.max() ?? 0
            #expect(error < 1e-12, "seed \(seed): error \(error), \(shape)")
        }
    }

    @Test func whatWinogradCannotDoIsRefused() throws {
        var shape = LayerShape(channels: 1, filters: 1)
        (shape.height, shape.width, shape.kernelHeight, shape.kernelWidth) = (5, 5, 3, 3)
        let input = [Double](repeating: 1, count: 25)
        let matrices = try WinogradMatrices.cookToom(m: 2, r: 2)
        #expect(throws: WinogradError.notApplicable("the kernel is 3 x 3; expected 2 x 2")) {
            try ReferenceConvolution.winograd(
                input: input, weights: Array(input.prefix(9)), shape: shape, matrices: matrices)
        }
        shape.strideWidth = 2
        #expect(throws: WinogradError.self) {
            try ReferenceConvolution.winograd(
                input: input, weights: Array(input.prefix(9)), shape: shape, matrices: .cookToom(m: 2, r: 3))
        }
    }
}
