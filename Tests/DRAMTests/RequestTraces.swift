import DRAM

/// Request traces similar to an accelerator's; the generator of the results in `Data/dramsim3.csv`, in Swift.
enum RequestTraces {
    static let names = [
        "a_seq_rd", "b_seq_wr", "c_mix_aligned", "c_mix_skewed", "c_mix_chunk1k", "d_rand_rd", "d_rand_rw",
        "e_stride256k", "e_stride8k", "f_tile_rd", "f_tile_rw", "g_seq_every8", "g_seq_every20", "g_rand_every100",
    ]

    private static let line = 64
    private static let kibibyte = 1 << 10
    private static let mebibyte = 1 << 20
    /// One row of DDR4, which moves a stream to other banks.
    private static let skew = 8 << 10

    static func make(_ name: String) -> [DRAMRequest] {
        let skewed = [
            (0, false), (64 * mebibyte + 5 * skew, false), (128 * mebibyte + 10 * skew, true),
        ]
        return switch name {
        case "a_seq_rd": sequential(65536)
        case "b_seq_wr": sequential(65536, isWrite: true)
        case "c_mix_aligned":
            streams([(0, false), (64 * mebibyte, false), (128 * mebibyte, true)], each: 32768, chunk: 1)
        case "c_mix_skewed": streams(skewed, each: 32768, chunk: 1)
        case "c_mix_chunk1k": streams(skewed, each: 32768, chunk: 16)
        case "d_rand_rd": random(50000, span: 256 * mebibyte, seed: 1)
        case "d_rand_rw": random(50000, span: 256 * mebibyte, seed: 2, writeEvery: 3)
        case "e_stride256k": strided(4096, step: 256 * kibibyte)
        case "e_stride8k": strided(16384, step: 8 * kibibyte)
        case "f_tile_rd": tiles(1024, seed: 3)
        case "f_tile_rw": tiles(1024, seed: 4, writeEvery: 4)
        case "g_seq_every8": sequential(16384, every: 8)
        case "g_seq_every20": sequential(16384, every: 20)
        case "g_rand_every100": random(5000, span: 256 * mebibyte, seed: 5, every: 100)
        case "big_seq_1m": sequential(1_000_000)
        case "big_rand_1m": random(1_000_000, span: 1 << 30, seed: 6)
        default: []
        }
    }

    static func sequential(_ count: Int, isWrite: Bool = false, every: Int = 0) -> [DRAMRequest] {
        (0..<count).map { DRAMRequest(address: $0 * line, isWrite: isWrite, cycle: $0 * every) }
    }

    /// Streams in turn, `chunk` lines of each.
    static func streams(_ streams: [(base: Int, isWrite: Bool)], each: Int, chunk: Int) -> [DRAMRequest] {
        stride(from: 0, to: each, by: chunk).flatMap { start in
            streams.flatMap { stream in
                (start..<start + chunk).map {
                    DRAMRequest(address: stream.base + $0 * line, isWrite: stream.isWrite, cycle: 0)
                }
            }
        }
    }

    static func random(_ count: Int, span: Int, seed: UInt64, writeEvery: Int = 0, every: Int = 0) -> [DRAMRequest] {
        var generator = SplitMix64(seed: seed)
        return (0..<count).map { i in
            let address = generator.below(span / line) * line
            let isWrite = writeEvery > 0 && generator.below(writeEvery) == 0
            return DRAMRequest(address: address, isWrite: isWrite, cycle: i * every)
        }
    }

    static func strided(_ count: Int, step: Int) -> [DRAMRequest] {
        (0..<count).map { DRAMRequest(address: $0 * step % (1 << 30), isWrite: false, cycle: 0) }
    }

    /// Tiles of 4 KiB at random addresses in 1 GiB.
    static func tiles(_ count: Int, seed: UInt64, writeEvery: Int = 0) -> [DRAMRequest] {
        var generator = SplitMix64(seed: seed)
        let tile = 4 * kibibyte
        return (0..<count).flatMap { t in
            let base = generator.below((1 << 30) / tile) * tile
            let isWrite = writeEvery > 0 && t % writeEvery == writeEvery - 1
            return (0..<tile / line).map { DRAMRequest(address: base + $0 * line, isWrite: isWrite, cycle: 0) }
        }
    }
}

/// The generator of Steele, Lea and Flood (2014), so that a seed gives the same numbers everywhere.
struct SplitMix64 {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
