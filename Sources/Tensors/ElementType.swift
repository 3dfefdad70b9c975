/// The types of elements that tensors here have, by their names in safetensors files.
public enum ElementType: String, CaseIterable, Hashable, Sendable {
    /// IEEE 754 single precision.
    case f32 = "F32"
    /// IEEE 754 half precision.
    case f16 = "F16"
    /// The upper half of a single: 8 bits of exponent, 7 of fraction.
    case bf16 = "BF16"
    /// Signed bytes.
    case i8 = "I8"
    /// Unsigned bytes.
    case u8 = "U8"
    /// Unsigned 16-bit words.
    case u16 = "U16"
    /// Unsigned 64-bit words.
    case u64 = "U64"

    /// The bytes of an element.
    public var byteWidth: Int {
        switch self {
        case .i8, .u8: 1
        case .f16, .bf16, .u16: 2
        case .f32: 4
        case .u64: 8
        }
    }

    /// Whether elements are unsigned words, as bit masks are.
    public var isUnsigned: Bool { self == .u8 || self == .u16 || self == .u64 }
}

/// The value of an IEEE 754 half, exactly, NaN and infinity included.
@inline(__always)
func single(half bits: UInt16) -> Float {
    let magnitude = UInt32(bits & 0x7FFF)
    // Exponent and fraction in a single's places are the value times 2^-112, for subnormals too.
    let finite = (Float(bitPattern: magnitude << 13) * 0x1p112).bitPattern
    let value = magnitude >= 0x7C00 ? 0x7F80_0000 | magnitude << 13 : finite
    return Float(bitPattern: value | UInt32(bits & 0x8000) << 16)
}
