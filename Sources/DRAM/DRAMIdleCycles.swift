/// What holds a burst while a channel's data bus is idle.
public enum DRAMIdleCause: Int, CaseIterable, Hashable, Sendable {
    /// No request had come in time; its way through the controller and its CL or CWL count too.
    case noRequest
    /// The request waited in the controller: for a place in its bank's queue, its turn to move there, or for buffered
    /// writes to drain.
    case queue
    /// A refresh of the rank, with the opening of the row behind it.
    case refresh
    /// The bank was changing rows: tRP, tRCD, the row cycle, and tRTP or tWR before it.
    case row
    /// Activates of other banks of the rank: tRRD_S, tRRD_L, tFAW.
    case activateRate
    /// tCCD: column commands of the rank, mostly of the same bank group.
    case columnRate
    /// tRTRS between reads of two ranks.
    case rankSwitch
    /// The bus turned from reads to writes or back: tWTR_S, tWTR_L, CL, CWL, tRTRS.
    case turnaround
}

/// The clocks in which data buses are idle, by what held the next burst; added up over channels.
///
/// A burst's column command goes at the latest of the times that its causes allow. Between the first clock at which the data
/// could have followed the burst before and that time, each clock belongs to the first cause, in the order of
/// `DRAMIdleCause`, that alone would have held the burst as long. With the clocks of all bursts, the clocks add up to time.
public struct DRAMIdleCycles: Hashable, Sendable {
    private var cycles = SIMD8<Int>()

    /// Makes an empty ledger.
    public init() {}

    /// The clocks of one cause.
    public subscript(cause: DRAMIdleCause) -> Int {
        @inline(__always) get { cycles[cause.rawValue] }
        @inline(__always) set { cycles[cause.rawValue] = newValue }
    }

    /// The clocks of all causes.
    public var total: Int { cycles.wrappedSum() }

    /// The cause of most clocks, the first of equals; nil where no clock was idle.
    public var largest: DRAMIdleCause? {
        total == 0 ? nil : DRAMIdleCause.allCases.reversed().max { self[$0] < self[$1] }
    }

    /// Adds another channel's clocks.
    public static func += (sum: inout DRAMIdleCycles, other: DRAMIdleCycles) { sum.cycles &+= other.cycles }
}
