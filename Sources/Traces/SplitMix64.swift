/// The generator of everything that a trace draws: SplitMix64 (G. Steele, D. Lea, C. Flood, "Fast Splittable Pseudorandom
/// Number Generators", OOPSLA 2014), whose i-th output is a function of i, so that any part can be drawn alone.
public struct SplitMix64: Hashable, Sendable {
    /// The state before the first output.
    public let seed: UInt64

    /// The generator with a seed.
    public init(seed: UInt64) { self.seed = seed }

    /// The stream of a name ("conv2/weights"): seeded with the trace's seed xor the name's hash.
    public init(seed: UInt64, stream: String) { self.init(seed: seed ^ fnv1a64(stream)) }

    /// The output at a place, from 0.
    @inline(__always)
    public func output(_ index: Int) -> UInt64 {
        Self.mix(seed &+ (UInt64(truncatingIfNeeded: index) &+ 1) &* Self.gamma)
    }

    /// The output at a place as a number in 0..<1, a multiple of 2^-53.
    @inline(__always)
    public func uniform(_ index: Int) -> Double { Double(output(index) >> 11) * 0x1p-53 }

    /// What the state grows by from output to output.
    static let gamma: UInt64 = 0x9E37_79B9_7F4A_7C15

    @inline(__always)
    static func mix(_ state: UInt64) -> UInt64 {
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// The 64-bit FNV-1a hash of a text's UTF-8 (G. Fowler, L. C. Noll, K.-P. Vo).
public func fnv1a64(_ text: String) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    return hash
}
