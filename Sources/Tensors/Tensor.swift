import Files

/// A typed view of bytes in row-major order, little-endian. It is cheap to copy, and keeps its bytes alive.
public struct Tensor: Sendable {
    /// The type of its elements.
    public let type: ElementType
    /// Its sizes, outermost first; none for a single element.
    public let shape: [Int]
    /// The number of its elements.
    public let count: Int
    private let storage: Storage
    private let offset: Int

    /// A view of `storage` from `offset` on; the caller has checked that the bytes are there.
    init(type: ElementType, shape: [Int], count: Int, storage: Storage, offset: Int) {
        self.type = type
        self.shape = shape
        self.count = count
        self.storage = storage
        self.offset = offset
    }

    /// A tensor in memory. The number of bytes must match the shape and type.
    public init(type: ElementType, shape: [Int], bytes: [UInt8]) {
        self = bytes.withUnsafeBytes { Tensor(type: type, shape: shape, copying: $0) }
    }

    /// An F32 tensor in memory. The shape must match the number of values.
    public init(_ values: [Float], shape: [Int]) {
        self = values.withUnsafeBytes { Tensor(type: .f32, shape: shape, copying: $0) }
    }

    /// A U64 tensor in memory. The shape must match the number of values.
    public init(_ values: [UInt64], shape: [Int]) {
        self = values.withUnsafeBytes { Tensor(type: .u64, shape: shape, copying: $0) }
    }

    /// A U16 tensor in memory. The shape must match the number of values.
    public init(_ values: [UInt16], shape: [Int]) {
        self = values.withUnsafeBytes { Tensor(type: .u16, shape: shape, copying: $0) }
    }

    private init(type: ElementType, shape: [Int], copying bytes: UnsafeRawBufferPointer) {
        let count = shape.reduce(1, *)
        precondition(bytes.count == count * type.byteWidth, "\(bytes.count) bytes for \(shape) of \(type.rawValue)")
        self.init(type: type, shape: shape, count: count, storage: Storage(copying: bytes), offset: 0)
    }

    /// Calls `body` with the bytes of the elements, at any alignment.
    public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        let bytes = UnsafeRawBufferPointer(rebasing: storage.bytes[offset..<offset + count * type.byteWidth])
        return try withExtendedLifetime(storage) { try body(bytes) }
    }
}

/// The supported types of elements, by their names in safetensors files.
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
    /// Signed 32-bit words.
    case i32 = "I32"
    /// Unsigned 16-bit words.
    case u16 = "U16"
    /// Unsigned 64-bit words.
    case u64 = "U64"

    /// The bytes of an element.
    public var byteWidth: Int {
        switch self {
        case .i8, .u8: 1
        case .f16, .bf16, .u16: 2
        case .f32, .i32: 4
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
    // Exponent and fraction at the position of a single's are the value times 2^-112, for subnormals too.
    let finite = (Float(bitPattern: magnitude << 13) * 0x1p112).bitPattern
    let value = magnitude >= 0x7C00 ? 0x7F80_0000 | magnitude << 13 : finite
    return Float(bitPattern: value | UInt32(bits & 0x8000) << 16)
}

extension Tensor {
    /// All elements as doubles, each widened exactly (U64 beyond 2^53 is rounded).
    public func doubles() -> [Double] { doubles(in: 0..<count) }

    /// The elements at the indices of `range`, in row-major order, as doubles.
    public func doubles(in range: Range<Int>) -> [Double] {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "\(range) of \(count) elements")
        return switch type {
        case .f32: map(range, UInt32.self) { Double(Float(bitPattern: $0)) }
        case .f16: map(range, UInt16.self) { Double(single(half: $0)) }
        case .bf16: map(range, UInt16.self) { Double(Float(bitPattern: UInt32($0) << 16)) }
        case .i8: map(range, Int8.self) { Double($0) }
        case .u8: map(range, UInt8.self) { Double($0) }
        case .i32: map(range, Int32.self) { Double($0) }
        case .u16: map(range, UInt16.self) { Double($0) }
        case .u64: map(range, UInt64.self) { Double($0) }
        }
    }

    /// All elements as words. The type must be unsigned (`ElementType.isUnsigned`).
    public func words() -> [UInt64] {
        precondition(type.isUnsigned, "words of \(type.rawValue)")
        return switch type {
        case .u8: map(0..<count, UInt8.self) { UInt64($0) }
        case .u16: map(0..<count, UInt16.self) { UInt64($0) }
        default: map(0..<count, UInt64.self) { $0 }
        }
    }

    /// 1 for each element that is not zero, else 0; minus zero is zero.
    public func nonZeroFlags() -> [UInt8] {
        switch type {
        case .f32: map(0..<count, UInt32.self) { $0 & 0x7FFF_FFFF != 0 ? 1 : 0 }
        case .f16, .bf16: map(0..<count, UInt16.self) { $0 & 0x7FFF != 0 ? 1 : 0 }
        case .i8, .u8: map(0..<count, UInt8.self) { $0 != 0 ? 1 : 0 }
        case .u16: map(0..<count, UInt16.self) { $0 != 0 ? 1 : 0 }
        case .i32: map(0..<count, UInt32.self) { $0 != 0 ? 1 : 0 }
        case .u64: map(0..<count, UInt64.self) { $0 != 0 ? 1 : 0 }
        }
    }

    /// The index of the first element that is NaN or infinite.
    public func firstNonFinite() -> Int? {
        switch type {
        case .f32: firstIndex(UInt32.self, withAllBits: 0x7F80_0000)
        case .f16: firstIndex(UInt16.self, withAllBits: 0x7C00)
        case .bf16: firstIndex(UInt16.self, withAllBits: 0x7F80)
        case .i8, .u8, .i32, .u16, .u64: nil
        }
    }

    /// Whether every element is equal in type, shape and bits.
    public func isIdentical(to other: Tensor) -> Bool {
        type == other.type && shape == other.shape
            && withUnsafeBytes { a in other.withUnsafeBytes { b in a.elementsEqual(b) } }
    }

    @inline(__always)
    private func map<Word: FixedWidthInteger, Value>(
        _ range: Range<Int>, _: Word.Type, _ convert: (Word) -> Value
    ) -> [Value] {
        guard !range.isEmpty else { return [] }
        return withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return [] }
            let start = base + range.lowerBound * MemoryLayout<Word>.size
            return [Value](unsafeUninitializedCapacity: range.count) { values, count in
                guard let values = values.baseAddress else { return }
                for i in 0..<range.count {
                    let word = start.loadUnaligned(fromByteOffset: i * MemoryLayout<Word>.size, as: Word.self)
                    (values + i).initialize(to: convert(Word(littleEndian: word)))
                }
                count = range.count
            }
        }
    }

    /// Whole blocks are tested, which vectorizes; only a block with such a word is searched.
    @inline(__always)
    private func firstIndex<Word: FixedWidthInteger>(_: Word.Type, withAllBits pattern: Word) -> Int? {
        withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return nil }
            let width = MemoryLayout<Word>.size
            for start in stride(from: 0, to: count, by: 4096) {
                let end = min(start + 4096, count)
                var hits = 0
                for i in start..<end {
                    let word = Word(littleEndian: base.loadUnaligned(fromByteOffset: i * width, as: Word.self))
                    hits |= word & pattern == pattern ? 1 : 0
                }
                if hits == 0 { continue }
                return (start..<end).first {
                    Word(littleEndian: base.loadUnaligned(fromByteOffset: $0 * width, as: Word.self)) & pattern
                        == pattern
                }
            }
            return nil
        }
    }
}
