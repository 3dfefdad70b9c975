/// A bit for each value, and the values that are not zero.
struct Bitmask: EncodingScheme {
    static let word = "bitmask"
    static let indexName = "masks"

    init(parameter: Int = 0) {}

    func indexBits(of count: ValueCount) -> Int { count.values }
}
