/// An exact fraction of two machine integers, always in lowest terms with a positive denominator.
///
/// Arithmetic throws `WinogradError.overflow` where a result does not fit, so that a construction is exact or fails.
public struct Rational: Hashable, Sendable, CustomStringConvertible {
    /// The numerator, which carries the sign.
    public let numerator: Int
    /// The denominator, at least 1.
    public let denominator: Int

    /// A whole number.
    public init(_ whole: Int) {
        numerator = whole
        denominator = 1
    }

    /// A fraction, brought to lowest terms.
    ///
    /// - Throws: `WinogradError.overflow` for a zero denominator or a term that does not fit.
    public init(_ numerator: Int, _ denominator: Int) throws {
        guard denominator != 0 else { throw WinogradError.overflow }
        let divisor = Rational.magnitudeDivisor(numerator.magnitude, denominator.magnitude)
        let isNegative = (numerator < 0) != (denominator < 0)
        guard let top = Int(exactly: numerator.magnitude / divisor),
            let bottom = Int(exactly: denominator.magnitude / divisor)
        else { throw WinogradError.overflow }
        self.numerator = isNegative ? -top : top
        self.denominator = bottom
    }

    /// The dyadic fraction that a finite double is; nil where it does not fit.
    public init?(exactly value: Double) {
        if let whole = Int(exactly: value) {
            self.init(whole)
            return
        }
        // At most 62 halvings make a whole number of what fits.
        for bits in 1...62 {
            if let top = Int(exactly: value * Double(sign: .plus, exponent: bits, significand: 1)) {
                guard let fraction = try? Rational(top, 1 << bits) else { return nil }
                self = fraction
                return
            }
        }
        return nil
    }

    /// The fraction that a number in decimal is, such as `-0.0625` or `1.5e-3`; nil where the text is none or does not fit.
    public init?(decimal text: String) {
        let parts = text.lowercased().split(separator: "e", maxSplits: 1, omittingEmptySubsequences: false)
        let mantissa = parts[0].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = mantissa.count > 1 ? mantissa[1] : ""
        guard let digits = Int(mantissa[0] + fraction), !fraction.contains(where: { "+-".contains($0) }),
            let exponent = parts.count > 1 ? Int(parts[1]) : 0, (-99...99).contains(exponent - fraction.count)
        else { return nil }
        var value = Rational(digits)
        let power = exponent - fraction.count
        for _ in 0..<abs(power) {
            guard let next = try? power < 0 ? value * Rational(1, 10) : value * Rational(10) else { return nil }
            value = next
        }
        self = value
    }

    /// The nearest double.
    public var double: Double { Double(numerator) / Double(denominator) }

    /// `3`, or `-1/6`.
    public var description: String { denominator == 1 ? "\(numerator)" : "\(numerator)/\(denominator)" }

    /// The sum.
    public static func + (left: Rational, right: Rational) throws -> Rational {
        let (a, overflowA) = left.numerator.multipliedReportingOverflow(by: right.denominator)
        let (b, overflowB) = right.numerator.multipliedReportingOverflow(by: left.denominator)
        let (top, overflowTop) = a.addingReportingOverflow(b)
        let (bottom, overflowBottom) = left.denominator.multipliedReportingOverflow(by: right.denominator)
        guard !overflowA, !overflowB, !overflowTop, !overflowBottom else { throw WinogradError.overflow }
        return try Rational(top, bottom)
    }

    /// The difference.
    public static func - (left: Rational, right: Rational) throws -> Rational {
        try left + right * Rational(-1)
    }

    /// The product.
    public static func * (left: Rational, right: Rational) throws -> Rational {
        let (top, overflowTop) = left.numerator.multipliedReportingOverflow(by: right.numerator)
        let (bottom, overflowBottom) = left.denominator.multipliedReportingOverflow(by: right.denominator)
        guard !overflowTop, !overflowBottom else { throw WinogradError.overflow }
        return try Rational(top, bottom)
    }

    /// The quotient; a division by zero is an overflow.
    public static func / (left: Rational, right: Rational) throws -> Rational {
        try left * Rational(right.denominator, right.numerator)
    }

    /// The greatest common divisor of two positive integers.
    static func commonDivisor(_ a: Int, _ b: Int) -> Int { Int(magnitudeDivisor(a.magnitude, b.magnitude)) }

    private static func magnitudeDivisor(_ a: UInt, _ b: UInt) -> UInt {
        var (a, b) = (a, b)
        while b != 0 { (a, b) = (b, a % b) }
        return a
    }
}

/// What can be wrong with matrices or shapes that are handed to this module.
public enum WinogradError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A fraction does not fit the machine's integers.
    case overflow
    /// No construction for this size.
    case size(m: Int, r: Int)
    /// A matrix of the wrong shape.
    case shape(matrix: String, rows: Int, columns: Int, expectedRows: Int, expectedColumns: Int)
    /// A convolution that Winograd's algorithm does not compute.
    case notApplicable(String)

    /// The error in words.
    public var description: String {
        switch self {
        case .overflow: "a fraction does not fit 64 bits"
        case .size(let m, let r):
            "no Winograd transform for F(\(m)x\(m), \(r)x\(r)): m at least 1, r at least 2 and m + r - 1 at most "
                + "\(WinogradMatrices.maximumEdge) are expected"
        case .shape(let matrix, let rows, let columns, let expectedRows, let expectedColumns):
            "\(matrix) is \(rows) x \(columns); expected \(expectedRows) x \(expectedColumns)"
        case .notApplicable(let reason): reason
        }
    }
}
