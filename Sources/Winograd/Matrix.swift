/// A small dense matrix: doubles, and beside them rows of integers wherever the exact entries allow it.
///
/// A row may be multiplied by an integer without changing which of its products are zero. So each row is kept a second time,
/// times the least integer that makes its entries whole: integers keep the zeros of `M x` that rounded fractions such as
/// 1/6 lose.
public struct Matrix: Hashable, Sendable {
    /// The largest integer of a scaled row. A row that would need a larger one stays unscaled.
    public static let largestInteger = 1 << 20

    /// Rows.
    public let rows: Int
    /// Columns.
    public let columns: Int
    /// The entries' nearest doubles, row by row.
    public let values: [Double]
    /// By row, the factor of its scaled entries: the least integer that makes them whole, or 1 where that is not known or
    /// an integer would exceed `largestInteger`.
    public let scales: [Double]
    /// The entries times their row's factor, row by row.
    public let scaled: [Double]

    /// Wraps `rows * columns` entries, row by row.
    ///
    /// - Parameters:
    ///   - rows: rows of the matrix.
    ///   - columns: columns of the matrix.
    ///   - values: the entries' nearest doubles.
    ///   - exact: the entries themselves; nil where one does not fit a `Rational`, which leaves its row unscaled.
    public init(rows: Int, columns: Int, values: [Double], exact: [Rational?]) {
        precondition(values.count == rows * columns && exact.count == values.count)
        self.rows = rows
        self.columns = columns
        self.values = values
        var scales: [Double] = []
        var scaled: [Double] = []
        for row in 0..<rows {
            let range = row * columns..<(row + 1) * columns
            if let whole = Self.wholeRow(exact[range]) {
                scales.append(Double(whole.scale))
                scaled += whole.integers.map(Double.init)
            } else {
                scales.append(1)
                scaled += values[range]
            }
        }
        self.scales = scales
        self.scaled = scaled
    }

    /// Wraps `rows * columns` values, row by row; each is taken for the dyadic fraction that it is.
    public init(rows: Int, columns: Int, values: [Double]) {
        self.init(rows: rows, columns: columns, values: values, exact: values.map(Rational.init(exactly:)))
    }

    /// Wraps exact entries. All rows have the length of the first.
    public init(_ entries: [[Rational]]) {
        let all = Array(entries.joined())
        self.init(
            rows: entries.count, columns: entries.first?.count ?? 0, values: all.map(\.double), exact: all)
    }

    /// A row times the least common multiple of its denominators; nil where that does not fit.
    private static func wholeRow(_ row: ArraySlice<Rational?>) -> (scale: Int, integers: [Int])? {
        var scale = 1
        for entry in row {
            guard let entry else { return nil }
            let factor = entry.denominator / Rational.commonDivisor(scale, entry.denominator)
            let (product, overflow) = scale.multipliedReportingOverflow(by: factor)
            if overflow { return nil }
            scale = product
        }
        var integers: [Int] = []
        for case let entry? in row {
            let (integer, overflow) = entry.numerator.multipliedReportingOverflow(by: scale / entry.denominator)
            guard !overflow, integer.magnitude <= largestInteger else { return nil }
            integers.append(integer)
        }
        return (scale, integers)
    }

    /// The entry in a row and a column.
    public subscript(row: Int, column: Int) -> Double { values[row * columns + column] }

    /// Adders that one product of this matrix with a vector takes: in each row one less than its non-zero entries, and
    /// for each constant one less than its signed digits.
    public var adds: Int {
        var count = 0
        for row in 0..<rows {
            let entries = values[row * columns..<(row + 1) * columns].filter { $0 != 0 }
            count += max(0, entries.count - 1)
            for entry in entries { count += signedDigits(of: entry) - 1 }
        }
        return count
    }

    /// The largest sum of magnitudes in a row: by how much a product can outgrow its operand.
    public var largestRowSum: Double {
        var largest = 0.0
        for row in 0..<rows {
            var sum = 0.0
            for column in 0..<columns { sum += abs(self[row, column]) }
            largest = max(largest, sum)
        }
        return largest
    }
}

/// The non-zero digits of a constant in canonical signed-digit form, which multiplies with one less adders.
///
/// Powers of two are shifts, so a fraction counts as its numerator: 5 = 4 + 1 and 5/4 have 2 digits, 21/4 = (16 + 4 + 1)/4
/// has 3, 1/4 has 1. A fraction without a finite binary expansion counts as the double that stands for it. Zero has none.
public func signedDigits(of constant: Double) -> Int {
    guard constant != 0, constant.isFinite else { return 0 }
    let implicitBit: UInt64 = constant.isNormal ? 1 << 52 : 0
    let significand = constant.significandBitPattern | implicitBit
    // The non-adjacent form of x has its digits where x and 3x differ.
    return (significand ^ (3 * significand)).nonzeroBitCount
}
