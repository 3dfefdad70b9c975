import Testing

@testable import Traces

@Suite struct DrawingTests {
    /// The published outputs of SplitMix64 for the seed 1234567.
    @Test func splitMix64IsTheKnownGenerator() {
        let generator = SplitMix64(seed: 1_234_567)
        #expect(
            (0..<3).map(generator.output) == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            ])
        #expect(SplitMix64(seed: 0).output(0) == 0xE220_A839_7B1D_CDAF)
        #expect(generator.uniform(0) == Double(6_457_827_717_110_365_317 >> 11 as UInt64) / 9_007_199_254_740_992)
    }

    /// Test vectors of the hash's authors.
    @Test(arguments: [
        ("", 0xCBF2_9CE4_8422_2325 as UInt64), ("a", 0xAF63_DC4C_8601_EC8C), ("foobar", 0x8594_4171_F739_67E8),
    ])
    func fnv1aIsTheKnownHash(text: String, hash: UInt64) { #expect(fnv1a64(text) == hash) }

    @Test func streamsAreNamed() {
        #expect(SplitMix64(seed: 5, stream: "foobar").seed == UInt64(0x8594_4171_F739_67ED))
    }

    struct Case {
        var density = 0.4
        var spread = Spread()
        var outerIs = DensityDrawing.OuterDimension.filters
        var outer = 5
        var channels = 7
        var elements = 16
        var seed: UInt64 = 1

        var drawing: DensityDrawing {
            DensityDrawing(
                density: density, spread: spread, seed: seed, stream: "l/x", outer: outer, outerIs: outerIs,
                channels: channels, elements: elements)
        }

        /// The rule of page `Operands`, element by element.
        func isNonZero(_ index: Int) -> Bool {
            let uniforms = SplitMix64(seed: seed ^ fnv1a64("l/x"))
            func term(_ spread: Double, _ key: String, _ index: Int) -> Double {
                guard spread != 0 else { return 0 }
                let stream = SplitMix64(seed: seed ^ fnv1a64("l/x/spread/\(key)"))
                var sum = 0.0
                for i in 12 * index..<12 * index + 12 { sum += Double(stream.output(i) >> 11) / 0x1p53 }
                return spread * (sum - 6)
            }
            let position = index % elements
            let channel = index / elements % channels
            let first = index / elements / channels
            var density = density
            if outerIs == .filters { density += term(spread.filters, "filters", first) }
            density += term(spread.channels, "channels", channel)
            if outerIs == .tiles { density += term(spread.tiles, "tiles", first) }
            density += term(spread.positions, "positions", position)
            return Double(uniforms.output(index) >> 11) / 0x1p53 < min(max(density, 0), 1)
        }
    }

    @Test func drawingFollowsTheRuleElementByElement() {
        var draws = 0
        for seed in 0..<40 as Range<UInt64> {
            let random = SplitMix64(seed: seed)
            var c = Case(density: random.uniform(0), seed: seed)
            if seed % 2 == 0 { c.spread.filters = random.uniform(1) / 4 }
            if seed % 3 == 0 { c.spread.channels = random.uniform(2) / 4 }
            if seed % 4 == 0 { c.spread.tiles = random.uniform(3) / 4 }
            if seed % 5 == 0 { c.spread.positions = random.uniform(4) / 4 }
            c.outerIs = [.filters, .tiles, .images][Int(seed % 3)]
            let flags = c.drawing.allFlags().flags
            let masks = c.drawing.allMasks().masks
            for index in flags.indices {
                draws += 1
                #expect((flags[index] == 1) == c.isNonZero(index), "seed \(seed) index \(index)")
                #expect(masks[index / 16] >> UInt64(index % 16) & 1 == UInt64(flags[index]), "seed \(seed) \(index)")
            }
        }
        #expect(draws == 40 * 5 * 7 * 16)
    }

    @Test func partsAreDrawnLikeTheWhole() {
        var c = Case()
        (c.spread.filters, c.spread.channels, c.spread.positions) = (0.1, 0.1, 0.1)
        for spread in [Spread(), c.spread] {
            c.spread = spread
            let whole = c.drawing.allFlags().flags
            let masks = c.drawing.allMasks().masks
            for cut in 0...35 {
                var parts = [UInt8](repeating: 9, count: whole.count)
                var words = [UInt64](repeating: 9, count: 35)
                parts.withUnsafeMutableBufferPointer {
                    guard let base = $0.baseAddress else { return }
                    c.drawing.flags(rows: cut..<35, into: base + cut * 16)
                    c.drawing.flags(rows: 0..<cut, into: base)
                }
                words.withUnsafeMutableBufferPointer {
                    guard let base = $0.baseAddress else { return }
                    c.drawing.masks(rows: cut..<35, into: base + cut)
                    c.drawing.masks(rows: 0..<cut, into: base)
                }
                #expect(parts == whole)
                #expect(words == masks)
            }
        }
    }

    @Test func densitiesZeroAndOneDrawNoneAndAll() {
        #expect(Case(density: 0).drawing.allFlags().flags.allSatisfy { $0 == 0 })
        #expect(Case(density: 1).drawing.allFlags().flags.allSatisfy { $0 == 1 })
        #expect(Case(density: 1, elements: 64).drawing.allMasks().masks.allSatisfy { $0 == .max })
        // A density of 2^-53 keeps only the uniform number 0.
        #expect(Case(density: 0x1p-53).drawing.allFlags().flags.allSatisfy { $0 == 0 })
    }

    @Test func sharesAreTheRequestedOnes() {
        for density in [0.05, 0.4, 0.411, 0.9] {
            let c = Case(density: density, outer: 128, channels: 64, elements: 16)
            let share = Double(c.drawing.allMasks().masks.reduce(0) { $0 + $1.nonzeroBitCount }) / (128 * 64 * 16)
            // Five standard deviations of a binomial of 131072.
            #expect(abs(share - density) < 5 * (density * (1 - density) / 131_072).squareRoot(), "\(density): \(share)")
        }
    }

    @Test func spreadsAreStandardDeviations() {
        var c = Case(density: 0.5, outer: 400, channels: 64, elements: 64)
        c.spread.filters = 0.1
        let masks = c.drawing.allMasks().masks
        let shares = (0..<400).map { filter in
            Double(masks[filter * 64..<filter * 64 + 64].reduce(0) { $0 + $1.nonzeroBitCount }) / 4096
        }
        let mean = shares.reduce(0, +) / 400
        let deviation = (shares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 400).squareRoot()
        #expect(abs(mean - 0.5) < 0.025, "\(mean)")
        #expect(abs(deviation - 0.1) < 0.015, "\(deviation)")
    }
}
