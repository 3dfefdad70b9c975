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

extension Sequence where Element == Picojoules {
    /// All energies added up, in their order.
    public func sum() -> Picojoules { reduce(.zero, +) }
}
