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

    /// The cause in the name of its column.
    public var name: String { texts.name }

    /// What its clocks are, in one line: the bus was idle and the next burst waited for this.
    public var explanation: String { texts.explanation }

    /// What the bus was idle for, in the middle of a sentence.
    public var phrase: String { texts.phrase }

    private var texts: (name: String, explanation: String, phrase: String) {
        switch self {
        case .noRequest:
            ("no_request", "idle: no request had come in time; its CL or CWL count too", "requests to come")
        case .queue: ("queue", "idle: the request waited in the controller's queues", "the controller's queues")
        case .refresh: ("refresh", "idle: the rank was refreshed", "refreshes")
        case .row:
            ("row", "idle: the bank changed its row: tRP, tRCD, row cycle, tRTP, tWR", "banks that change rows")
        case .activateRate:
            (
                "activate_rate", "idle: tRRD or tFAW after activates of other banks",
                "the rate of activates (tRRD, tFAW)"
            )
        case .columnRate:
            ("column_rate", "idle: tCCD, mostly of one bank group", "the rate of column commands (tCCD)")
        case .rankSwitch: ("rank_switch", "idle: tRTRS between reads of two ranks", "changes of rank")
        case .turnaround:
            ("turnaround", "idle: turning from reads to writes or back", "turns between reads and writes")
        }
    }
}

/// The clocks in which data buses are idle, by what held the next burst; added up over channels.
///
/// A burst's column command goes at the latest of the times that its causes allow. Between the first clock at which the data
/// could have followed the burst before and that time, each clock belongs to the first cause, in the order of
/// `DRAMIdleCause`, that alone would have held the burst as long. With the clocks of all bursts, the clocks add up to time.
public struct DRAMIdleCycles: Hashable, Sendable {
    /// `DRAMIdleCause.noRequest`.
    public var noRequest = 0
    /// `DRAMIdleCause.queue`.
    public var queue = 0
    /// `DRAMIdleCause.refresh`.
    public var refresh = 0
    /// `DRAMIdleCause.row`.
    public var row = 0
    /// `DRAMIdleCause.activateRate`.
    public var activateRate = 0
    /// `DRAMIdleCause.columnRate`.
    public var columnRate = 0
    /// `DRAMIdleCause.rankSwitch`.
    public var rankSwitch = 0
    /// `DRAMIdleCause.turnaround`.
    public var turnaround = 0

    /// Makes an empty ledger.
    public init() {}

    /// The clocks of one cause.
    public subscript(cause: DRAMIdleCause) -> Int {
        get { self[keyPath: Self.path(of: cause)] }
        set { self[keyPath: Self.path(of: cause)] = newValue }
    }

    private static func path(of cause: DRAMIdleCause) -> WritableKeyPath<DRAMIdleCycles, Int> {
        switch cause {
        case .noRequest: \.noRequest
        case .queue: \.queue
        case .refresh: \.refresh
        case .row: \.row
        case .activateRate: \.activateRate
        case .columnRate: \.columnRate
        case .rankSwitch: \.rankSwitch
        case .turnaround: \.turnaround
        }
    }

    /// The clocks of all causes.
    public var total: Int { DRAMIdleCause.allCases.reduce(0) { $0 + self[$1] } }

    /// The cause of most clocks, the first of equals; nil where no clock was idle.
    public var largest: DRAMIdleCause? {
        total == 0 ? nil : DRAMIdleCause.allCases.reversed().max { self[$0] < self[$1] }
    }

    /// Adds another channel's clocks.
    public static func += (sum: inout DRAMIdleCycles, other: DRAMIdleCycles) {
        for cause in DRAMIdleCause.allCases { sum[cause] += other[cause] }
    }
}
