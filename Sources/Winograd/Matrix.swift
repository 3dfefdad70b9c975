/// A small dense matrix of doubles.
public struct Matrix: Hashable, Sendable {
    /// Rows.
    public let rows: Int
    /// Columns.
    public let columns: Int
    /// The entries, row by row.
    public let values: [Double]

    /// Wraps `rows * columns` values, row by row.
    public init(rows: Int, columns: Int, values: [Double]) {
        precondition(values.count == rows * columns)
        self.rows = rows
        self.columns = columns
        self.values = values
    }

    /// Wraps exact entries; each becomes its nearest double. All rows have the length of the first.
    public init(_ entries: [[Rational]]) {
        self.init(rows: entries.count, columns: entries.first?.count ?? 0, values: entries.joined().map(\.double))
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
