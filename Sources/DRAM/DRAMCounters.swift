/// What a memory did.
public struct DRAMCounters: Hashable, Sendable {
    /// Read commands: one a burst; reads answered from buffered writes, or by a read of the same burst, have none.
    public var reads = 0
    /// Write commands; writes merged with a buffered one have none.
    public var writes = 0
    /// Reads and writes that found their row open.
    public var rowHits = 0
    /// Rows opened.
    public var activates = 0
    /// Rows closed, before refreshes too.
    public var precharges = 0
    /// Refreshes, one a rank.
    public var refreshes = 0
    /// Times that the data bus turned from reads to writes or back.
    public var readWriteSwitches = 0
    /// Clocks, added up over ranks, in which a rank had all its rows closed.
    public var prechargedCycles = 0
    /// Clocks, added up over channels, in which a data bus was idle, by what held the next burst.
    public var idle = DRAMIdleCycles()

    /// Makes counters at zero.
    public init() {}

    /// Adds another channel's counts.
    public static func += (sum: inout DRAMCounters, other: DRAMCounters) {
        sum.reads += other.reads
        sum.writes += other.writes
        sum.rowHits += other.rowHits
        sum.activates += other.activates
        sum.precharges += other.precharges
        sum.refreshes += other.refreshes
        sum.readWriteSwitches += other.readWriteSwitches
        sum.prechargedCycles += other.prechargedCycles
        sum.idle += other.idle
    }
}
