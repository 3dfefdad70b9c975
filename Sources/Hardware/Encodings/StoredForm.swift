/// Values as a buffer, DRAM or a bus stores them: their encoding and their width.
public struct StoredForm: Hashable, Sendable {
    /// Which values are stored, and what beside them.
    public let encoding: Encoding
    /// Bits of a value.
    public let valueBits: Int

    /// Makes a form.
    public init(_ encoding: Encoding, valueBits: Int) {
        self.encoding = encoding
        self.valueBits = valueBits
    }

    /// Bits of some values, with all that the encoding stores beside them.
    public func bits(of count: ValueCount) -> Int { indexBits(of: count) + valueBits(of: count) }

    /// Bits that are stored beside the values.
    public func indexBits(of count: ValueCount) -> Int { encoding.indexBits(of: count) }

    /// Bits of the stored values themselves.
    public func valueBits(of count: ValueCount) -> Int { encoding.stored(of: count).values * valueBits }

    /// Bits of so many values none of which is zero.
    public func mostBits(of values: Int) -> Int { bits(of: ValueCount(values: values, nonZeros: values)) }

    /// Bits that are expected of values whose zeros are not known. Values must not be coded together.
    ///
    /// - Parameters:
    ///   - values: how many there are.
    ///   - density: the share of values that are not zero.
    public func expectedBits(of values: Int, density: Double) -> Double {
        let zero = bits(of: ValueCount(values: 1))
        let nonZero = bits(of: ValueCount(values: 1, nonZeros: 1))
        return Double(values) * (Double(zero) + Double(nonZero - zero) * density)
    }
}
