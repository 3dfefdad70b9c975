/// Before each stored value the number of zeros before it, in `parameter` bits.
///
/// A run of more zeros than the field counts is broken by a zero that is stored with a full field: with b bits, 2^b zeros for each.
/// A vector is coded alone, and the zeros behind its last non-zero value are not stored.
struct RunLength: EncodingScheme {
    static let word = "run_length"
    static let parameters: ClosedRange<Int>? = 1...8
    static let indexName = "run lengths"
    static let codesVectors = true

    let parameter: Int

    func indexBits(of count: ValueCount) -> Int { (count.nonZeros + count.padding) * parameter }

    func padding(in mask: UInt64) -> Int {
        var padding = 0
        var rest = mask
        var next = 0
        while rest != 0 {
            let position = rest.trailingZeroBitCount
            padding += (position - next) >> parameter
            next = position + 1
            rest &= rest &- 1
        }
        return padding
    }
}
