/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014), so that a failure's seed makes the whole case again.
public struct SeededGenerator: RandomNumberGenerator {
    private static let step: UInt64 = 0x9E37_79B9_7F4A_7C15
    private var state: UInt64

    /// Enters the sequence at a place that has nothing to do with those of neighbouring seeds, whose draws would otherwise be the
    /// same, one place on.
    public init(seed: UInt64) { state = Self.mixed(Self.mixed(seed)) }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= Self.step
        return Self.mixed(state)
    }

    private static func mixed(_ value: UInt64) -> UInt64 {
        var z = value &+ step
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    /// A byte.
    public mutating func byte() -> UInt8 { UInt8(truncatingIfNeeded: next()) }

    /// A number from 0 to `bound - 1`.
    public mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

    /// A number of a range.
    public mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    /// One of some values.
    public mutating func pick<T>(_ values: [T]) -> T { values[below(values.count)] }
}
