import Files
import Tensors
import Testing
import Winograd

@testable import Traces

@Suite struct FillInTests {
    /// Two kernels and one patch, transformed by hand with the matrices of Lavin and Gray.
    @Test func fillInMatchesTheHandComputation() throws {
        // B^T d, of rows d0 - d2, d1 + d2, d2 - d1, d1 - d3, is | 1 0 0 0 | 0 -1 0 0 | 0 1 0 0 | 0 -1 0 -2 |, and times
        // B | 1 0 0 0 | 0 -1 1 -1 | 0 1 -1 1 | 0 -1 1 1 |: 10 not zero, 1 + 1 + 2 + 2 above it.
        // With the -1 rectified only | 1 0 0 0 | and, from the 2, | 0 0 0 2 | remain.
        let pixels: [[Float]] = [[1, 0, 0, 0], [0, -1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 2]]
        // G g has the rows g0, (g0 + g1 + g2) / 2, (g0 - g1 + g2) / 2, g2. The first kernel's middle tap contributes to
        // the 4 middle positions; in the second the taps 1 and -1 cancel in the middle columns of three rows.
        let taps: [[Float]] = [[0, 0, 0], [0, 1, 0], [0, 0, 0], [1, 0, -1], [0, 0, 0], [0, 0, 0]]
        var shape = LayerShape(channels: 1, filters: 2)
        (shape.height, shape.width, shape.kernelHeight, shape.kernelWidth) = (4, 4, 3, 3)
        let layer = Layer(
            name: "hand", shape: shape,
            weights: .tensor(
                TensorReference(name: "g", tensor: Tensor(taps.flatMap(\.self), shape: [2, 1, 3, 3])), .spatial),
            activations: .tensor(
                TensorReference(name: "d", tensor: Tensor(pixels.flatMap(\.self), shape: [1, 1, 4, 4])), .spatial))
        let fillIn = try layer.fillIn(seed: 1)
        #expect(fillIn.layer == "hand" && fillIn.relu == .none && fillIn.tile == 2 && fillIn.kernel == 3)
        #expect(fillIn.weightDensityBefore == 3.0 / 18)
        #expect(fillIn.weightDensityAfter == 10.0 / 32)
        #expect(fillIn.pixelDensity == 3.0 / 16)
        #expect(fillIn.rectifiedPixelDensity == 2.0 / 16)
        #expect(fillIn.activationDensityNoRelu == 10.0 / 16)
        #expect(fillIn.activationDensitySpatialRelu == 2.0 / 16)
        #expect(fillIn.activationDensityWinogradRelu == 6.0 / 16)
    }

    /// A map of 3x3 with padding 1 has 2x2 tiles, the last of each row and column partial; all count as full tiles.
    @Test func paddingAndPartialTilesCount() throws {
        // The pixel is element (1, 1) of the first tile alone: |0| |0 1 -1 1| |0 -1 1 -1| |0 1 -1 1|, 9 not zero, 5
        // above.
        let pixels: [Float] = [3, 0, 0, 0, 0, 0, 0, 0, 0]
        var shape = LayerShape(channels: 1, filters: 1)
        (shape.height, shape.width, shape.kernelHeight, shape.kernelWidth) = (3, 3, 3, 3)
        (shape.paddingHeight, shape.paddingWidth) = (1, 1)
        let layer = Layer(
            name: "padded", shape: shape, relu: .spatial, weights: .density(1, .winograd, Spread()),
            activations: .tensor(TensorReference(name: "d", tensor: Tensor(pixels, shape: [1, 1, 3, 3])), .spatial))
        let fillIn = try layer.fillIn(seed: 1)
        #expect(fillIn.weightDensityBefore == nil && fillIn.weightDensityAfter == 1)
        #expect(fillIn.pixelDensity == 1.0 / 9 && fillIn.rectifiedPixelDensity == 1.0 / 9)
        #expect(fillIn.activationDensityNoRelu == 9.0 / 64)
        #expect(fillIn.activationDensitySpatialRelu == 9.0 / 64)
        #expect(fillIn.activationDensityWinogradRelu == 5.0 / 64)
    }

    /// The densities that a machine multiplies under each ReLU are the measured ones.
    @Test func densitiesAreThoseOfTheMasks() throws {
        for seed in 300..<360 as Range<UInt64> {
            let c = try OperandCase(seed: seed)
            let layer = c.layer()
            let fillIn = try layer.fillIn(seed: seed)
            #expect(fillIn.tile == c.matrices.m && fillIn.kernel == c.matrices.r, "seed \(seed)")
            let spatial = c.layer(relu: .spatial, activations: .tensor(c.rectifiedTensor, .spatial))
            for (density, layer) in [
                (fillIn.activationDensityNoRelu, layer), (fillIn.activationDensitySpatialRelu, spatial),
                (fillIn.activationDensityWinogradRelu, c.layer(relu: .winograd)),
            ] {
                let zeros = try layer.form(c.matrices).activationZeros(seed: seed, quantizeBits: nil)
                #expect(density == share(of: zeros), "seed \(seed), relu \(layer.relu)")
            }
            let weights = try layer.form(c.matrices).weightZeros(seed: seed, quantizeBits: nil)
            #expect(fillIn.weightDensityAfter == share(of: weights), "seed \(seed)")
            let taps = try layer.form().weightZeros(seed: seed, quantizeBits: nil)
            #expect(fillIn.weightDensityBefore == share(of: taps), "seed \(seed)")
            let trained = c.layer(relu: .winograd, weights: .tensor(c.transformedTensor, .winograd))
            let trainedFillIn = try trained.fillIn(seed: seed)
            #expect(trainedFillIn.weightDensityBefore == nil, "seed \(seed)")
            #expect(
                try trainedFillIn.weightDensityAfter
                    == share(of: trained.form(c.matrices).weightZeros(seed: seed, quantizeBits: nil)), "seed \(seed)")
            // The layer's own ReLU changes the operands, but no measurement of its pixels.
            #expect(trainedFillIn.pixelDensity == fillIn.pixelDensity, "seed \(seed)")
            #expect(trainedFillIn.activationDensityNoRelu == fillIn.activationDensityNoRelu, "seed \(seed)")
            #expect(trainedFillIn.activationDensitySpatialRelu == fillIn.activationDensitySpatialRelu, "seed \(seed)")
            #expect(trainedFillIn.activationDensityWinogradRelu == fillIn.activationDensityWinogradRelu, "seed \(seed)")
        }
    }

    @Test func aReluNeverAddsNonZeros() throws {
        for seed in 400..<480 as Range<UInt64> {
            let c = try OperandCase(seed: seed)
            let tile = 1 + Int(seed) % (9 - c.matrices.r)
            let fillIn = try c.layer().fillIn(tile: tile, seed: seed)
            #expect(fillIn.tile == tile, "seed \(seed)")
            let pixels = try #require(fillIn.pixelDensity)
            #expect(try #require(fillIn.rectifiedPixelDensity) <= pixels, "seed \(seed)")
            let plain = try #require(fillIn.activationDensityNoRelu)
            #expect(try #require(fillIn.activationDensityWinogradRelu) <= plain, "seed \(seed)")
            let already = c.layer(relu: .spatial, activations: .tensor(c.rectifiedTensor, .spatial))
            let same = try already.fillIn(tile: tile, seed: seed)
            #expect(same.pixelDensity == fillIn.rectifiedPixelDensity, "seed \(seed)")
            #expect(same.rectifiedPixelDensity == fillIn.rectifiedPixelDensity, "seed \(seed)")
            #expect(same.activationDensityNoRelu == fillIn.activationDensitySpatialRelu, "seed \(seed)")
            #expect(same.activationDensitySpatialRelu == fillIn.activationDensitySpatialRelu, "seed \(seed)")
        }
    }

    @Test func drawnZerosAreFilledInByStructure() throws {
        let half = OperandSource.density(0.5, .spatial, Spread())
        for seed in 500..<540 as Range<UInt64> {
            let c = try OperandCase(seed: seed)
            for relu in [Relu.none, .spatial] {
                let layer = c.layer(relu: relu, weights: half, activations: half)
                let fillIn = try layer.fillIn(seed: seed)
                let label = "seed \(seed), relu \(relu)"
                let taps = try layer.form().weightZeros(seed: seed, quantizeBits: nil)
                #expect(fillIn.weightDensityBefore == share(of: taps), "\(label)")
                let weights = try layer.form(c.matrices).weightZeros(seed: seed, quantizeBits: nil)
                #expect(fillIn.weightDensityAfter == share(of: weights), "\(label)")
                let pixels = share(of: try layer.form().activationZeros(seed: seed, quantizeBits: nil))
                #expect(fillIn.pixelDensity == pixels, "\(label)")
                #expect(fillIn.rectifiedPixelDensity == (relu == .spatial ? pixels : nil), "\(label)")
                let positions = share(of: try layer.form(c.matrices).activationZeros(seed: seed, quantizeBits: nil))
                #expect(fillIn.activationDensityNoRelu == positions, "\(label)")
                #expect(fillIn.activationDensitySpatialRelu == (relu == .spatial ? positions : nil), "\(label)")
                #expect(fillIn.activationDensityWinogradRelu == nil, "\(label)")
            }
        }
    }

    @Test(arguments: Relu.allCases) func winogradDensitiesAreThoseOfTheLayersReluAlone(_ relu: Relu) throws {
        let half = OperandSource.density(0.5, .winograd, Spread())
        let c = try OperandCase(seed: 7)
        let layer = c.layer(relu: relu, weights: half, activations: half)
        let fillIn = try layer.fillIn(seed: 7)
        let positions = share(of: try layer.form(c.matrices).activationZeros(seed: 7, quantizeBits: nil))
        #expect(
            try fillIn.weightDensityAfter == share(of: layer.form(c.matrices).weightZeros(seed: 7, quantizeBits: nil)))
        #expect(fillIn.weightDensityBefore == nil)
        #expect(fillIn.pixelDensity == nil && fillIn.rectifiedPixelDensity == nil)
        #expect(fillIn.activationDensityNoRelu == (relu == .winograd ? nil : positions))
        #expect(fillIn.activationDensitySpatialRelu == (relu == .spatial ? positions : nil))
        #expect(fillIn.activationDensityWinogradRelu == (relu == .winograd ? positions : nil))
    }

    @Test func masksHaveNoFillIn() throws {
        let mask = OperandSource.mask(
            TensorReference(name: "m", tensor: Tensor([1, 2, 3, 4] as [UInt64], shape: [2, 2])))
        var shape = LayerShape(channels: 2, filters: 2)
        (shape.height, shape.width, shape.kernelHeight, shape.kernelWidth) = (4, 4, 3, 3)
        let layer = Layer(name: "m", shape: shape, relu: .spatial, weights: mask, activations: mask)
        #expect(try layer.fillIn(tile: 4, seed: 1) == FillIn(layer: "m", relu: .spatial, tile: 4, kernel: 3))
    }

    @Test func anotherTileIsAnotherFunction() throws {
        var c = try OperandCase(seed: 3)
        c.matrices = try .cookToom(m: 2, r: c.matrices.r)
        let error = #expect(throws: InputError.self) { try c.layer(relu: .winograd).fillIn(tile: 4, seed: 1) }
        #expect(error?.message.contains("its ReLU lives in the Winograd domain of tile 2") == true, "\(error as Any)")
        #expect(error?.message.contains("tile 4: that is a different function") == true, "\(error as Any)")
    }

    @Test func obstaclesHaveReasons() throws {
        var shape = LayerShape(channels: 2, filters: 2)
        (shape.height, shape.width, shape.kernelHeight, shape.kernelWidth) = (9, 9, 3, 3)
        func reason(
            tile: Int = 2, _ operation: Operation = .convolution, _ change: (inout LayerShape) -> Void = { _ in }
        )
            -> String?
        {
            var shape = shape
            change(&shape)
            return Layer(
                name: "l", operation: operation, shape: shape, weights: .density(1, .spatial, Spread()),
                activations: .density(1, .spatial, Spread())
            ).winogradObstacle(tile: tile)
        }
        #expect(reason() == nil && reason(tile: 6) == nil)
        #expect(reason(tile: 7) == "F(7x7,3x3) has 9x9 positions, and a mask holds 64")
        #expect(reason(.linear) == "it is a linear layer")
        #expect(reason { $0.kernelWidth = 5 } == "its kernel is 3x5, not square")
        #expect(reason { ($0.kernelHeight, $0.kernelWidth) = (1, 1) } == "its kernel is 1x1")
        #expect(reason { $0.strideWidth = 2 } == "its stride is 1x2, not 1")
        #expect(reason { $0.dilationHeight = 2 } == "its dilation is 2x1, not 1")
    }

    // MARK: Counting, independent of the measurement

    private func share(_ bits: [Bool]) -> Double { Double(bits.count { $0 }) / Double(bits.count) }

    private func bits(_ masks: PositionMasks) -> [Bool] {
        masks.masks.flatMap { mask in (0..<masks.positions).map { mask >> UInt64($0) & 1 == 1 } }
    }

    private func share(of zeros: WeightZeros) -> Double? {
        switch zeros {
        case .positions(let masks): share(bits(masks))
        case .taps(let flags): share(flags.flags.map { $0 == 1 })
        case .given: nil
        }
    }

    private func share(of zeros: ActivationZeros) -> Double? {
        switch zeros {
        case .positions(let masks, _): share(bits(masks))
        case .pixels(let flags): share(flags.flags.map { $0 == 1 })
        case .given: nil
        }
    }
}

extension OperandCase {
    /// The input after a spatial ReLU.
    fileprivate var rectifiedTensor: TensorReference {
        TensorReference(
            name: "max(0, x)", tensor: Tensor(input.map { $0 > 0 ? $0 : 0 }, shape: inputTensor.tensor.shape))
    }
}
