import Files
import Tensors
import Testing
import Winograd

@testable import Traces

extension Layer {
    /// The form of Winograd's algorithm with these matrices, or the direct form.
    func form(_ matrices: WinogradMatrices? = nil) throws -> LayerForm {
        try matrices.map { try LayerForm(winograd: self, matrices: $0) } ?? LayerForm(direct: self)
    }
}

/// A layer of random shape and values, with its operands by the plain formulas.
struct OperandCase {
    let seed: UInt64
    var shape: LayerShape
    var matrices: WinogradMatrices
    let input: [Float]
    let weights: [Float]
    let transformedWeights: [Float]

    init(seed: UInt64) throws {
        self.seed = seed
        let random = SplitMix64(seed: seed)
        func pick(_ index: Int, _ range: ClosedRange<Int>) -> Int {
            range.lowerBound + Int(random.output(index) % UInt64(range.count))
        }
        let r = pick(0, 2...4)
        matrices = try .cookToom(m: pick(1, 1...(9 - r)), r: r)
        let groups = pick(2, 1...2)
        shape = LayerShape(channels: groups * pick(3, 1...3), filters: groups * pick(4, 1...3))
        shape.groups = groups
        shape.batch = pick(5, 1...2)
        (shape.kernelHeight, shape.kernelWidth) = (r, r)
        (shape.paddingHeight, shape.paddingWidth) = (pick(6, 0...2), pick(7, 0...2))
        (shape.height, shape.width) = (pick(8, r...9), pick(9, r...9))
        func values(_ stream: String, _ count: Int) -> [Float] {
            let random = SplitMix64(seed: seed, stream: stream)
            return (0..<count).map { i in
                random.uniform(2 * i) < 0.5 ? 0 : Float(random.uniform(2 * i + 1) * 2 - 1)
            }
        }
        input = values("input", shape.batch * shape.channels * shape.height * shape.width)
        let kernels = shape.filters * shape.groupChannels
        weights = values("weights", kernels * r * r)
        transformedWeights = values("transformed", kernels * matrices.n * matrices.n)
    }

    var inputTensor: TensorReference {
        TensorReference(
            name: "x", tensor: Tensor(input, shape: [shape.batch, shape.channels, shape.height, shape.width]))
    }

    var weightTensor: TensorReference {
        TensorReference(
            name: "w",
            tensor: Tensor(
                weights, shape: [shape.filters, shape.groupChannels, shape.kernelHeight, shape.kernelWidth]))
    }

    var transformedTensor: TensorReference {
        TensorReference(
            name: "u",
            tensor: Tensor(
                transformedWeights, shape: [shape.filters, shape.groupChannels, matrices.n, matrices.n]))
    }

    var model: WinogradModel { WinogradModel(tile: matrices.m) }

    func layer(
        relu: Relu = .none, weights: OperandSource? = nil, activations: OperandSource? = nil
    ) -> Layer {
        Layer(
            name: "l", shape: shape, relu: relu, winograd: model, weights: weights ?? .tensor(weightTensor, .spatial),
            activations: activations ?? .tensor(inputTensor, .spatial))
    }

    /// B^T d B of every tile and channel, `[N*tiles, C, n*n]`, then the ReLU.
    func activations(rectified: Bool) -> [Double] {
        let (m, n) = (matrices.m, matrices.n)
        var result: [Double] = []
        for image in 0..<shape.batch {
            for ti in 0..<(shape.outputHeight + m - 1) / m {
                for tj in 0..<(shape.outputWidth + m - 1) / m {
                    for channel in 0..<shape.channels {
                        var patch: [Double] = []
                        for i in 0..<n {
                            for j in 0..<n {
                                let y = ti * m - shape.paddingHeight + i
                                let x = tj * m - shape.paddingWidth + j
                                let inside = y >= 0 && y < shape.height && x >= 0 && x < shape.width
                                let map = (image * shape.channels + channel) * shape.height
                                patch.append(inside ? Double(input[(map + y) * shape.width + x]) : 0)
                            }
                        }
                        result += matrices.transformInput(patch).map { rectified ? max(0, $0) : $0 }
                    }
                }
            }
        }
        return result
    }

    func quantized(_ values: [Double], _ bits: Int) -> [Double] {
        let s = (values.map(abs).max() ?? 0) / Double((1 << (bits - 1)) - 1)
        return values.map { s == 0 ? 0 : ($0 / s).rounded(.toNearestOrEven) * s }
    }

    func masks(_ values: [Double]) -> [UInt64] {
        let positions = matrices.n * matrices.n
        return stride(from: 0, to: values.count, by: positions).map { start in
            (0..<positions).reduce(0) { $0 | (values[start + $1] != 0 ? 1 << UInt64($1) : 0) }
        }
    }
}

@Suite struct OperandTests {
    @Test func valuesAndZerosAreThoseOfTheFormulas() throws {
        for seed in 0..<80 as Range<UInt64> {
            let c = try OperandCase(seed: seed)
            for bits in [nil, 8, 4, 2] as [Int?] {
                func rounded(_ values: [Double]) -> [Double] { bits.map { c.quantized(values, $0) } ?? values }
                for relu in [Relu.none, .winograd] {
                    let layer = c.layer(relu: relu)
                    let expected = rounded(c.activations(rectified: relu == .winograd))
                    #expect(try layer.form(c.matrices).activationValues(quantizeBits: bits) == expected, "seed \(seed)")
                    guard
                        case .positions(let masks, let pixels?) = try layer.form(c.matrices).activationZeros(
                            seed: 1, quantizeBits: bits)
                    else {
                        Issue.record("seed \(seed): no positions with pixels")
                        continue
                    }
                    #expect(masks.masks == c.masks(expected), "seed \(seed) bits \(bits ?? 0)")
                    #expect(pixels.flags == c.input.map { $0 == 0 ? 0 : 1 }, "seed \(seed)")
                }
                let spatial = rounded(c.matrices.transformWeights(c.weights.map(Double.init)))
                let trained = rounded(c.transformedWeights.map(Double.init))
                for (source, values) in [
                    (OperandSource.tensor(c.weightTensor, .spatial), spatial),
                    (.tensor(c.transformedTensor, .winograd), trained),
                ] {
                    let layer = c.layer(weights: source)
                    #expect(try layer.form(c.matrices).weightValues(quantizeBits: bits) == values, "seed \(seed)")
                    guard
                        case .positions(let masks) = try layer.form(c.matrices).weightZeros(seed: 1, quantizeBits: bits)
                    else {
                        Issue.record("seed \(seed): no positions")
                        continue
                    }
                    #expect(masks.masks == c.masks(values), "seed \(seed)")
                    #expect(masks.outer == c.shape.filters && masks.channels == c.shape.groupChannels)
                }
                let layer = c.layer()
                let direct = rounded(c.input.map(Double.init))
                #expect(try layer.form().activationValues(quantizeBits: bits) == direct)
                if case .pixels(let flags) = try layer.form().activationZeros(seed: 1, quantizeBits: bits) {
                    #expect(flags.flags == direct.map { $0 == 0 ? 0 : 1 }, "seed \(seed)")
                } else {
                    Issue.record("seed \(seed): no pixels")
                }
                let taps = rounded(c.weights.map(Double.init))
                #expect(try layer.form().weightValues(quantizeBits: bits) == taps)
                if case .taps(let flags) = try layer.form().weightZeros(seed: 1, quantizeBits: bits) {
                    #expect(flags.flags == taps.map { $0 == 0 ? 0 : 1 }, "seed \(seed)")
                } else {
                    Issue.record("seed \(seed): no taps")
                }
            }
        }
    }

    /// The products of the operands give the layer's convolution: the order of tiles, channels and positions is right.
    @Test func operandsMultiplyToTheConvolution() throws {
        for seed in 100..<140 as Range<UInt64> {
            let c = try OperandCase(seed: seed)
            let (m, size) = (c.matrices.m, c.matrices.n * c.matrices.n)
            let weights = try c.layer().form(c.matrices).weightValues(quantizeBits: nil) ?? []
            let values = try c.layer().form(c.matrices).activationValues(quantizeBits: nil) ?? []
            let expected = ReferenceConvolution.direct(
                input: c.input.map(Double.init), weights: c.weights.map(Double.init), shape: c.shape)
            let (rows, columns) = (c.shape.outputHeight, c.shape.outputWidth)
            let (tileRows, tileColumns) = ((rows + m - 1) / m, (columns + m - 1) / m)
            var error = 0.0
            for (index, value) in expected.enumerated() {
                let (map, x) = index.quotientAndRemainder(dividingBy: columns)
                let (plane, y) = map.quotientAndRemainder(dividingBy: rows)
                let (image, filter) = plane.quotientAndRemainder(dividingBy: c.shape.filters)
                let tile = (image * tileRows + y / m) * tileColumns + x / m
                let first = filter / c.shape.groupFilters * c.shape.groupChannels
                var products = [Double](repeating: 0, count: size)
                for channel in 0..<c.shape.groupChannels {
                    for position in 0..<size {
                        products[position] +=
                            weights[(filter * c.shape.groupChannels + channel) * size + position]
                            * values[(tile * c.shape.channels + first + channel) * size + position]
                    }
                }
                let output = c.matrices.transformOutput(products)[y % m * m + x % m]
                error = max(error, abs(output - value))
            }
            #expect(error < 1e-9, "seed \(seed): \(error)")
        }
    }

    /// The structural fill-in has the non-zeros of generic positive values: no sum cancels.
    @Test func spatialDensitiesFillInStructurally() throws {
        for seed in 0..<60 as Range<UInt64> {
            let c = try OperandCase(seed: seed)
            let layer = c.layer(
                weights: .density(0.3, .spatial, Spread()), activations: .density(0.2, .spatial, Spread()))
            guard case .taps(let taps) = try layer.form().weightZeros(seed: seed, quantizeBits: 8),
                case .pixels(let pixels) = try layer.form().activationZeros(seed: seed, quantizeBits: nil),
                case .positions(let weights) = try layer.form(c.matrices).weightZeros(seed: seed, quantizeBits: nil),
                case .positions(let activations, let known?) = try layer.form(c.matrices).activationZeros(
                    seed: seed, quantizeBits: 8)
            else {
                Issue.record("seed \(seed): wrong form")
                continue
            }
            #expect(known.flags == pixels.flags)
            // The absolute values of the matrices, so that nothing cancels.
            func positive(_ matrix: Matrix) -> Matrix {
                Matrix(rows: matrix.rows, columns: matrix.columns, values: matrix.values.map(abs))
            }
            let absolute = try WinogradMatrices(
                m: c.matrices.m, r: c.matrices.r, bt: positive(c.matrices.bt), g: positive(c.matrices.g),
                at: positive(c.matrices.at))
            #expect(
                weights.masks == c.masks(absolute.transformWeights(taps.flags.map(Double.init))), "seed \(seed)")
            let flagged = Layer(
                name: "l", shape: c.shape, weights: layer.weights,
                activations: .tensor(
                    TensorReference(
                        name: "x",
                        tensor: Tensor(
                            pixels.flags.map(Float.init),
                            shape: [c.shape.batch, c.shape.channels, c.shape.height, c.shape.width])), .spatial))
            let values = try flagged.form(absolute).activationValues(quantizeBits: nil) ?? []
            #expect(activations.masks == c.masks(values), "seed \(seed)")
        }
    }

    @Test func winogradDensitiesDrawEveryPosition() throws {
        let c = try OperandCase(seed: 3)
        var spread = Spread()
        (spread.channels, spread.tiles) = (0.1, 0.2)
        let layer = c.layer(
            relu: .winograd, weights: .density(0.4, .winograd, Spread()), activations: .density(0.5, .winograd, spread))
        let positions = c.matrices.n * c.matrices.n
        guard case .positions(let weights) = try layer.form(c.matrices).weightZeros(seed: 9, quantizeBits: nil),
            case .positions(let activations, nil) = try layer.form(c.matrices).activationZeros(seed: 9, quantizeBits: 8)
        else {
            Issue.record("wrong form")
            return
        }
        let drawn = SplitMix64(seed: 9, stream: "l/weights")
        for (index, mask) in weights.masks.enumerated() {
            for position in 0..<positions {
                #expect((mask >> UInt64(position) & 1 == 1) == (drawn.uniform(index * positions + position) < 0.4))
            }
        }
        let tiles = TileGrid(c.shape, edge: c.matrices.m).tiles
        #expect(activations.outer == tiles && activations.channels == c.shape.channels)
        let expected = DensityDrawing(
            density: 0.5, spread: spread, seed: 9, stream: "l/activations", outer: tiles, outerIs: .tiles,
            channels: c.shape.channels, elements: positions)
        #expect(activations.masks == expected.allMasks().masks)
        #expect(try layer.form(c.matrices).weightValues(quantizeBits: nil) == nil)
        #expect(try layer.form(c.matrices).activationValues(quantizeBits: nil) == nil)
    }

    @Test func masksAreUsedUnchanged() throws {
        let masks = TensorReference(name: "m", tensor: Tensor([1, 2, 3, .max, 5, 6] as [UInt64], shape: [2, 3]))
        let layer = Layer(
            name: "l", shape: LayerShape(channels: 4, filters: 2), weights: .mask(masks), activations: .mask(masks))
        guard case .given(let weights) = try layer.form().weightZeros(seed: 1, quantizeBits: nil),
            case .given(let activations) = try layer.form().activationZeros(seed: 1, quantizeBits: 8)
        else {
            Issue.record("wrong form")
            return
        }
        #expect(weights.rows == 2 && weights.columns == 3 && weights.masks == [1, 2, 3, .max, 5, 6])
        #expect(activations.masks == weights.masks)
        #expect(try layer.form().weightValues(quantizeBits: nil) == nil)
    }

    @Test func aTensorOfZerosQuantizesToZeros() throws {
        let zeros = TensorReference(name: "z", tensor: Tensor([0, 0, 0, 0] as [Float], shape: [2, 2, 1, 1]))
        let layer = Layer(
            name: "l", shape: LayerShape(channels: 2, filters: 2), weights: .tensor(zeros, .spatial),
            activations: .density(1, .spatial, Spread()))
        #expect(try layer.form().weightValues(quantizeBits: 8) == [0, 0, 0, 0])
        #expect(throws: InputError.self) { try layer.form().weightValues(quantizeBits: 1) }
    }

    private func message<T>(_ body: () throws -> T) -> String {
        do {
            return "returned \(try body())"
        } catch {
            return "\(error)"
        }
    }

    @Test func formsThatAreAnotherFunctionAreRefused() throws {
        let c = try OperandCase(seed: 5)
        let (m, r) = (c.matrices.m, c.matrices.r)
        let trained = c.layer(weights: .tensor(c.transformedTensor, .winograd))
        #expect(
            message { try trained.form().weightZeros(seed: 1, quantizeBits: nil) }
                == "error: layer \"l\": its weights live in the Winograd domain, so it has no direct form: that is a "
                + "different function. Expected Winograd with tile \(m)")
        let other = try WinogradMatrices.cookToom(m: m == 1 ? 2 : 1, r: r)
        #expect(
            message { try c.layer(relu: .winograd).form(other).activationValues(quantizeBits: nil) }
                == "error: layer \"l\": its ReLU lives in the Winograd domain of tile \(m), so it has no form at tile "
                + "\(other.m): that is a different function")
        #expect(
            message {
                try c.layer(relu: .winograd, activations: .density(0.5, .spatial, Spread()))
                    .form(c.matrices).activationZeros(seed: 1, quantizeBits: nil)
            }.contains("expected domain: winograd"))
        // Spatial operands can take every form.
        _ = try c.layer().form(other).weightZeros(seed: 1, quantizeBits: nil)
        var strided = c.layer()
        strided.winograd = nil
        strided.shape.strideWidth = 2
        #expect(
            message { try strided.form(c.matrices).weightZeros(seed: 1, quantizeBits: nil) }
                == "error: layer \"l\": Winograd's algorithm expects stride 1, found 1 x 2")
    }

    @Test func operandsTooLargeToHoldAreRefused() {
        var shape = LayerShape(channels: 1, filters: 1)
        (shape.height, shape.width) = (1 << 16, 1 << 16)
        let layer = Layer(
            name: "l", shape: shape, weights: .density(1, .spatial, Spread()),
            activations: .density(1, .spatial, Spread()))
        #expect(message { try layer.form().activationZeros(seed: 1, quantizeBits: nil) }.contains("at most 2^31"))
    }
}
