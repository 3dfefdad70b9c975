import Files
import Hardware
import TestSupport
import Testing
import YAML

@Suite struct EncodingTests {
    /// The counts of the vectors of some masks under an encoding.
    private func count(_ masks: [UInt64], lanes: Int, _ encoding: Encoding) -> ValueCount {
        ValueCount(
            values: masks.count * lanes, nonZeros: masks.reduce(0) { $0 + $1.nonzeroBitCount }, vectors: masks.count,
            padding: encoding.padding(in: masks))
    }

    @Test func storedBitsMatchStreamsWrittenByHand() {
        // Lane 0 first: 0 7 0 0 5 0 0 0, and 0 0 0 0 0 0 0 9.
        let masks: [UInt64] = [0b0001_0010, 0b1000_0000]
        func bits(_ encoding: Encoding) -> Int {
            StoredForm(encoding, valueBits: 10).bits(of: count(masks, lanes: 8, encoding))
        }
        #expect(bits(.dense) == 16 * 10)
        #expect(bits(.bitmask) == 16 + 3 * 10)
        // (1, 7) (2, 5), then (7, 9): three entries of 3 + 10 bits.
        #expect(bits(.runLength(3)) == 3 * 13)
        // Runs of at most 3: (1, 7) (2, 5), then (3, 0) (3, 9).
        #expect(bits(.runLength(2)) == 4 * 12)
        // Runs of at most 1: (1, 7) (1, 0) (0, 5), then (1, 0) (1, 0) (1, 0) (1, 9).
        #expect(bits(.runLength(1)) == 7 * 11)
        // 2: (1, 7) (4, 5), then 1: (7, 9). Coordinates of 3 bits, counts of 4.
        #expect(bits(.compressedSparseColumn(3)) == 3 * 13 + 2 * 4)
    }

    /// 64 lanes of which only the last, all, or none are non-zero.
    @Test func paddingOfLongVectorsIsCounted() {
        for (bits, padding) in [(4, 3), (3, 7), (6, 0), (8, 0)] {
            #expect(Encoding.runLength(bits).padding(in: [UInt64(1) << 63]) == padding)
        }
        // Lanes 15, 31 and 63: the first two runs are of 15 zeros, which fit the field; the third is of 31, so one zero
        // is stored.
        #expect(Encoding.runLength(4).padding(in: [UInt64(1) << 15 | 1 << 31 | 1 << 63]) == 1)
        #expect(Encoding.runLength(4).padding(in: [.max]) == 0)
        #expect(Encoding.runLength(4).padding(in: [0]) == 0)
        let empty = ValueCount(values: 64, vectors: 1)
        #expect(StoredForm(.runLength(4), valueBits: 8).bits(of: empty) == 0)
        #expect(StoredForm(.compressedSparseColumn(6), valueBits: 8).bits(of: empty) == 7)
    }

    @Test func paddingMatchesCodingValueByValue() {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<2000 {
            let bits = random.number(1...8)
            let mask = random.next() & random.next() & random.next() & (random.below(2) == 0 ? .max : random.next())
            var run = 0
            var entries = 0
            for lane in 0..<(64 - mask.leadingZeroBitCount) {
                if mask >> UInt64(lane) & 1 == 1 || run == (1 << bits) - 1 {
                    entries += 1
                    run = 0
                } else {
                    run += 1
                }
            }
            #expect(
                Encoding.runLength(bits).padding(in: [mask]) + mask.nonzeroBitCount == entries,
                "seed 11: \(bits) bits, mask \(mask)")
        }
    }

    @Test(arguments: ["dense", "bitmask", "{run_length: 4}", "{csc: 6}"])
    func encodingsReadBackAsWritten(_ text: String) throws {
        let configuration = try decoded("input_buffer: {encoding: \(text)}")
        #expect(configuration.inputBuffer.encoding.yaml == text)
        #expect(try decoded(configuration.yaml()) == configuration)
    }

    /// The new encoding replaces both the kind and the number of the old one.
    @Test func encodingsReplaceEachOtherWhole() throws {
        let base = try Document.parse("weight_buffer: {encoding: {run_length: 4}}", file: "base")
        let configuration = try Configuration.load(base: base, overrides: ["weight_buffer.encoding={csc: 5}"])
        #expect(configuration.weightBuffer.encoding == .compressedSparseColumn(5))
    }
}
