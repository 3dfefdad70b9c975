import Files

/// Symmetric linear quantization: q = round-half-even(x / s) with s = max|x| / (2^(bits-1) - 1).
struct Quantizer {
    private let step: Double

    /// A quantizer for a tensor whose largest magnitude is known.
    ///
    /// - Throws: `InputError` for fewer than 2 bits, which leave no value but zero.
    init(largest: Double, bits: Int) throws {
        guard bits >= 2 else {
            throw InputError("quantize to \(bits) bit leaves no value but zero; expected at least 2 bit", at: nil)
        }
        step = largest / (0x1p-1 * Self.power(of: bits) - 1)
    }

    private static func power(of bits: Int) -> Double { Double(sign: .plus, exponent: bits, significand: 1) }

    /// The value q * s that stands for x.
    @inline(__always)
    func value(_ x: Double) -> Double {
        step == 0 ? 0 : (x / step).rounded(.toNearestOrEven) * step
    }

    /// Replaces values by what stands for them.
    static func quantize(_ values: inout [Double], bits: Int) throws {
        let quantizer = try Quantizer(largest: values.withUnsafeBufferPointer(largestMagnitude), bits: bits)
        values.withUnsafeMutableBufferPointer { values in
            for index in values.indices { values[index] = quantizer.value(values[index]) }
        }
    }

    /// The largest magnitude of a buffer.
    static func largestMagnitude(_ values: UnsafeBufferPointer<Double>) -> Double {
        var largest = 0.0
        for value in values { largest = max(largest, abs(value)) }
        return largest
    }
}
