/// An area, in square micrometres.
public struct SquareMicrometres: Hashable, Comparable, Sendable {
    /// The number of square micrometres.
    public var value: Double

    /// No area.
    public static let zero = SquareMicrometres(0)

    /// Wraps an area in square micrometres.
    public init(_ value: Double) { self.value = value }

    /// The number of square millimetres.
    public var squareMillimetres: Double { value / 1e6 }

    /// A smaller area.
    public static func < (a: SquareMicrometres, b: SquareMicrometres) -> Bool { a.value < b.value }

    /// The sum of two areas.
    public static func + (a: SquareMicrometres, b: SquareMicrometres) -> SquareMicrometres {
        SquareMicrometres(a.value + b.value)
    }

    /// The area of a number of equal parts.
    public static func * (a: SquareMicrometres, count: Int) -> SquareMicrometres {
        SquareMicrometres(a.value * Double(count))
    }
}

extension Sequence where Element == SquareMicrometres {
    /// All areas added up, in their order.
    public func sum() -> SquareMicrometres { reduce(.zero, +) }
}
