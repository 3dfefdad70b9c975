import YAML

/// How activations lie in DRAM between layers (page `BuffersAndTraffic`).
public enum ActivationStorage: Hashable, Sendable {
    /// Pixels, each coded alone.
    case pixels(Encoding)
    /// The transformed, rectified tiles of layers under Winograd's algorithm, and the pixels of others, as masks and the values that
    /// are not zero.
    case transformed

    /// Every pixel.
    public static let dense = ActivationStorage.pixels(.dense)
    /// A bit a pixel, and the pixels that are not zero.
    public static let bitmask = ActivationStorage.pixels(.bitmask)

    /// The encoding of what is stored.
    public var encoding: Encoding {
        switch self {
        case .pixels(let encoding): encoding
        case .transformed: .bitmask
        }
    }

    /// Whether every value is stored, zeros too.
    public var keepsZeros: Bool { encoding.keepsZeros }
}

extension ActivationStorage {
    private static let word = "transformed"

    /// What a configuration may say, in words.
    static var choices: [String] { Encoding.choices(vectors: false) + [word] }

    /// The storage as a configuration has it.
    var yaml: String {
        switch self {
        case .pixels(let encoding): encoding.yaml
        case .transformed: Self.word
        }
    }

    /// Reads a storage.
    ///
    /// - Parameter name: what messages call it.
    /// - Throws: `InputError` at what is none.
    init(_ node: Node, name: String) throws {
        self =
            node.text == Self.word
            ? .transformed : .pixels(try Encoding(node, name: name, vectors: false, otherWords: [Self.word]))
    }
}
