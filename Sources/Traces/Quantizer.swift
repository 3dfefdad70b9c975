import Files
import Foundation

/// Which values of an operand share a scale when they are rounded to integers.
public enum QuantizerScales: Hashable, Sendable {
    /// All.
    case tensor
    /// Under Winograd's algorithm those of one position of the tile; else all.
    case position
    /// As `position`, each scale the next power of two above, so that a shift multiplies by it.
    case powersOfTwo
}

/// Symmetric linear quantization: q = round-half-even(x / s) with s = max|x| / (2^(bits-1) - 1).
///
/// Products of one position alone are added up, so that under Winograd's algorithm each position may have a scale of its own (Andri,
/// Bussolino, Cipolletta, Cavigelli and Wang, "Going Further With Winograd Convolutions: Tap-Wise Quantization for Efficient Inference
/// on 4x4 Tiles", MICRO 2022).
struct Quantizer {
    /// By position, or one for all.
    private let steps: [Double]

    /// A quantizer for an operand whose largest magnitudes are known, by position or of all.
    ///
    /// - Throws: `InputError` for fewer than 2 bits, which leave no value but zero.
    init(largest: [Double], bits: Int, scales: QuantizerScales) throws {
        guard bits >= 2 else {
            throw InputError("quantize to \(bits) bit leaves no value but zero; expected at least 2 bit", at: nil)
        }
        let most = 0x1p-1 * Double(sign: .plus, exponent: bits, significand: 1) - 1
        let all = scales == .tensor ? [largest.reduce(0, max)] : largest
        steps = all.map { largest in
            let step = largest / most
            return scales == .powersOfTwo && step > 0 ? exp2(log2(step).rounded(.up)) : step
        }
    }

    /// The value q * s that stands for x at a position.
    @inline(__always)
    func value(_ x: Double, at position: Int) -> Double {
        let step = steps[steps.count == 1 ? 0 : position]
        return step == 0 ? 0 : (x / step).rounded(.toNearestOrEven) * step
    }

    /// Replaces values by what stands for them.
    ///
    /// - Parameter positions: values of a tile, which follow one another; 1 where there is none.
    static func quantize(
        _ values: inout [Double], bits: Int, scales: QuantizerScales = .tensor, positions: Int = 1
    ) throws {
        var largest = [Double](repeating: 0, count: positions)
        values.withUnsafeBufferPointer { raise(&largest, to: $0) }
        let quantizer = try Quantizer(largest: largest, bits: bits, scales: scales)
        values.withUnsafeMutableBufferPointer { values in
            for start in stride(from: 0, to: values.count, by: positions) {
                for position in 0..<positions {
                    values[start + position] = quantizer.value(values[start + position], at: position)
                }
            }
        }
    }

    /// Raises the largest magnitudes of positions to those of more values.
    static func raise(_ largest: inout [Double], to values: UnsafeBufferPointer<Double>) {
        let positions = largest.count
        for start in stride(from: 0, to: values.count, by: positions) {
            for position in 0..<positions { largest[position] = max(largest[position], abs(values[start + position])) }
        }
    }
}
