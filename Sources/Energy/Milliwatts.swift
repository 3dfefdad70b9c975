/// A power, in milliwatts.
public struct Milliwatts: Hashable, Comparable, Sendable {
    /// The number of milliwatts.
    public var value: Double

    /// No power.
    public static let zero = Milliwatts(0)

    /// Wraps a power in milliwatts.
    public init(_ value: Double) { self.value = value }

    /// Less power.
    public static func < (a: Milliwatts, b: Milliwatts) -> Bool { a.value < b.value }

    /// The sum of two powers.
    public static func + (a: Milliwatts, b: Milliwatts) -> Milliwatts { Milliwatts(a.value + b.value) }

    /// The power of a number of equal parts.
    public static func * (a: Milliwatts, count: Int) -> Milliwatts { Milliwatts(a.value * Double(count)) }
}

extension Sequence where Element == Milliwatts {
    /// All powers added up, in their order.
    public func sum() -> Milliwatts { reduce(.zero, +) }
}
