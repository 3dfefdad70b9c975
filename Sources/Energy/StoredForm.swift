import Hardware
import Simulation

/// How an operand's values travel to the array and lie in its FIFOs.
struct StoredForm: Hashable, Sendable {
    /// Whether zeros are left out behind a mask.
    let isMasked: Bool
    /// Bits of a value.
    let valueBits: Int

    /// Bits of some values.
    func bits(of count: ValueCount) -> Int {
        StoredValues(encoding: isMasked ? .bitmask : .dense, valueBits: valueBits).bits(of: count)
    }

    /// Bits of some values' masks.
    func maskBits(of count: ValueCount) -> Int { isMasked ? count.values : 0 }

    /// Bits of the values themselves.
    func valueBits(of count: ValueCount) -> Int { bits(of: count) - maskBits(of: count) }

    /// Bits of so many values none of which is zero.
    func mostBits(of values: Int) -> Int { bits(of: ValueCount(values: values, nonZeros: values)) }
}
