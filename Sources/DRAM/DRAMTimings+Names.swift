extension DRAMTimings {
    /// A timing under its name in files.
    struct Name: Sendable {
        let name: String
        let path: WritableKeyPath<DRAMTimings, Int> & Sendable
        let range: ClosedRange<Int>
    }

    /// The most clocks that a timing may have; intervals of refreshes may be longer, so that there are none.
    static let limit = 1_000_000

    private static func timing(
        _ name: String, _ path: WritableKeyPath<DRAMTimings, Int> & Sendable, from least: Int = 1, to most: Int = limit
    ) -> Name {
        Name(name: name, path: path, range: least...most)
    }

    /// All timings, in the order in which they are written.
    static let names: [Name] = [
        timing("CL", \.readLatency), timing("CWL", \.writeLatency), timing("tRCD", \.tRCD), timing("tRP", \.tRP),
        timing("tRAS", \.tRAS), timing("tRC", \.tRC), timing("tCCD_S", \.tCCDShort), timing("tCCD_L", \.tCCDLong),
        timing("tRRD_S", \.tRRDShort), timing("tRRD_L", \.tRRDLong), timing("tFAW", \.tFAW),
        timing("tWTR_S", \.tWTRShort), timing("tWTR_L", \.tWTRLong), timing("tRTP", \.tRTP), timing("tWR", \.tWR),
        timing("tRTRS", \.tRTRS, from: 0), timing("tRFC", \.tRFC), timing("tREFI", \.tREFI, to: 1_000_000_000_000),
    ]
}
