import TestSupport
import Testing

@testable import Traces

@Suite struct TileGridTests {
    /// A shape with a kernel of any kind; under Winograd's algorithm with stride and dilation 1 and a square kernel.
    private func shape(edge: Int, _ random: inout SeededGenerator) -> LayerShape {
        var shape = LayerShape(channels: 1, filters: 1)
        shape.batch = random.number(1...3)
        (shape.kernelHeight, shape.kernelWidth) = (random.number(1...4), random.number(1...4))
        (shape.paddingHeight, shape.paddingWidth) = (random.number(0...3), random.number(0...3))
        if edge == 1 {
            (shape.strideHeight, shape.strideWidth) = (random.number(1...3), random.number(1...3))
            (shape.dilationHeight, shape.dilationWidth) = (random.number(1...3), random.number(1...3))
        } else {
            shape.kernelWidth = shape.kernelHeight
        }
        shape.height = (shape.kernelHeight - 1) * shape.dilationHeight + random.number(1...9)
        shape.width = (shape.kernelWidth - 1) * shape.dilationWidth + random.number(1...9)
        return shape
    }

    /// The expected pixel of every position of a tile is derived from the outputs and their taps.
    @Test func tilesReadThePixelsUnderTheirOutputs() {
        for seed in UInt64(0)..<300 {
            var random = SeededGenerator(seed: seed)
            let m = random.pick([1, 1, 2, 3, 4, 6])
            let shape = shape(edge: m, &random)
            let grid = TileGrid(shape, edge: m)
            var pixels: [[Int]] = []
            var outputs: [Int] = []
            for image in 0..<shape.batch {
                for top in stride(from: 0, to: shape.outputHeight, by: m) {
                    for left in stride(from: 0, to: shape.outputWidth, by: m) {
                        var patch = [Int](repeating: -2, count: grid.positions)
                        var inside = 0
                        for (i, j) in pairs(m, m) {
                            if top + i < shape.outputHeight && left + j < shape.outputWidth { inside += 1 }
                            for (r, s) in pairs(shape.kernelHeight, shape.kernelWidth) {
                                let y = (top + i) * shape.strideHeight + r * shape.dilationHeight - shape.paddingHeight
                                let x = (left + j) * shape.strideWidth + s * shape.dilationWidth - shape.paddingWidth
                                let isPixel = (0..<shape.height).contains(y) && (0..<shape.width).contains(x)
                                patch[(i + r) * grid.patchColumns + j + s] =
                                    isPixel ? (image * shape.height + y) * shape.width + x : -1
                            }
                        }
                        pixels.append(patch)
                        outputs.append(inside)
                    }
                }
            }
            #expect(grid.tiles == pixels.count, "seed \(seed): \(grid)")
            guard grid.tiles == pixels.count else { continue }
            #expect(outputs.reduce(0, +) == shape.batch * shape.outputHeight * shape.outputWidth, "seed \(seed)")
            let first = random.below(grid.tiles)
            for range in [0..<grid.tiles, first..<random.number(first...grid.tiles)] {
                #expect(grid.outputs(of: range) == outputs[range].reduce(0, +), "seed \(seed): \(range) of \(grid)")
                for position in 0..<grid.positions {
                    var read: [Int] = []
                    grid.forEachPixel(of: range, at: position) { tile, pixel in
                        #expect(tile == range.lowerBound + read.count, "seed \(seed)")
                        read.append(pixel)
                    }
                    #expect(read == pixels[range].map { $0[position] }, "seed \(seed): \(position) in \(grid)")
                }
            }
        }
    }

    private func pairs(_ rows: Int, _ columns: Int) -> [(Int, Int)] {
        (0..<rows).flatMap { row in (0..<columns).map { (row, $0) } }
    }
}
