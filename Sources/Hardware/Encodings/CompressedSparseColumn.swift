/// Beside each non-zero value its position in its vector, in `parameter` bits, and for each vector how many there are.
///
/// A vector has at most 2^b values, so that the count takes b + 1 bits.
struct CompressedSparseColumn: EncodingScheme {
    static let word = "csc"
    static let parameters: ClosedRange<Int>? = 1...6
    static let indexName = "coordinates and counts"
    static let codesVectors = true

    let parameter: Int

    var longestVector: Int? { 1 << parameter }

    func indexBits(of count: ValueCount) -> Int { count.nonZeros * parameter + count.vectors * (parameter + 1) }
}
