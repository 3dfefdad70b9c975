import Hardware

/// How a buffer or DRAM stores values.
struct StoredValues: Hashable, Sendable {
    let encoding: Encoding
    /// Bits of a value.
    let valueBits: Int

    /// What some values take: every one its bits, or a mask bit each and the non-zero ones theirs.
    func bits(of count: ValueCount) -> Int {
        switch encoding {
        case .dense: count.values * valueBits
        case .bitmask: count.values + count.nonZeros * valueBits
        }
    }

    /// What of some values stands in the store, and is read with them.
    func stored(of count: ValueCount) -> ValueCount {
        switch encoding {
        case .dense: count
        case .bitmask: ValueCount(values: count.nonZeros, nonZeros: count.nonZeros)
        }
    }
}
