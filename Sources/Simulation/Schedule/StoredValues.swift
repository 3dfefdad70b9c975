import Hardware

/// How a buffer, DRAM or a bus holds values.
public struct StoredValues: Hashable, Sendable {
    /// Whether zeros are left out.
    public let encoding: Encoding
    /// Bits of a value.
    public let valueBits: Int

    /// Makes a way of holding values.
    public init(encoding: Encoding, valueBits: Int) {
        self.encoding = encoding
        self.valueBits = valueBits
    }

    /// What some values take: every one its bits, or a mask bit each and the non-zero ones theirs.
    public func bits(of count: ValueCount) -> Int {
        switch encoding {
        case .dense: count.values * valueBits
        case .bitmask: count.values + count.nonZeros * valueBits
        }
    }

    /// Bits of them that are masks.
    func maskBits(of count: ValueCount) -> Int { encoding == .bitmask ? count.values : 0 }

    /// What of some values stands in the store, and is read with them.
    func stored(of count: ValueCount) -> ValueCount {
        switch encoding {
        case .dense: count
        case .bitmask: ValueCount(values: count.nonZeros, nonZeros: count.nonZeros)
        }
    }
}
