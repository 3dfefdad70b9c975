/// What a table gives an energy for, over its width. The raw value is the table's key.
public enum EnergyOperation: String, CaseIterable, Hashable, Sendable {
    /// A product of two integers.
    case multiply
    /// A sum of two integers.
    case add
    /// A product of two floating-point numbers, over the width of the significand.
    case floatMultiply = "float_multiply"
    /// A sum of two floating-point numbers, over the width of the significand.
    case floatAdd = "float_add"
    /// Bits that a register takes up; the figure's area is that of the register.
    case registerWrite = "register_write"
    /// Bits that are taken from a register.
    case registerRead = "register_read"
    /// Bits of registers that are clocked without being written.
    case registerClock = "register_clock"
    /// A logical operation on every bit.
    case bitwise
    /// A value that is compared with another one, or with zero.
    case compare
    /// A value that moves to another place among its neighbours.
    case shift
    /// One of four values that is chosen.
    case multiplex

    /// What only machines with floating-point numbers want of a table.
    static let floating: Set<EnergyOperation> = [.floatMultiply, .floatAdd]
}
