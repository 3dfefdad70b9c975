import TestSupport
import Testing

@testable import Winograd

/// Integer operands against rational arithmetic: equal zeros, and every value is the double nearest to the exact one.
@Suite struct ExactZeroTests {
    /// M X M^T in exact arithmetic.
    private func exact(_ matrix: [[Rational]], _ x: [Int]) throws -> [Rational] {
        let q = matrix[0].count
        let left = try matrix.map { row in
            try (0..<q).map { j in try (0..<q).reduce(Rational(0)) { try $0 + row[$1] * Rational(x[$1 * q + j]) } }
        }
        return try left.flatMap { row in
            try matrix.map { other in try (0..<q).reduce(Rational(0)) { try $0 + row[$1] * other[$1] } }
        }
    }

    /// Every size, from ternary to int8: the transforms of weights, inputs and outputs.
    @Test(arguments: 2...8) func transformsOfIntegersAreExact(r: Int) throws {
        var zeros = 0
        for m in 1...7 where m + r - 1 <= 8 {
            let matrices = try WinogradMatrices.cookToom(m: m, r: r)
            let rational = try ExactMatrices(m: m, r: r)
            for (limit, name) in [(1, "ternary"), (7, "int4"), (127, "int8")] {
                let seed = UInt64(1000 * m + 100 * r + limit)
                var random = SeededGenerator(seed: seed)
                for (matrix, transform) in [
                    (rational.g, matrices.transformWeights), (rational.bt, matrices.transformInput),
                    (rational.at, matrices.transformOutput),
                ] as [([[Rational]], ([Double]) -> [Double])] {
                    let q = matrix[0].count
                    for _ in 0..<6 {
                        let x = (0..<q * q).map { _ in random.number(-limit...limit) }
                        let expected = try exact(matrix, x)
                        let observed = transform(x.map(Double.init))
                        #expect(observed == expected.map(\.double), "seed \(seed): F(\(m), \(r)), \(name): \(x)")
                        zeros += expected.count { $0.numerator == 0 }
                    }
                }
            }
        }
        #expect(zeros > 0, "no zero was tried")
    }

    /// The kernel row (-3, -2, 5) under F(4x4, 3x3).
    @Test func weightZerosAreExactWhereGHoldsSixths() throws {
        let values = try WinogradMatrices.cookToom(m: 4, r: 3).transformWeights([-3, -2, 5, 0, 0, 0, 0, 0, 0])
        // (1, 1, 1) and (-3, -2, 5) are orthogonal, and the zero rows leave only the first five rows non-zero.
        #expect(values.count { $0 != 0 } == 25)
        #expect((0..<6).allSatisfy { values[$0 * 6 + 1] == 0 })
    }

    @Test func rowsAreScaledByTheLeastWholeFactor() throws {
        let matrices = try WinogradMatrices.cookToom(m: 4, r: 3)
        #expect(matrices.g.scales == [4, 6, 6, 24, 24, 1])
        #expect(matrices.g.scaled == [1, 0, 0, -1, -1, -1, -1, 1, -1, 1, 2, 4, 1, -2, 4, 0, 0, 1])
        #expect(matrices.bt.scales == [1, 1, 1, 1, 1, 1])
        let third = try Rational(1, 3)
        // Rows are scaled if the result is at most 2^20; a denominator alone may be larger.
        let limit = Matrix([[Rational(1 << 20), Rational(0)]])
        #expect(limit.scales == [1] && limit.scaled == [1_048_576, 0])
        let beyond = Matrix([[Rational(349_526), third]])
        #expect(beyond.scales == [1] && beyond.scaled == [349_526, 1.0 / 3])
        let within = Matrix([[Rational(349_525), third]])
        #expect(within.scales == [3] && within.scaled == [1_048_575, 1])
        let small = Matrix([[try Rational(1, 1 << 30), Rational(0)]])
        #expect(small.scales == [0x1p30] && small.scaled == [1, 0])
        // A row that does not fit 64 bits does not affect the others.
        let mixed = Matrix(rows: 2, columns: 1, values: [0.1, 0.5], exact: [nil, try Rational(1, 2)])
        #expect(mixed.scales == [1, 2] && mixed.scaled == [0.1, 1])
    }

    @Test(arguments: [
        ("0.5", 1, 2), ("-0.0625", -1, 16), (".2", 1, 5), ("-.2", -1, 5), ("3.", 3, 1), ("+1.5e-3", 3, 2000),
        ("25E2", 2500, 1), ("0.1666666667", 1_666_666_667, 10_000_000_000), ("-7", -7, 1), ("0", 0, 1),
    ])
    func decimalsAreReadAsExactFractions(text: String, top: Int, bottom: Int) throws {
        #expect(Rational(decimal: text) == (try Rational(top, bottom)))
    }

    @Test(arguments: ["", ".", "1.-5", "one", "1e99", "0.12345678901234567890", "1e-19", "1e", "0x10"])
    func invalidOrOversizedDecimalsAreRefused(text: String) { #expect(Rational(decimal: text) == nil) }

    @Test func doublesAreReadAsExactDyadicFractions() throws {
        #expect(Rational(exactly: 0.375) == (try Rational(3, 8)))
        #expect(Rational(exactly: -5) == Rational(-5))
        #expect(Rational(exactly: 0.1) == (try Rational(0x1999_9999_9999_9A, 1 << 56)))
        #expect(Rational(exactly: 0x1p-62) == (try Rational(1, 1 << 62)))
        #expect(Rational(exactly: 0x1p-63) == nil)
        #expect(Rational(exactly: .nan) == nil && Rational(exactly: .infinity) == nil)
    }
}
