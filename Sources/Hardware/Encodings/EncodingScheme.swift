/// A way of storing values with zeros among them: what it adds to them in bits, and which of them it keeps.
///
/// Buffers, DRAM, fetches, encoders, decoders and energies ask for nothing else, so that a new encoding is a new file with a type
/// that conforms to this, and a line in `Encoding.schemes`.
protocol EncodingScheme: Hashable, Sendable {
    /// The word in a configuration: `bitmask`, or `run_length` in `{run_length: 4}`.
    static var word: String { get }
    /// The values of the number behind the word; nil where it has none.
    static var parameters: ClosedRange<Int>? { get }
    /// What the bits are that are stored beside the values, for derivations: `masks`.
    static var indexName: String { get }
    /// Whether the values of a vector are coded together, so that what one of them takes depends on the others.
    static var codesVectors: Bool { get }
    /// Whether every value is stored, zeros too.
    static var keepsZeros: Bool { get }

    /// Makes the encoding.
    ///
    /// - Parameter parameter: the number behind the word, within `parameters`; 0 where there is none.
    init(parameter: Int)

    /// The number behind the word; 0 where there is none.
    var parameter: Int { get }

    /// Bits that are stored beside the values.
    ///
    /// - Parameter count: the sums over all vectors; the stored values are `nonZeros + padding`, or `values` where zeros are kept.
    func indexBits(of count: ValueCount) -> Int

    /// Zeros that are stored beside the non-zero values of one vector: at most as many as the vector has.
    ///
    /// - Parameter mask: bit i is 1 where value i is not zero.
    func padding(in mask: UInt64) -> Int

    /// The most values that a vector may have; nil where there is no limit.
    var longestVector: Int? { get }
}

extension EncodingScheme {
    static var parameters: ClosedRange<Int>? { nil }
    static var codesVectors: Bool { false }
    static var keepsZeros: Bool { false }
    var parameter: Int { 0 }
    var longestVector: Int? { nil }
    func padding(in mask: UInt64) -> Int { 0 }

    /// The padding of many vectors; no vector is visited where the encoding has none.
    func padding(in masks: some Sequence<UInt64>) -> Int {
        Self.codesVectors ? masks.reduce(0) { $0 + padding(in: $1) } : 0
    }
}
