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
        let divisor = Rational.commonDivisor(numerator.magnitude, denominator.magnitude)
        let isNegative = (numerator < 0) != (denominator < 0)
        guard let top = Int(exactly: numerator.magnitude / divisor),
            let bottom = Int(exactly: denominator.magnitude / divisor)
        else { throw WinogradError.overflow }
        self.numerator = isNegative ? -top : top
        self.denominator = bottom
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

    private static func commonDivisor(_ a: UInt, _ b: UInt) -> UInt {
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
