import Files
import YAML

/// How a buffer, DRAM or a bus stores values with zeros among them.
public struct Encoding: Hashable, Sendable {
    /// All encodings.
    private static let schemes: [any EncodingScheme.Type] = [
        Dense.self, Bitmask.self, RunLength.self, CompressedSparseColumn.self,
    ]

    private let scheme: any EncodingScheme

    /// Every value.
    public static let dense = Encoding(Dense())
    /// A bit a value, and the values that are not zero.
    public static let bitmask = Encoding(Bitmask())

    /// A zero-run of so many bits before each value that is not zero.
    public static func runLength(_ bits: Int) -> Encoding { Encoding(RunLength(parameter: bits)) }

    /// A coordinate of so many bits beside each value that is not zero, and a count for each vector.
    public static func compressedSparseColumn(_ bits: Int) -> Encoding {
        Encoding(CompressedSparseColumn(parameter: bits))
    }

    private init(_ scheme: some EncodingScheme) { self.scheme = scheme }

    /// Whether every value is stored, zeros too.
    public var keepsZeros: Bool { type(of: scheme).keepsZeros }

    /// Whether the values of a vector are coded together, so that what one of them takes depends on the others.
    public var codesVectors: Bool { type(of: scheme).codesVectors }

    /// What the bits are that are stored beside the values: `masks`.
    public var indexName: String { type(of: scheme).indexName }

    /// The most values that a vector may have; nil where there is no limit.
    public var longestVector: Int? { scheme.longestVector }

    /// Bits that are stored beside some values.
    public func indexBits(of count: ValueCount) -> Int { scheme.indexBits(of: count) }

    /// Zeros that are stored beside the non-zero values of some vectors, each with a mask of its non-zero values.
    public func padding(in masks: some Sequence<UInt64>) -> Int { scheme.padding(in: masks) }

    /// What some values are in the store, and are read with it: all of them, or those that are not zero and padding.
    public func stored(of count: ValueCount) -> ValueCount {
        if keepsZeros { return count }
        return ValueCount(
            values: count.nonZeros + count.padding, nonZeros: count.nonZeros, vectors: count.vectors,
            padding: count.padding)
    }

    /// Whether two encodings are the same.
    public static func == (a: Encoding, b: Encoding) -> Bool { AnyHashable(a.scheme) == AnyHashable(b.scheme) }

    /// Hashes the encoding.
    public func hash(into hasher: inout Hasher) { hasher.combine(AnyHashable(scheme)) }
}

extension Encoding {
    /// The encoding as a configuration has it: `bitmask`, `{run_length: 4}`.
    public var yaml: String {
        let kind = type(of: scheme)
        return kind.parameters == nil ? kind.word : "{\(kind.word): \(scheme.parameter)}"
    }

    /// What a configuration may say, in words.
    ///
    /// - Parameter vectors: whether encodings that code the values of a vector together are among them.
    static func choices(vectors: Bool) -> [String] {
        schemes.filter { vectors || !$0.codesVectors }.map { kind in
            kind.parameters.map { "{\(kind.word): \($0.lowerBound) to \($0.upperBound)}" } ?? kind.word
        }
    }

    /// Reads an encoding: a word, or a mapping of a word to its number.
    ///
    /// - Parameters:
    ///   - name: what messages call it.
    ///   - vectors: as in `choices(vectors:)`.
    ///   - otherWords: words that are no encodings and would be taken in its place, for messages.
    /// - Throws: `InputError` at what is none.
    init(_ node: Node, name: String, vectors: Bool, otherWords: [String] = []) throws {
        let known = Self.schemes.filter { vectors || !$0.codesVectors }
        let expected = "expected \((Self.choices(vectors: vectors) + otherWords).formattedChoice)"
        let place = node.entries.flatMap { $0.count == 1 ? $0[0] : nil }
        guard let word = node.text ?? place?.name else {
            throw node.error("found \(node.found) as \(name), \(expected)")
        }
        guard let kind = known.first(where: { $0.word == word }) else {
            let near =
                nearestName(to: word, among: known.map { $0.word } + otherWords).map { ": did you mean \(quoted($0))?" }
                ?? ""
            throw (place?.key ?? node).error("found \(quoted(word)) as \(name), \(expected)\(near)")
        }
        switch (kind.parameters, place) {
        case (let range?, let place?): self.init(kind.init(parameter: try place.value.integer(in: range)))
        case (nil, nil): self.init(kind.init(parameter: 0))
        case (let range?, nil):
            throw node.error(
                "\(word) has no number of bits, expected {\(word): \(range.lowerBound) to \(range.upperBound)}")
        case (nil, let place?): throw place.value.error("\(word) has no number, expected the word alone")
        }
    }
}
