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
        case .u64: map(0..<count, UInt64.self) { $0 != 0 ? 1 : 0 }
        }
    }

    /// The index of the first element that is NaN or infinite.
    public func firstNonFinite() -> Int? {
        switch type {
        case .f32: firstIndex(UInt32.self, withAllBits: 0x7F80_0000)
        case .f16: firstIndex(UInt16.self, withAllBits: 0x7C00)
        case .bf16: firstIndex(UInt16.self, withAllBits: 0x7F80)
        case .i8, .u8, .u16, .u64: nil
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

    /// Blocks are tested as a whole, which vectorises; only one that holds such a word is searched.
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
