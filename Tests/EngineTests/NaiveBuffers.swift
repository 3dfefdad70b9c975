import Hardware

/// How a buffer stores vectors (page `Fetch`): the tests' own statement of each encoding.
enum NaiveEncoding: Equatable {
    case dense
    case bitmask
    /// Bits of the number of zeros before each stored value.
    case runLength(Int)
    /// Bits of the lane of each stored value.
    case compressedSparseColumn(Int)

    /// The encoding of a configuration: `bitmask`, `{run_length: 4}`.
    init(_ encoding: Encoding) {
        let words = encoding.yaml.split { "{: }".contains($0) }
        switch (words[0], words.count > 1 ? Int(words[1]) : nil) {
        case ("dense", nil): self = .dense
        case ("bitmask", nil): self = .bitmask
        case ("run_length", let bits?): self = .runLength(bits)
        case ("csc", let bits?): self = .compressedSparseColumn(bits)
        default: preconditionFailure("NaiveEncoding (NaiveBuffers.swift) has no case for \(encoding.yaml)")
        }
    }
}

/// The stored form of some vectors in a buffer.
struct NaiveStored {
    var valueBits: Int
    /// Stored values, true for non-zeros.
    var values: [Bool] = []
    /// Index bits.
    var indexBits = 0

    var bits: Int { values.count * valueBits + indexBits }
    var bytes: Int { (bits + 7) / 8 }

    /// Encodes the lanes of a vector, lane 0 first.
    mutating func append(_ vector: [Bool], as encoding: NaiveEncoding) {
        switch encoding {
        case .dense:
            values += vector
        case .bitmask:
            for isNonZero in vector {
                indexBits += 1
                if isNonZero { values.append(true) }
            }
        case .runLength(let bits):
            let largest = 1 << bits - 1
            // Zeros since the last value; they are stored as padding only when another value follows.
            var run = 0
            for isNonZero in vector {
                if !isNonZero {
                    run += 1
                    continue
                }
                while run > largest {
                    // A full field counts the zeros before this zero.
                    values.append(false)
                    indexBits += bits
                    run -= largest + 1
                }
                values.append(true)
                indexBits += bits
                run = 0
            }
        case .compressedSparseColumn(let bits):
            for (lane, isNonZero) in vector.enumerated() where isNonZero {
                precondition(lane < 1 << bits, "lane \(lane) has no coordinate of \(bits) bits")
                values.append(true)
                indexBits += bits
            }
            // The number of values: from zero to one per lane.
            indexBits += bits + 1
        }
    }
}

/// The two operand buffers, vector by vector.
struct NaiveBuffers {
    let workload: NaiveWorkload
    let datatype: Datatype
    let weightEncoding: NaiveEncoding
    let inputEncoding: NaiveEncoding

    init(_ configuration: Configuration, _ workload: NaiveWorkload) {
        self.workload = workload
        datatype = configuration.datatype
        weightEncoding = NaiveEncoding(configuration.weightBuffer.encoding)
        // Pixels before a transform are not compressed.
        inputEncoding = workload.transformsOnRead ? .dense : NaiveEncoding(configuration.inputBuffer.encoding)
    }

    /// The weights of some filters over some steps of a group.
    func weights(_ group: Int, _ steps: [Int], _ filters: [Int]) -> NaiveStored {
        var stored = NaiveStored(valueBits: datatype.weights)
        for vector in workload.weightVectors(group, steps, filters) { stored.append(vector, as: weightEncoding) }
        return stored
    }

    /// What the buffer holds of some tiles over some steps of a group.
    func heldInputs(_ group: Int, _ steps: [Int], _ tiles: [Int]) -> NaiveStored {
        var stored = NaiveStored(valueBits: datatype.activations)
        for vector in workload.vectorsHeld(group, steps, tiles) { stored.append(vector, as: inputEncoding) }
        return stored
    }

    /// The inputs of some tiles over some steps of a group.
    func inputs(_ group: Int, _ steps: [Int], _ tiles: [Int]) -> NaiveStored {
        var stored = NaiveStored(valueBits: datatype.activations)
        for vector in workload.inputVectors(group, steps, tiles) { stored.append(vector, as: inputEncoding) }
        return stored
    }
}
