import Foundation
import Traces
import Winograd

@testable import Engine

/// The error of outputs whose operands are rounded to integers (`quantize`), by the theory of rounding errors: a second
/// computation of what the functional pass measures. It is valid if the steps are small relative to most values. Large
/// transforms with few bits violate that: there one step is used for positions of very different ranges.
///
/// An operand that is rounded to a multiple of s = max|x| / (2^(bits-1) - 1) changes by an amount between -s/2 and s/2,
/// of mean square s^2/12 (B. Widrow, I. Kollár, "Quantization Noise", 2008, chapter 5); a zero does not change. A
/// product w x then changes by w dx + x dw. An output is a sum of C products at each position p with the factors c_p of
/// A^T . A, which differ among the outputs of a tile (all are one in a direct convolution), and the mean square of its
/// error is
///
///     C sum_p c_p^2 (mean(w_p^2) share(x_p != 0) s_x^2 + mean(x_p^2) share(w_p != 0) s_w^2) / 12
///
/// where weights and activations are assumed independent. The largest of N such errors, sums of many small ones, is
/// about sqrt(2 ln N) times the root of that.
struct RoundingError {
    /// The root mean square of the errors, at the outputs of a tile where it is largest.
    let deviation: Double
    /// The number of such outputs.
    let outputs: Int

    /// The expected error of a layer from its operands before rounding.
    ///
    /// - Parameters:
    ///   - shape: the layer's shape.
    ///   - matrices: those of Winograd's algorithm; nil for a direct convolution.
    ///   - weights: Winograd `[K, C/groups, n*n]`, direct `[K, C/groups, R*S]`.
    ///   - activations: Winograd `[N*tiles, C, n*n]`, direct `[N, C, H*W]`.
    ///   - bits: the widths that weights and activations are rounded to.
    init(
        shape: LayerShape, matrices: WinogradMatrices?, weights: [Double], activations: [Double],
        bits: (weights: Int, activations: Int)
    ) {
        let factors: [[Double]]
        let positions: (weights: Int, activations: Int)
        if let matrices {
            factors = Self.factors(matrices)
            positions = (matrices.n * matrices.n, matrices.n * matrices.n)
        } else {
            // All taps have the same pixels.
            factors = [[Double](repeating: 1, count: shape.taps)]
            positions = (shape.taps, 1)
        }
        let (taps, values) = (Moments(weights, positions.weights), Moments(activations, positions.activations))
        let (weightStep, valueStep) = (taps.step(bits.weights), values.step(bits.activations))
        let noise = (0..<positions.weights).map { p in
            let v = p % positions.activations
            return taps.square[p] * values.share[v] * valueStep * valueStep
                + values.square[v] * taps.share[p] * weightStep * weightStep
        }
        let largest = factors.map { zip($0, noise).reduce(0) { $0 + $1.0 * $1.1 } }.max() ?? 0
        deviation = (Double(shape.groupChannels) * largest / 12).squareRoot()
        let all = shape.batch * shape.filters * shape.outputHeight * shape.outputWidth
        outputs = max(2, all / factors.count)
    }

    /// The largest expected error, as a share of the largest of some outputs.
    func largest(of outputs: [Double]) -> Double {
        let most = outputs.reduce(0) { max($0, abs($1)) }
        return most > 0 ? deviation * (2 * log(Double(self.outputs))).squareRoot() / most : 0
    }

    /// By output of a tile and by position, the square of the factor of the position in the output.
    private static func factors(_ matrices: WinogradMatrices) -> [[Double]] {
        let squares = (0..<matrices.m).map { row in
            (0..<matrices.n).map { matrices.at[row, $0] * matrices.at[row, $0] }
        }
        return squares.flatMap { i in squares.map { j in i.flatMap { a in j.map { a * $0 } } } }
    }

    /// Statistics of values by position.
    private struct Moments {
        /// The mean of the squares.
        var square: [Double]
        /// The share of non-zeros.
        var share: [Double]
        /// The largest magnitude.
        var largest = 0.0

        /// - Parameter values: `[..., positions]`.
        init(_ values: [Double], _ positions: Int) {
            square = [Double](repeating: 0, count: positions)
            share = square
            var p = 0
            for value in values {
                square[p] += value * value
                if value != 0 { share[p] += 1 }
                largest = max(largest, abs(value))
                p = p + 1 == positions ? 0 : p + 1
            }
            let count = Double(max(1, values.count / positions))
            for p in 0..<positions {
                square[p] /= count
                share[p] /= count
            }
        }

        /// The distance between the rounded values.
        func step(_ bits: Int) -> Double { largest / (Double(sign: .plus, exponent: bits - 1, significand: 1) - 1) }
    }
}
