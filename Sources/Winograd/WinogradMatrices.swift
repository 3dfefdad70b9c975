/// The matrices of Winograd's minimal filtering F(m x m, r x r): outputs are `A^T [(G g G^T) * (B^T d B)] A`, with `*`
/// element by element.
public struct WinogradMatrices: Hashable, Sendable {
    /// The largest edge n of a tile: its n^2 positions fit a 64-bit mask.
    public static let maximumEdge = 8

    /// The edge of the output tile.
    public let m: Int
    /// The edge of the kernel.
    public let r: Int
    /// The edge of the transformed tile, m + r - 1.
    public var n: Int { m + r - 1 }
    /// B^T, n x n: transforms inputs.
    public let bt: Matrix
    /// G, n x r: transforms weights.
    public let g: Matrix
    /// A^T, m x n: transforms products back to outputs.
    public let at: Matrix

    let inputTransform: Transform
    let weightTransform: Transform
    let outputTransform: Transform

    /// Takes matrices as they are given.
    ///
    /// - Throws: `WinogradError.size` and `WinogradError.shape`.
    public init(m: Int, r: Int, bt: Matrix, g: Matrix, at: Matrix) throws {
        guard Self.isSupported(m: m, r: r) else { throw WinogradError.size(m: m, r: r) }
        let n = m + r - 1
        for (name, matrix, rows, columns) in [("bt", bt, n, n), ("g", g, n, r), ("at", at, m, n)]
        where matrix.rows != rows || matrix.columns != columns {
            throw WinogradError.shape(
                matrix: name, rows: matrix.rows, columns: matrix.columns, expectedRows: rows, expectedColumns: columns)
        }
        self.m = m
        self.r = r
        self.bt = bt
        self.g = g
        self.at = at
        inputTransform = Transform(bt)
        weightTransform = Transform(g)
        outputTransform = Transform(at)
    }

    /// Whether there is a transform of this size: m >= 1, r >= 2, m + r - 1 <= 8.
    public static func isSupported(m: Int, r: Int) -> Bool {
        (1...maximumEdge).contains(m) && (2...maximumEdge).contains(r) && m + r - 1 <= maximumEdge
    }

    /// Whether these matrices compute a convolution: sum over i of at[k][i] g[i][j] bt[i][l] is 1 for l = k + j, else 0,
    /// within 1e-6 of the largest term (matrices may have been written down in single precision).
    public var computesConvolution: Bool {
        for k in 0..<m {
            for j in 0..<r {
                for l in 0..<n {
                    var sum = 0.0
                    var scale = 1.0
                    for i in 0..<n {
                        let term = at[k, i] * g[i, j] * bt[i, l]
                        sum += term
                        scale = max(scale, abs(term))
                    }
                    guard abs(sum - (l == k + j ? 1 : 0)) <= 1e-6 * scale else { return false }
                }
            }
        }
        return true
    }

    /// Adds of one two-dimensional input transform: 32 for F(2x2, 3x3).
    public var inputTransformAdds: Int { inputTransform.adds }

    /// Adds of one two-dimensional output transform: 24 for F(2x2, 3x3).
    public var outputTransformAdds: Int { outputTransform.adds }

    /// Bits by which a transformed input can be wider than a pixel: 2 for F(2x2, 3x3), 7 for F(4x4, 3x3).
    public var inputGrowthBits: Int {
        // 2^bits >= sum^2, found by doubling: exact where a logarithm would have to be rounded.
        let growth = bt.largestRowSum * bt.largestRowSum
        var bits = 0
        var reach = 1.0
        while reach < growth, bits < 64 {
            reach *= 2
            bits += 1
        }
        return bits
    }

    /// B^T d B of consecutive n x n patches.
    ///
    /// - Parameters:
    ///   - count: Patches.
    ///   - patches: `[count, n, n]`.
    ///   - result: `[count, n, n]`; may not overlap the patches.
    public func transformInput(
        count: Int, patches: UnsafePointer<Double>, into result: UnsafeMutablePointer<Double>
    ) {
        inputTransform.apply(count: count, from: patches, into: result)
    }

    /// G g G^T of consecutive r x r kernels: `[count, r, r]` to `[count, n, n]`.
    public func transformWeights(
        count: Int, kernels: UnsafePointer<Double>, into result: UnsafeMutablePointer<Double>
    ) {
        weightTransform.apply(count: count, from: kernels, into: result)
    }

    /// A^T M A of consecutive n x n products: `[count, n, n]` to `[count, m, m]`.
    public func transformOutput(
        count: Int, products: UnsafePointer<Double>, into result: UnsafeMutablePointer<Double>
    ) {
        outputTransform.apply(count: count, from: products, into: result)
    }

    /// B^T d B of patches `[count, n, n]` in an array.
    public func transformInput(_ patches: [Double]) -> [Double] { inputTransform.apply(patches) }

    /// G g G^T of kernels `[count, r, r]` in an array.
    public func transformWeights(_ kernels: [Double]) -> [Double] { weightTransform.apply(kernels) }

    /// A^T M A of products `[count, n, n]` in an array.
    public func transformOutput(_ products: [Double]) -> [Double] { outputTransform.apply(products) }

    /// For each pixel of an n x n patch, row by row, the positions that it reaches through non-zero entries of B^T.
    public var inputReach: [UInt64] { inputTransform.reach }

    /// For each tap of an r x r kernel, row by row, the positions that it reaches through non-zero entries of G.
    public var weightReach: [UInt64] { weightTransform.reach }
}
