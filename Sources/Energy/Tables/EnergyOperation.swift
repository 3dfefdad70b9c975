/// An operation with an energy over its width. The raw value is the table's key.
public enum EnergyOperation: String, CaseIterable, Hashable, Sendable {
    /// A product of two integers.
    case multiply
    /// A sum of two integers.
    case add
    /// A product of two floating-point numbers, over the width of the significand.
    case floatMultiply = "float_multiply"
    /// A sum of two floating-point numbers, over the width of the significand.
    case floatAdd = "float_add"
    /// Bits written into a register; the figure's area is that of the register.
    case registerWrite = "register_write"
    /// Bits read from a register.
    case registerRead = "register_read"
    /// Bits of registers that are clocked but not written.
    case registerClock = "register_clock"
    /// A logical operation on every bit.
    case bitwise
    /// A comparison of a value with another one, or with zero.
    case compare
    /// A shift of a value to another position.
    case shift
    /// The selection of one of four values.
    case multiplex

    /// The operations that only machines with floating-point numbers require.
    static let floating: Set<EnergyOperation> = [.floatMultiply, .floatAdd]
}
