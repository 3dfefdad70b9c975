/// A number of clock cycles of the accelerator.
public struct Cycles: Hashable, Comparable, Sendable {
    /// The number of cycles.
    public var count: Int

    /// Wraps `count` cycles.
    public init(_ count: Int) { self.count = count }

    /// Fewer cycles.
    public static func < (a: Cycles, b: Cycles) -> Bool { a.count < b.count }

    /// The sum of two durations.
    public static func + (a: Cycles, b: Cycles) -> Cycles { Cycles(a.count + b.count) }

    /// The time that these cycles take at a clock frequency, in seconds.
    public func seconds(at clock: Hertz) -> Double { Double(count) / clock.value }
}

/// A capacity or an amount of data, in bytes.
public struct Bytes: Hashable, Comparable, Sendable {
    /// The number of bytes.
    public var count: Int

    /// Wraps `count` bytes.
    public init(_ count: Int) { self.count = count }

    /// Makes a number of KiB (1024 bytes).
    public static func kibibytes(_ count: Int) -> Bytes { Bytes(count << 10) }

    /// Fewer bytes.
    public static func < (a: Bytes, b: Bytes) -> Bool { a.count < b.count }

    /// The sum of two amounts.
    public static func + (a: Bytes, b: Bytes) -> Bytes { Bytes(a.count + b.count) }

    /// The bytes for a number of bits, rounded up.
    public static func holding(bits: Int) -> Bytes { Bytes((bits + 7) / 8) }
}

/// A frequency, in hertz.
public struct Hertz: Hashable, Comparable, Sendable {
    /// Cycles per second.
    public var value: Double

    /// Wraps a frequency in hertz.
    public init(_ value: Double) { self.value = value }

    /// Makes a frequency from megahertz.
    public static func megahertz(_ value: Double) -> Hertz { Hertz(value * 1e6) }

    /// A lower frequency.
    public static func < (a: Hertz, b: Hertz) -> Bool { a.value < b.value }
}
