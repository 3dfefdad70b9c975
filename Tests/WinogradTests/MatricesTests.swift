import Testing

@testable import Winograd

@Suite struct MatricesTests {
    private func matrix(_ rows: [[Double]]) -> [Double] { Array(rows.joined()) }

    @Test func twoByTwoIsThatOfLavinAndGray() throws {
        let matrices = try WinogradMatrices.cookToom(m: 2, r: 3)
        #expect(matrices.bt.values == matrix([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]]))
        #expect(matrices.g.values == matrix([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]]))
        #expect(matrices.at.values == matrix([[1, 1, 1, 0], [0, 1, -1, -1]]))
    }

    @Test func fourByFourIsThatOfLavinAndGray() throws {
        let matrices = try WinogradMatrices.cookToom(m: 4, r: 3)
        #expect(
            matrices.bt.values
                == matrix([
                    [4, 0, -5, 0, 1, 0], [0, -4, -4, 1, 1, 0], [0, 4, -4, -1, 1, 0], [0, -2, -1, 2, 1, 0],
                    [0, 2, -1, -2, 1, 0], [0, 4, 0, -5, 0, 1],
                ]))
        #expect(
            matrices.g.values
                == matrix([
                    [0.25, 0, 0], [-1.0 / 6, -1.0 / 6, -1.0 / 6], [-1.0 / 6, 1.0 / 6, -1.0 / 6],
                    [1.0 / 24, 1.0 / 12, 1.0 / 6], [1.0 / 24, -1.0 / 12, 1.0 / 6], [0, 0, 1],
                ]))
        #expect(
            matrices.at.values
                == matrix([
                    [1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1],
                ]))
    }

    /// The identity of bilinear algorithms: sum over i of A^T[k][i] G[i][j] B^T[i][l] is 1 for l = k + j, else 0.
    @Test func everySizeComputesAConvolutionExactly() throws {
        var sizes = 0
        for r in 2...8 {
            for m in 1...7 where m + r - 1 <= 8 {
                sizes += 1
                let exact = try ExactMatrices(m: m, r: r)
                for k in 0..<m {
                    for j in 0..<r {
                        for l in 0..<m + r - 1 {
                            var sum = Rational(0)
                            for i in 0..<m + r - 1 { sum = try sum + exact.at[k][i] * exact.g[i][j] * exact.bt[i][l] }
                            #expect(sum == Rational(l == k + j ? 1 : 0), "m \(m) r \(r) k \(k) j \(j) l \(l)")
                        }
                    }
                }
                #expect(try WinogradMatrices.cookToom(m: m, r: r).computesConvolution)
                // The convention for signs.
                #expect((exact.bt[0].first { $0.numerator != 0 }?.numerator ?? 0) > 0)
                #expect((exact.bt[m + r - 2].first { $0.numerator != 0 }?.numerator ?? 0) > 0)
            }
        }
        #expect(sizes == 28)
    }

    @Test func sizesOutsideAreRefused() {
        for (m, r) in [(0, 3), (2, 1), (7, 3), (-1, 3), (Int.max, Int.max), (Int.min, 3)] {
            #expect(throws: WinogradError.size(m: m, r: r)) { try WinogradMatrices.cookToom(m: m, r: r) }
        }
    }

    @Test func errorsNameMatricesOfTheWrongShape() throws {
        let matrices = try WinogradMatrices.cookToom(m: 2, r: 3)
        let error = #expect(throws: WinogradError.self) {
            try WinogradMatrices(m: 2, r: 3, bt: matrices.bt, g: matrices.bt, at: matrices.at)
        }
        #expect(error?.description == "g is 4 x 4; expected 4 x 3")
    }

    @Test func matricesOfOtherFunctionsAreDetected() throws {
        let right = try WinogradMatrices.cookToom(m: 2, r: 3)
        var values = right.bt.values
        values[2] = 1
        let wrong = try WinogradMatrices(
            m: 2, r: 3, bt: Matrix(rows: 4, columns: 4, values: values), g: right.g, at: right.at)
        #expect(!wrong.computesConvolution)
        let single = try WinogradMatrices(
            m: 4, r: 3, bt: WinogradMatrices.cookToom(m: 4, r: 3).bt,
            g: Matrix(
                rows: 6, columns: 3, values: WinogradMatrices.cookToom(m: 4, r: 3).g.values.map { Double(Float($0)) }),
            at: WinogradMatrices.cookToom(m: 4, r: 3).at)
        #expect(single.computesConvolution)
    }

    @Test func addsAreCountedByRowsAndConstants() throws {
        let two = try WinogradMatrices.cookToom(m: 2, r: 3)
        #expect(two.inputTransformAdds == 32)
        #expect(two.outputTransformAdds == 24)
        // F(4x4, 3x3): rows of B^T 2 + 3 + 3 + 3 + 3 + 2 and one more for each 5; A^T 4 + 3 + 3 + 4.
        let four = try WinogradMatrices.cookToom(m: 4, r: 3)
        #expect(four.inputTransformAdds == 12 * 18)
        #expect(four.outputTransformAdds == 10 * 14)
    }

    @Test(arguments: [
        (0.0, 0), (1, 1), (-1, 1), (8, 1), (0.25, 1), (3, 2), (5, 2), (-5, 2), (7, 2), (15, 2), (21, 3), (5.25, 3),
        (4.25, 2), (11, 3), (Double.leastNonzeroMagnitude, 1),
    ])
    func constantsHaveTheFewestSignedDigits(constant: Double, digits: Int) {
        #expect(signedDigits(of: constant) == digits)
    }

    @Test func inputsGrow() throws {
        #expect(try WinogradMatrices.cookToom(m: 2, r: 3).inputGrowthBits == 2)
        #expect(try WinogradMatrices.cookToom(m: 4, r: 3).inputGrowthBits == 7)
        #expect(try WinogradMatrices.cookToom(m: 1, r: 2).inputGrowthBits == 0)
    }

    @Test func rationalsAreExactOrThrow() throws {
        let third = try Rational(-2, -6)
        #expect(third == (try Rational(1, 3)))
        #expect(try third + third + third == Rational(1))
        #expect(try third - Rational(1) == Rational(-2, 3))
        #expect(try third / third == Rational(1))
        #expect(try Rational(3, -6).description == "-1/2")
        #expect(throws: WinogradError.overflow) { try Rational(Int.max) + Rational(1) }
        #expect(throws: WinogradError.overflow) { try Rational(Int.max) * Rational(2) }
        #expect(throws: WinogradError.overflow) { try Rational(1) / Rational(0) }
        #expect(throws: WinogradError.overflow) { try Rational(Int.min, -1) }
        #expect(throws: WinogradError.overflow) { try Rational(1, 0) }
    }
}
