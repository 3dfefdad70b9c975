/// A two-dimensional transform M X M^T with a fixed matrix M of p x q entries: `[q, q]` to `[p, p]`.
///
/// The left factor is applied first, then the right, terms in index order, each product rounded before it is added. Both
/// factors are taken with their rows scaled to integers where the matrix allows it, and a value is divided once, by the
/// product of its two rows' scales: so integer operands give exact zeros. Zero entries are left out, which changes no bit
/// of a finite result but the sign of a zero.
struct Transform: Hashable, Sendable {
    let matrix: Matrix
    /// Where each row's terms begin; the last entry is the end.
    private let starts: [Int]
    private let columns: [Int]
    private let factors: [Double]
    /// By element of the result, the product of both rows' scales; empty where all are 1.
    private let divisors: [Double]

    init(_ matrix: Matrix) {
        var starts = [0]
        var columns: [Int] = []
        var factors: [Double] = []
        for row in 0..<matrix.rows {
            for column in 0..<matrix.columns where matrix[row, column] != 0 {
                columns.append(column)
                factors.append(matrix.scaled[row * matrix.columns + column])
            }
            starts.append(columns.count)
        }
        self.matrix = matrix
        self.starts = starts
        self.columns = columns
        self.factors = factors
        let scales = matrix.scales
        divisors = scales.allSatisfy { $0 == 1 } ? [] : scales.flatMap { row in scales.map { row * $0 } }
    }

    /// Adds of both passes: M on each column of X, then M on each row of the result.
    var adds: Int { (matrix.columns + matrix.rows) * matrix.adds }

    /// For each element of X, row by row, the elements of the result that it reaches: bit i*p+j.
    var reach: [UInt64] {
        let (p, q) = (matrix.rows, matrix.columns)
        var masks = [UInt64](repeating: 0, count: q * q)
        for k in 0..<q {
            for l in 0..<q {
                for i in 0..<p where matrix[i, k] != 0 {
                    for j in 0..<p where matrix[j, l] != 0 { masks[k * q + l] |= 1 << UInt64(i * p + j) }
                }
            }
        }
        return masks
    }

    /// Transforms tiles that lie in an array one after another.
    func apply(_ tiles: [Double]) -> [Double] {
        let (p, q) = (matrix.rows, matrix.columns)
        let count = tiles.count / (q * q)
        precondition(tiles.count == count * q * q)
        return [Double](unsafeUninitializedCapacity: count * p * p) { result, initialized in
            tiles.withUnsafeBufferPointer { tiles in
                guard let source = tiles.baseAddress, let target = result.baseAddress else { return }
                apply(count: count, from: source, into: target)
            }
            initialized = count * p * p
        }
    }

    /// Transforms `count` tiles, four at a time in the lanes of a vector.
    func apply(count: Int, from input: UnsafePointer<Double>, into output: UnsafeMutablePointer<Double>) {
        let (p, q) = (matrix.rows, matrix.columns)
        withUnsafeTemporaryAllocation(of: SIMD4<Double>.self, capacity: q * q + p * q + p * p) { scratch in
            guard let x = scratch.baseAddress else { return }
            let left = x + q * q
            let result = left + p * q
            var tile = 0
            while tile + 4 <= count {
                gather(input + tile * q * q, into: x)
                multiply(x, left: left, result: result)
                for element in 0..<p * p {
                    let target = output + tile * p * p + element
                    let value = result[element]
                    target[0] = value[0]
                    target[p * p] = value[1]
                    target[2 * p * p] = value[2]
                    target[3 * p * p] = value[3]
                }
                tile += 4
            }
            while tile < count {
                for element in 0..<q * q { x[element] = SIMD4(repeating: input[tile * q * q + element]) }
                multiply(x, left: left, result: result)
                for element in 0..<p * p { output[tile * p * p + element] = result[element][0] }
                tile += 1
            }
        }
    }

    private func gather(_ input: UnsafePointer<Double>, into x: UnsafeMutablePointer<SIMD4<Double>>) {
        let size = matrix.columns * matrix.columns
        for element in 0..<size {
            let source = input + element
            x[element] = SIMD4(source[0], source[size], source[2 * size], source[3 * size])
        }
    }

    private func multiply(
        _ x: UnsafeMutablePointer<SIMD4<Double>>, left: UnsafeMutablePointer<SIMD4<Double>>,
        result: UnsafeMutablePointer<SIMD4<Double>>
    ) {
        let (p, q) = (matrix.rows, matrix.columns)
        starts.withUnsafeBufferPointer { starts in
            columns.withUnsafeBufferPointer { columns in
                factors.withUnsafeBufferPointer { factors in
                    for i in 0..<p {
                        for j in 0..<q {
                            var sum = SIMD4<Double>()
                            for term in starts[i]..<starts[i + 1] { sum += factors[term] * x[columns[term] * q + j] }
                            left[i * q + j] = sum
                        }
                    }
                    for i in 0..<p {
                        for j in 0..<p {
                            var sum = SIMD4<Double>()
                            for term in starts[j]..<starts[j + 1] { sum += left[i * q + columns[term]] * factors[term] }
                            result[i * p + j] = sum
                        }
                    }
                }
            }
        }
        if !divisors.isEmpty {
            divisors.withUnsafeBufferPointer { divisors in
                for element in 0..<p * p { result[element] /= SIMD4(repeating: divisors[element]) }
            }
        }
    }
}
