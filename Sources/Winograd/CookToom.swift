extension WinogradMatrices {
    /// The finite points of the construction, in the order in which they are taken; infinity always is the last.
    static func points(_ count: Int) throws -> [Rational] {
        let all = [
            Rational(0), Rational(1), Rational(-1), Rational(2), Rational(-2), try Rational(1, 2), try Rational(-1, 2),
        ]
        return Array(all.prefix(count))
    }

    /// F(m x m, r x r) from the Cook-Toom construction with the points 0, 1, -1, 2, -2, 1/2, -1/2 and infinity.
    ///
    /// With the finite points a_i, f_i the product of a_i - a_j over all j other than i, and infinity as the last row or column:
    ///
    /// - A^T[k][i] = a_i^k, and at infinity 1 for k = m - 1;
    /// - G[i][k] = a_i^k / f_i, and at infinity 1 for k = r - 1;
    /// - row i of B^T holds the coefficients, lowest first, of the product of x - a_j over all j other than i; at infinity of
    ///   that over all j.
    ///
    /// One rule of signs makes F(2x2, 3x3) and F(4x4, 3x3) those of A. Lavin and S. Gray, "Fast Algorithms for Convolutional
    /// Neural Networks" (2015): the first non-zero entry of the rows of 0 and of infinity in B^T is positive. What turns
    /// the row of 0 turns that row of G; what turns the row of infinity turns that column of A^T.
    ///
    /// - Throws: `WinogradError.size` unless m >= 1, r >= 2 and m + r - 1 <= 8.
    public static func cookToom(m: Int, r: Int) throws -> WinogradMatrices {
        guard isSupported(m: m, r: r) else { throw WinogradError.size(m: m, r: r) }
        let exact = try ExactMatrices(m: m, r: r)
        return try WinogradMatrices(
            m: m, r: r, bt: Matrix(exact.bt), g: Matrix(exact.g), at: Matrix(exact.at))
    }
}

/// The construction's matrices before they are rounded to doubles.
struct ExactMatrices {
    var bt: [[Rational]] = []
    var g: [[Rational]] = []
    var at: [[Rational]]

    init(m: Int, r: Int) throws {
        let n = m + r - 1
        let points = try WinogradMatrices.points(n - 1)
        at = Array(repeating: [], count: m)
        // The lowest coefficient of both rows that have a rule of sign is the product of -a_j over the points but 0.
        let sign = try Rational(
            points.dropFirst().reduce(Rational(1)) { try $0 * $1 * Rational(-1) }.numerator.signum())
        for (i, point) in points.enumerated() {
            let others = points.indices.filter { $0 != i }.map { points[$0] }
            let turn = i == 0 ? sign : Rational(1)
            let scale = try others.reduce(turn) { try $0 * (point - $1) }
            bt.append(try Self.polynomial(roots: others, leading: turn) + [Rational(0)])
            g.append(try Self.powers(of: point, count: r).map { try $0 / scale })
            for (k, power) in try Self.powers(of: point, count: m).enumerated() { at[k].append(power) }
        }
        bt.append(try Self.polynomial(roots: points, leading: sign))
        g.append((0..<r).map { Rational($0 == r - 1 ? 1 : 0) })
        for k in 0..<m { at[k].append(k == m - 1 ? sign : Rational(0)) }
    }

    private static func powers(of point: Rational, count: Int) throws -> [Rational] {
        var powers = [Rational(1)]
        while powers.count < count { powers.append(try powers[powers.count - 1] * point) }
        return powers
    }

    /// The coefficients, lowest first, of `leading` times the product of x - root.
    private static func polynomial(roots: [Rational], leading: Rational) throws -> [Rational] {
        var coefficients = [leading]
        for root in roots {
            var next = [Rational(0)] + coefficients
            for (power, coefficient) in coefficients.enumerated() {
                next[power] = try next[power] - coefficient * root
            }
            coefficients = next
        }
        return coefficients
    }
}
