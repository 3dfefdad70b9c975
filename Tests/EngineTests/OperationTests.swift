import Files
import Hardware
import Tensors
import TestSupport
import Testing
import Traces

@testable import Engine

/// Operations that are laid out as convolutions, from files: their outputs against loops that follow their definitions.
@Suite struct OperationTests {
    /// A trace of one layer with its tensors.
    private struct OneLayer {
        var layer: String
        var tensors: [(name: String, tensor: Tensor)] = []

        func load() throws -> Trace {
            let folder = try Folder()
            var writer = SafetensorsWriter()
            for (name, tensor) in tensors { writer.add(name, tensor) }
            try writer.write(to: folder.file("t.safetensors"))
            let path = try folder.write(
                "format: winosim-trace/1\nmodel: m\ntensors: t.safetensors\nlayers:\n  - {\(layer)}\n", to: "trace.yaml"
            )
            return try Trace.load(path: path)
        }
    }

    /// Whole numbers, so that sums are exact, of which some are zero.
    private func values(_ count: Int, _ random: inout SeededGenerator) -> [Float] {
        (0..<count).map { _ in random.pick([0, 0, -2, -1, 1, 3]) }
    }

    /// Runs the layer on a machine that skips zeros; its outputs are the recorded ones, exactly.
    private func activity(_ one: OneLayer, _ place: String) async throws -> LayerActivity {
        let trace = try one.load()
        var machine = Configuration()
        machine.peArray.rows = 2
        machine.peArray.columns = 2
        let model = CycleModel(machine)
        let result = try await model.run(trace)
        let verified = try await model.verify(trace, against: result)
        #expect(verified[0].status == .verified && verified[0].recorded?.largest == 0, "\(place)")
        return try #require(result.layers.first)
    }

    @Test(arguments: 0..<UInt64(20)) func productsOfMatricesRunAsGroups(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let (b, m, k, n) = (random.number(1...3), random.number(1...5), random.number(1...20), random.number(1...6))
        let (left, right) = (values(b * m * k, &random), values(b * k * n, &random))
        var outputs = [Float](repeating: 0, count: b * m * n)
        var products = 0
        for p in 0..<b {
            for i in 0..<m {
                for j in 0..<n {
                    for c in 0..<k {
                        let (x, y) = (left[(p * m + i) * k + c], right[(p * k + c) * n + j])
                        outputs[(p * m + i) * n + j] += x * y
                        if x != 0 && y != 0 { products += 1 }
                    }
                }
            }
        }
        let one = OneLayer(
            layer: """
                name: scores, operation: matmul, input: {channels: \(k), height: \(m), batch: \(b)}, output: {channels: \(n)},
                    activations: {tensor: a}, weights: {tensor: b}, outputs: {tensor: y}
                """,
            tensors: [
                ("a", Tensor(left, shape: [b, m, k])), ("b", Tensor(right, shape: [b, k, n])),
                ("y", Tensor(outputs, shape: [b, m, n])),
            ])
        let layer = try await activity(one, "seed \(seed)")
        #expect(layer.algorithm == .linear && layer.shape.denseMultiplies == b * m * k * n)
        #expect(layer.activity.array.usefulProducts == products, "seed \(seed)")
    }

    /// Every input adds its products with the kernel at its place times the stride, less the padding.
    @Test(arguments: 0..<UInt64(40)) func transposedConvolutionsInsertZeros(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let groups = random.pick([1, 1, 2])
        let (batch, channels, filters) = (
            random.number(1...2), groups * random.number(1...4), groups * random.number(1...4)
        )
        let (height, width) = (random.number(1...5), random.number(1...5))
        let (rows, columns) = (random.number(1...4), random.number(1...4))
        let (stride, dilation) = ((random.number(1...3), random.number(1...3)), random.number(1...2))
        let top = random.number(0...min(1, dilation * (rows - 1)))
        let left = random.number(0...min(1, dilation * (columns - 1)))
        let bottom = random.number(0...min(1, dilation * (rows - 1)))
        let more = (random.number(0...stride.0 - 1), random.number(0...stride.1 - 1))
        let ho = (height - 1) * stride.0 - top - bottom + dilation * (rows - 1) + 1 + more.0
        let wo = (width - 1) * stride.1 - 2 * left + dilation * (columns - 1) + 1 + more.1
        guard ho > 0, wo > 0 else { return }
        let perGroup = filters / groups
        let x = values(batch * channels * height * width, &random)
        let w = values(channels * perGroup * rows * columns, &random)
        var y = [Float](repeating: 0, count: batch * filters * ho * wo)
        for image in 0..<batch {
            for c in 0..<channels {
                for f in 0..<perGroup {
                    let filter = c / (channels / groups) * perGroup + f
                    for i in 0..<height {
                        for j in 0..<width {
                            for r in 0..<rows {
                                for s in 0..<columns {
                                    let (row, column) = (
                                        i * stride.0 - top + r * dilation, j * stride.1 - left + s * dilation
                                    )
                                    guard row >= 0, row < ho, column >= 0, column < wo else { continue }
                                    y[((image * filters + filter) * ho + row) * wo + column] +=
                                        x[((image * channels + c) * height + i) * width + j]
                                        * w[((c * perGroup + f) * rows + r) * columns + s]
                                }
                            }
                        }
                    }
                }
            }
        }
        let one = OneLayer(
            layer: """
                name: up, operation: transposed_convolution, input: {channels: \(channels), height: \(height),
                    width: \(width), batch: \(batch)}, output: {channels: \(filters), height: \(ho), width: \(wo)},
                    kernel: {height: \(rows), width: \(columns), stride: [\(stride.0), \(stride.1)], dilation: \(dilation),
                    padding: [\(top), \(left), \(bottom), \(left)], output_padding: [\(more.0), \(more.1)], groups: \(groups)},
                    activations: {tensor: x}, weights: {tensor: w}, outputs: {tensor: y}
                """,
            tensors: [
                ("x", Tensor(x, shape: [batch, channels, height, width])),
                ("w", Tensor(w, shape: [channels, perGroup, rows, columns])),
                ("y", Tensor(y, shape: [batch, filters, ho, wo])),
            ])
        let layer = try await activity(one, "seed \(seed)")
        #expect(layer.algorithm == .direct)
        if stride != (1, 1) {
            #expect(layer.shape.denseMultiplies == batch * channels * height * width * perGroup * rows * columns)
        }
    }

    /// Padding that is larger at the end than at the start, as with `same` and a stride of 2.
    @Test(arguments: [(0, 1), (1, 0), (2, 1)]) func sidesOfPaddingDiffer(top: Int, bottom: Int) async throws {
        var random = SeededGenerator(seed: 3)
        let (height, stride) = (6, 2)
        let rows = (height + top + bottom - 3) / stride + 1
        let (x, w) = (values(2 * height * 4, &random), values(3 * 2 * 3 * 1, &random))
        var y = [Float](repeating: 0, count: 3 * rows * 4)
        for f in 0..<3 {
            for i in 0..<rows {
                for j in 0..<4 {
                    for c in 0..<2 {
                        for r in 0..<3 where (0..<height).contains(i * stride + r - top) {
                            y[(f * rows + i) * 4 + j] +=
                                x[(c * height + i * stride + r - top) * 4 + j] * w[(f * 2 + c) * 3 + r]
                        }
                    }
                }
            }
        }
        let one = OneLayer(
            layer: """
                name: c, operation: convolution, input: {channels: 2, height: \(height), width: 4}, output: {channels: 3,
                    height: \(rows)}, kernel: {height: 3, width: 1, stride: [\(stride), 1], padding: [\(top), 0, \(bottom), 0]},
                    activations: {tensor: x}, weights: {tensor: w}, outputs: {tensor: y}
                """,
            tensors: [
                ("x", Tensor(x, shape: [1, 2, height, 4])), ("w", Tensor(w, shape: [3, 2, 3, 1])),
                ("y", Tensor(y, shape: [1, 3, rows, 4])),
            ])
        _ = try await activity(one, "\(top), \(bottom)")
    }

    /// Elements that equal their zero point are skipped, whatever they are; filters have scales of their own.
    @Test func quantizedElementsAreZeroAtTheirZeroPoint() async throws {
        let x = Tensor(type: .u8, shape: [1, 3], bytes: [128, 130, 0])
        let w = Tensor(type: .i8, shape: [2, 3], bytes: [5, 7, 0, 0xFF, 4, 1].map { $0 })
        let scales = Tensor([0.5, 2] as [Float], shape: [2])
        let zeros = Tensor([0, 4] as [Float], shape: [2])
        // (128 - 128, 130 - 128, 0 - 128) / 4 with (2.5, 3.5, 0) and 2 * (-1 - 4, 0, 1 - 4).
        let y = Tensor([1.75, 192] as [Float], shape: [1, 2])
        var one = OneLayer(
            layer: """
                name: q, operation: linear, input: {channels: 3}, output: {channels: 2},
                    activations: {tensor: x, scale: 0.25, zero_point: 128},
                    weights: {tensor: w, scale: {tensor: s}, zero_point: {tensor: z}}, outputs: {tensor: y}
                """,
            tensors: [("x", x), ("w", w), ("s", scales), ("z", zeros), ("y", y)])
        let layer = try await activity(one, "quantized")
        // x is (0, 1/2, -32), w (5/2, 7/2, 0) and (-10, 0, -6): two products of values that are not zero.
        #expect(layer.activity.array.usefulProducts == 2)
        for (from, to, fault) in [
            ("scale: 0.25", "scale: 0", "expected a scale above 0"), ("scale: 0.25, ", "", "a zero_point and no scale"),
            ("scale: {tensor: s}", "scale: {tensor: y}", "expected [K] = [2]"),
            ("zero_point: 128", "zero_point: 1.5", "or a zero point of a byte"),
            ("{tensor: x, scale", "{density: 0.5, scale", "found one with a density"),
            ("{tensor: x, scale", "{tensor: y, scale", "expected one of I8 or U8"),
            ("zero_point: 128", "zero_point: {tensor: z}", "expected one number for all activations"),
        ] {
            let valid = one.layer
            one.layer = valid.replacing(from, with: to)
            let message = #expect(throws: InputError.self) { try one.load() }
            #expect(message?.message.contains(fault) == true, "\(from) -> \(to): \(message?.message ?? "")")
            one.layer = valid
        }
    }

    /// N * C * Hi * Wi * K/groups * R * S, of the map before the insertion.
    @Test func insertedZerosAreNoDenseProducts() {
        var shape = LayerShape(channels: 16, filters: 16)
        (shape.height, shape.width) = (15, 15)
        (shape.insertionHeight, shape.insertionWidth) = (2, 2)
        (shape.kernelHeight, shape.kernelWidth) = (2, 2)
        (shape.paddingHeight, shape.paddingWidth) = (1, 1)
        #expect(shape.denseMultiplies == 8 * 8 * 16 * 16 * 4)
    }
}
