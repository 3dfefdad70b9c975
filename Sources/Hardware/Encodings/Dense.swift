/// Every value is stored, zeros too.
struct Dense: EncodingScheme {
    static let word = "dense"
    static let indexName = "indices"
    static let keepsZeros = true

    init(parameter: Int = 0) {}

    func indexBits(of count: ValueCount) -> Int { 0 }
}
