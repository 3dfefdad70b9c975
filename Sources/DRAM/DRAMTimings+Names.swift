extension DRAMTimings {
    /// A timing under its name in files.
    struct Name: Sendable {
        let name: String
        let path: WritableKeyPath<DRAMTimings, Int> & Sendable
        let range: ClosedRange<Int>
        /// What it is, in one line.
        let meaning: String
    }

    /// The most clocks that a timing may have; intervals of refreshes may be longer, so that there are none.
    static let limit = 1_000_000

    private static func timing(
        _ name: String, _ path: WritableKeyPath<DRAMTimings, Int> & Sendable, from least: Int = 1, to most: Int = limit,
        _ meaning: String
    ) -> Name {
        Name(name: name, path: path, range: least...most, meaning: meaning)
    }

    /// All timings, in the order in which they are written.
    static let names: [Name] = [
        timing("CL", \.readLatency, "from a read to its first data"),
        timing("CWL", \.writeLatency, "from a write to its first data"),
        timing("tRCD", \.tRCD, "from an activate to a read or write of its bank"),
        timing("tRP", \.tRP, "from a precharge to the next activate of its bank, or to a refresh"),
        timing("tRAS", \.tRAS, "from an activate to the precharge of its bank"),
        timing("tRC", \.tRC, "from an activate to the next one of its bank; max(tRC, tRAS + tRP) counts"),
        timing("tCCD_S", \.tCCDShort, "between two reads, or two writes, in different bank groups"),
        timing("tCCD_L", \.tCCDLong, "between two reads, or two writes, in one bank group"),
        timing("tRRD_S", \.tRRDShort, "between activates in different bank groups of a rank"),
        timing("tRRD_L", \.tRRDLong, "between activates in one bank group"),
        timing("tFAW", \.tFAW, "the window of a rank that holds at most four activates"),
        timing("tWTR_S", \.tWTRShort, "from the last data of a write to a read in another bank group of the rank"),
        timing("tWTR_L", \.tWTRLong, "from the last data of a write to a read in its bank group"),
        timing("tRTP", \.tRTP, "from a read to the precharge of its bank"),
        timing("tWR", \.tWR, "from the last data of a write to the precharge of its bank"),
        timing(
            "tRTRS", \.tRTRS, from: 0,
            "clocks in which the data bus is idle when it changes rank or turns from reads to writes"),
        timing("tRFC", \.tRFC, "from a refresh to the next activate of its rank"),
        timing("tREFI", \.tREFI, to: 1_000_000_000_000, "between refreshes of a rank"),
    ]
}
