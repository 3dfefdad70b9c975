/// The delays between a memory's commands, in memory clocks, under the names that JEDEC's standards give them.
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
    /// tRC: from an activate to the next one of its bank; `rowCycle` is what counts.
    public var tRC = 56
    /// tCCD_S: between two reads, or two writes, in different bank groups.
    public var tCCDShort = 4
    /// tCCD_L: between two reads, or two writes, in one bank group.
    public var tCCDLong = 6
    /// tRRD_S: between activates in different bank groups of a rank.
    public var tRRDShort = 4
    /// tRRD_L: between activates in one bank group.
    public var tRRDLong = 6
    /// tFAW: the window of a rank that holds at most four activates.
    public var tFAW = 26
    /// tWTR_S: from the last data of a write to a read in another bank group of the rank.
    public var tWTRShort = 3
    /// tWTR_L: from the last data of a write to a read in its bank group.
    public var tWTRLong = 9
    /// tRTP: from a read to the precharge of its bank.
    public var tRTP = 9
    /// tWR: from the last data of a write to the precharge of its bank.
    public var tWR = 18
    /// tRTRS: clocks the data bus is idle when it changes rank or turns from reads to writes.
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

    /// The row cycle: from an activate to the next one of its bank, which no tRC makes shorter than tRAS + tRP.
    public var rowCycle: Int { max(tRC, tRAS + tRP) }

    /// The most clocks that one bank needs between two refreshes to serve one request; less would never serve any.
    func longestService(burst: Int, banks: Int) -> Int {
        tRFC + rowCycle + max(tRAS, tRCD + writeLatency + burst + tWR) + tRCD + tRP + banks
    }
}
