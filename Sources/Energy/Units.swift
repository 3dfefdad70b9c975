/// An energy, in picojoules.
public struct Picojoules: Hashable, Comparable, Sendable {
    /// The number of picojoules.
    public var value: Double

    /// No energy.
    public static let zero = Picojoules(0)

    /// Wraps an energy in picojoules.
    public init(_ value: Double) { self.value = value }

    /// Less energy.
    public static func < (a: Picojoules, b: Picojoules) -> Bool { a.value < b.value }

    /// The sum of two energies.
    public static func + (a: Picojoules, b: Picojoules) -> Picojoules { Picojoules(a.value + b.value) }

    /// The energy of a number of actions.
    public static func * (a: Picojoules, count: Int) -> Picojoules { Picojoules(a.value * Double(count)) }
}

extension Picojoules: CustomStringConvertible {
    /// The number with its unit: `12.5 pJ`.
    public var description: String { "\(value) pJ" }
}

extension Sequence where Element == Picojoules {
    /// All energies added up, in their order.
    public func sum() -> Picojoules { reduce(.zero, +) }
}

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
