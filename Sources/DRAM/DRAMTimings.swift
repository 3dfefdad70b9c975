import Files
import YAML

/// The delays between a memory's commands, in memory clocks, with the names of JEDEC's standards.
public struct DRAMTimings: Hashable, Sendable {
    /// CL: from a read to its first data.
    public var readLatency = 17
    /// CWL: from a write to its first data.
    public var writeLatency = 12
    /// tRCD: from an activate to a read or write of its bank.
    public var tRCD = 17
    /// tRP: from a precharge to the next activate of its bank, or to a refresh.
    public var tRP = 17
    /// tRAS: from an activate to the precharge of its bank.
    public var tRAS = 39
    /// tRC: from an activate to the next one of its bank; `rowCycle` is used.
    public var tRC = 56
    /// tCCD_S: between two reads, or two writes, in different bank groups.
    public var tCCDShort = 4
    /// tCCD_L: between two reads, or two writes, in one bank group.
    public var tCCDLong = 6
    /// tRRD_S: between activates in different bank groups of a rank.
    public var tRRDShort = 4
    /// tRRD_L: between activates in one bank group.
    public var tRRDLong = 6
    /// tFAW: the window of a rank with at most four activates.
    public var tFAW = 26
    /// tWTR_S: from the last data of a write to a read in another bank group of the rank.
    public var tWTRShort = 3
    /// tWTR_L: from the last data of a write to a read in its bank group.
    public var tWTRLong = 9
    /// tRTP: from a read to the precharge of its bank.
    public var tRTP = 9
    /// tWR: from the last data of a write to the precharge of its bank.
    public var tWR = 18
    /// tRTRS: clocks in which the data bus is idle when it changes rank, or from reads to writes.
    public var tRTRS = 1
    /// tRFC: from a refresh to the next activate of its rank.
    public var tRFC = 420
    /// tREFI: between refreshes of a rank.
    public var tREFI = 9360

    /// Makes the timings of DDR4-2400 (8 Gb, x8).
    public init() {}

    /// From a read to a write, on any rank: the write's data follows the read's after `tRTRS` idle clocks.
    func readToWrite(burst: Int) -> Int { max(1, readLatency + burst - writeLatency + tRTRS) }

    /// From a write to a read on another rank: the read's data follows the write's after `tRTRS` idle clocks.
    func writeToReadOfOtherRank(burst: Int) -> Int { max(1, writeLatency + burst - readLatency + tRTRS) }

    /// The row cycle: from an activate to the next one of its bank, at least tRAS + tRP for any tRC.
    public var rowCycle: Int { max(tRC, tRAS + tRP) }

    /// The most clocks that one bank needs between two refreshes to serve one request.
    func longestService(burst: Int, banks: Int) -> Int {
        tRFC + rowCycle + max(tRAS, tRCD + writeLatency + burst + tWR) + tRCD + tRP + banks
    }
}

extension DRAMTimings {
    /// A timing and its name in files.
    struct Name: Sendable {
        let name: String
        let path: WritableKeyPath<DRAMTimings, Int> & Sendable
        let range: ClosedRange<Int>
        /// What it is, in one line.
        let meaning: String
    }

    /// The most clocks of a timing; the refresh interval may be longer, which disables refreshes.
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
        timing("tRC", \.tRC, "from an activate to the next one of its bank; at least tRAS + tRP is used"),
        timing("tCCD_S", \.tCCDShort, "between two reads, or two writes, in different bank groups"),
        timing("tCCD_L", \.tCCDLong, "between two reads, or two writes, in one bank group"),
        timing("tRRD_S", \.tRRDShort, "between activates in different bank groups of a rank"),
        timing("tRRD_L", \.tRRDLong, "between activates in one bank group"),
        timing("tFAW", \.tFAW, "the window of a rank with at most four activates"),
        timing("tWTR_S", \.tWTRShort, "from the last data of a write to a read in another bank group of the rank"),
        timing("tWTR_L", \.tWTRLong, "from the last data of a write to a read in its bank group"),
        timing("tRTP", \.tRTP, "from a read to the precharge of its bank"),
        timing("tWR", \.tWR, "from the last data of a write to the precharge of its bank"),
        timing(
            "tRTRS", \.tRTRS, from: 0,
            "clocks in which the data bus is idle when it changes rank, or from reads to writes"),
        timing("tRFC", \.tRFC, "from a refresh to the next activate of its rank"),
        timing("tREFI", \.tREFI, to: 1_000_000_000_000, "between refreshes of a rank"),
    ]

    /// Reads the timings of a mapping; `isComplete` requires all of them.
    mutating func read(_ node: Node, isComplete: Bool) throws {
        let decoder = try MappingDecoder(node, what: "timings")
        for timing in Self.names { decoder.allow(timing.name) }
        for timing in Self.names {
            let value = isComplete ? try decoder.required(timing.name) : decoder.optional(timing.name)
            if let value { self[keyPath: timing.path] = try value.integer(in: timing.range) }
        }
        try decoder.finish()
    }

    /// A timing that is at least another one.
    private struct Order {
        let name: String
        let path: KeyPath<DRAMTimings, Int>
        let least: String
        let leastPath: KeyPath<DRAMTimings, Int>
        let reason: String
        /// The compared timings; an error is at the first of them.
        var keys: [String] = []
    }

    private static var orders: [Order] {
        let group = "commands in one bank group must be at least as far apart as in two"
        return [
            Order(name: "tCCD_L", path: \.tCCDLong, least: "tCCD_S", leastPath: \.tCCDShort, reason: group),
            Order(name: "tRRD_L", path: \.tRRDLong, least: "tRRD_S", leastPath: \.tRRDShort, reason: group),
            Order(name: "tWTR_L", path: \.tWTRLong, least: "tWTR_S", leastPath: \.tWTRShort, reason: group),
            Order(
                name: "tFAW", path: \.tFAW, least: "tRRD_S", leastPath: \.tRRDShort,
                reason: "the window of four activates includes the time between two"),
            Order(
                name: "tRAS", path: \.tRAS, least: "tRCD", leastPath: \.tRCD,
                reason: "a row must stay open until its columns can be read"),
            Order(
                name: "tRFC", path: \.tRFC, least: "max(tRC, tRAS + tRP)", leastPath: \.rowCycle,
                reason: "a refresh opens and closes rows", keys: ["tRFC", "tRC", "tRAS", "tRP"]),
        ]
    }

    /// Checks timings against each other, and that column commands are at least a burst apart.
    func check(burst: Int, at node: Node) throws {
        guard tCCDShort >= burst else {
            throw (node["tCCD_S"] ?? node).error(
                "tCCD_S of \(tCCDShort) is below the \(burst) clocks of a burst on the data bus: expected at least \(burst)"
            )
        }
        for order in Self.orders {
            let (value, least) = (self[keyPath: order.path], self[keyPath: order.leastPath])
            guard value >= least else {
                let keys = order.keys.isEmpty ? [order.name, order.least] : order.keys
                throw (keys.lazy.compactMap { node[$0] }.first ?? node).error(
                    "\(order.name) of \(value) is below \(order.least) of \(least): expected at least \(least), as "
                        + order.reason)
            }
        }
    }
}
