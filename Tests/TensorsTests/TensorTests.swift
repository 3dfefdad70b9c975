import TestSupport
import Testing

@testable import Tensors

private func bytes<Word: FixedWidthInteger>(_ words: [Word]) -> [UInt8] {
    words.flatMap { word in withUnsafeBytes(of: word.littleEndian) { Array($0) } }
}

@Suite struct TensorTests {
    @Test func halvesAreExact() {
        // Sign, exponent and fraction by the definition of IEEE 754 binary16, for all 65,536 patterns.
        let wrong = (UInt16.min...UInt16.max).filter { pattern in
            let (exponent, fraction) = (Int(pattern >> 10 & 0x1F), Double(pattern & 0x3FF))
            let value = Double(single(half: pattern))
            let magnitude =
                switch exponent {
                case 0: fraction * 0x1p-24
                case 31: fraction == 0 ? Double.infinity : .nan
                default: (1024 + fraction) * Double(sign: .plus, exponent: exponent - 25, significand: 1)
                }
            let isEqual = magnitude.isNaN ? value.isNaN : value.magnitude == magnitude
            return !isEqual || value.sign != (pattern >> 15 == 1 ? .minus : .plus)
        }
        #expect(wrong.isEmpty)
    }

    @Test func typesWidenExactly() {
        let f16 = Tensor(type: .f16, shape: [4], bytes: bytes([0x3C00, 0x0001, 0xC000, 0x7BFF] as [UInt16]))
        #expect(f16.doubles() == [1, 0x1p-24, -2, 65504])
        let bf16 = Tensor(type: .bf16, shape: [2, 2], bytes: bytes([0x3F80, 0x0001, 0xC049, 0x8000] as [UInt16]))
        #expect(bf16.doubles() == [1, 0x1p-133, -3.140625, 0])
        #expect(Tensor(type: .i8, shape: [3], bytes: [0, 127, 128]).doubles() == [0, 127, -128])
        #expect(Tensor(type: .u8, shape: [2], bytes: [0, 255]).doubles() == [0, 255])
        #expect(Tensor([UInt16.max, 3], shape: [2]).doubles() == [65535, 3])
        #expect(Tensor([1 << 63, 3] as [UInt64], shape: [2]).doubles() == [0x1p63, 3])
        let tiny = Float.leastNonzeroMagnitude
        #expect(Tensor([0.1, tiny, -1] as [Float], shape: [3]).doubles() == [Double(Float(0.1)), Double(tiny), -1])
    }

    @Test func rangesAreSlices() {
        let tensor = Tensor((0..<10).map(Float.init), shape: [2, 5])
        #expect(tensor.doubles(in: 3..<6) == [3, 4, 5])
        #expect(tensor.doubles(in: 10..<10).isEmpty)
        #expect(Tensor([Float](), shape: [0, 5]).doubles().isEmpty)
        #expect(Tensor([7] as [Float], shape: []).doubles() == [7])
    }

    @Test func unsignedTypesGiveWords() {
        #expect(Tensor(type: .u8, shape: [2], bytes: [1, 255]).words() == [1, 255])
        #expect(Tensor([UInt16.max], shape: [1]).words() == [65535])
        #expect(Tensor([UInt64.max], shape: [1]).words() == [UInt64.max])
    }

    @Test func minusZeroCountsAsZero() {
        #expect(Tensor([0, -0.0, Float.leastNonzeroMagnitude, -3], shape: [4]).nonZeroFlags() == [0, 0, 1, 1])
        let halves = bytes([0, 0x8000, 0x0001, 0xBC00] as [UInt16])
        #expect(Tensor(type: .f16, shape: [4], bytes: halves).nonZeroFlags() == [0, 0, 1, 1])
        #expect(Tensor(type: .bf16, shape: [4], bytes: halves).nonZeroFlags() == [0, 0, 1, 1])
        #expect(Tensor(type: .i8, shape: [3], bytes: [0, 128, 1]).nonZeroFlags() == [0, 1, 1])
        #expect(Tensor([0x8000, 0] as [UInt16], shape: [2]).nonZeroFlags() == [1, 0])
        let words = Tensor(type: .i32, shape: [2], bytes: [0xFE, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0])
        #expect(words.nonZeroFlags() == [1, 0] && words.doubles() == [-2, 0])
        #expect(Tensor([1 << 63, 0] as [UInt64], shape: [2]).nonZeroFlags() == [1, 0])
    }

    @Test func nonFiniteElementsAreFound() {
        for index in [0, 17, 4095, 4096, 9999] {
            var values = [Float](repeating: .greatestFiniteMagnitude, count: 10_000)
            values[index] = index.isMultiple(of: 2) ? -.infinity : .nan
            #expect(Tensor(values, shape: [10_000]).firstNonFinite() == index)
        }
        #expect(Tensor([0, 3] as [Float], shape: [2]).firstNonFinite() == nil)
        #expect(
            Tensor(type: .f16, shape: [3], bytes: bytes([0x7BFF, 0x7C00, 0x7E00] as [UInt16])).firstNonFinite() == 1)
        #expect(Tensor(type: .bf16, shape: [2], bytes: bytes([0x7F7F, 0xFF80] as [UInt16])).firstNonFinite() == 1)
        #expect(Tensor(type: .u8, shape: [1], bytes: [255]).firstNonFinite() == nil)
    }
}
