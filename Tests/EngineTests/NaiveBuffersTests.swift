import Hardware
import Testing
import Traces

@testable import Engine

/// Stored forms in the naive machine's buffers, computed by hand: 8-bit values, each with a field of b bits.
extension NaiveMachineTests {
    /// One digit per lane, lane 0 first; `stored` has one digit per stored value.
    @Test(arguments: [
        (NaiveEncoding.dense, "0100", "0100", 0), (.bitmask, "0100", "1", 4), (.bitmask, "000", "", 3),
        // Three zeros fit a field of two bits; four are a full field, a stored zero and an empty field.
        (.runLength(2), "00010100", "11", 4), (.runLength(2), "00001", "01", 4),
        (.runLength(2), "10000000100", "101", 6), (.runLength(1), "000001", "001", 3),
        (.runLength(1), "1110000", "111", 3), (.runLength(4), "0000", "", 0),
        // A coordinate for each value, and a count of b + 1 bits.
        (.compressedSparseColumn(2), "0101", "11", 7), (.compressedSparseColumn(2), "1111", "1111", 11),
        (.compressedSparseColumn(3), "00000000", "", 4),
    ])
    func vectorsAreStoredInTheirEncoding(encoding: NaiveEncoding, lanes: String, stored: String, indexBits: Int) {
        var observed = NaiveStored(valueBits: 8)
        observed.append(lanes.map { $0 == "1" }, as: encoding)
        #expect(observed.values == stored.map { $0 == "1" })
        #expect(observed.indexBits == indexBits)
        #expect(observed.bits == 8 * stored.count + indexBits)
    }

    @Test func encodingsAreReadFromTheConfiguration() {
        #expect(NaiveEncoding(.dense) == .dense)
        #expect(NaiveEncoding(.bitmask) == .bitmask)
        #expect(NaiveEncoding(.runLength(4)) == .runLength(4))
        #expect(NaiveEncoding(.compressedSparseColumn(6)) == .compressedSparseColumn(6))
    }

    /// Two filters with a weight in lane 7 and in lane 0, and one tile with a value in lane 0.
    /// Runs of two bits: seven zeros are a padding and three more, so there are three values of 10 bits, 4 bytes.
    /// Coordinates of three bits: two values of 11 bits and two counts of 4 bits, 30 bits, 4 bytes.
    /// A decoder precedes the array, whether that takes a bitmask or all values.
    @Test(arguments: [(Encoding.runLength(2), 1, 6), (.compressedSparseColumn(3), 0, 14)])
    func codedWeightsAreCountedWithTheirPadding(encoding: Encoding, padding: Int, indexBits: Int) throws {
        var configuration = configuration()
        configuration.dram = .ideal
        configuration.peArray.filtersPerPE = 2
        configuration.weightBuffer.encoding = encoding
        var workload = workload(filters: 2)
        workload.weights = [[[1 << 7], [1]]]
        for skipping in [ZeroSkipping.both, .none] {
            configuration.peArray.zeroSkipping = skipping
            var machine = try NaiveMachine(configuration, workload)
            let result = try machine.run()
            #expect(result.dramReadBytes == 4 + 8)
            #expect(result.counts["weight buffer bytes"] == 4)
            #expect(result.counts["weight mask bits read"] == indexBits)
            #expect(result.counts["weight mask bits moved"] == indexBits)
            #expect(result.counts["weights read"] == 2)
            #expect(result.counts["zero weights read", default: 0] == padding)
            #expect(result.counts["weights decoded"] == 2 + padding)
            #expect(result.counts["weights encoded"] == nil)
            #expect(result.counts["weights moved"] == 16)
        }
    }

    /// No byte is fetched, so the bundle is issued in cycle 0, in which the PE is idle. Its entry is popped in 1;
    /// drained in 6.
    @Test func aFirstBundleWithoutBytesTakesCycleZero() throws {
        var configuration = configuration()
        configuration.dram = .ideal
        configuration.weightBuffer.encoding = .runLength(2)
        configuration.inputBuffer.encoding = .runLength(2)
        var workload = workload()
        workload.weights = [[[0]]]
        workload.activations = [[[0]]]
        workload.inputVectors = { _, _, _ in [Array(repeating: false, count: 8)] }
        try expect(
            configuration, workload, cycles: 9, classes: ["input_fetch": 1, "underfill": 1, "drain": 7],
            ledger: ["input_fetch": 1, "array": 1, "drain": 7], read: 8, written: 1)
    }

    /// 24 channels in steps of 16 on 3 x 3 pixels under a 3 x 3 kernel: a pixel is two vectors, one of 16 channels and
    /// one of 8, regardless of how many windows and taps read it. Taps in the border read nothing. Steps of positions
    /// have one vector per channel.
    @Test(arguments: [(StepForm.channels, 2), (.positions, 24)])
    func pixelsSharedByTilesAreReadOnce(step: StepForm, vectors: Int) throws {
        var shape = LayerShape(channels: 24, filters: 1)
        (shape.kernelHeight, shape.kernelWidth) = (3, 3)
        (shape.paddingHeight, shape.paddingWidth) = (1, 1)
        (shape.height, shape.width) = (3, 3)
        var configuration = configuration()
        configuration.mapping.step = step
        configuration.mapping.stepWidth = 16
        configuration.inputBuffer.encoding = .compressedSparseColumn(4)
        let layer = Layer(
            name: "layer", shape: shape, weights: .density(1, .spatial, Spread()),
            activations: .density(1, .spatial, Spread()))
        let form = try LayerForm(direct: layer)
        let workload = NaiveLowering(
            shape: shape, configuration: configuration, edge: nil,
            weights: try form.weightZeros(seed: 1, quantizeBits: nil),
            activations: try form.activationZeros(seed: 1, quantizeBits: nil)
        ).workload()
        let stored = NaiveBuffers(configuration, workload).inputs(
            0, Array(workload.operands.indices), Array(0..<9))
        #expect(stored.values.count == 9 * 24)
        #expect(stored.indexBits == 9 * (24 * 4 + vectors * 5))
    }
}
