/// The cause that delays a burst while a channel's data bus is idle.
public enum DRAMIdleCause: Int, CaseIterable, Hashable, Sendable {
    /// No request had arrived in time; its latency in the controller and its CL or CWL count too.
    case noRequest
    /// The request waited in the controller: for space in its bank's queue, its turn to move there, or buffered writes that
    /// drain.
    case queue
    /// A refresh of the rank, with the opening of the row after it.
    case refresh
    /// The bank changed rows: tRP, tRCD, the row cycle, and tRTP or tWR before it.
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

/// The clocks in which data buses are idle, by the cause that delayed the next burst; sums over channels.
///
/// A burst's column command is issued at the latest of the times that its causes allow. Each clock between the first one in
/// which the data could have followed the previous burst and that time is charged to the first cause, in the order of
/// `DRAMIdleCause`, that alone would have delayed the burst that long. With the clocks of all bursts they add up to the time.
public struct DRAMIdleCycles: Hashable, Sendable {
    private var clocks = [Int](repeating: 0, count: DRAMIdleCause.allCases.count)

    /// Makes an empty ledger.
    public init() {}

    /// The clocks of one cause.
    public subscript(cause: DRAMIdleCause) -> Int {
        get { clocks[cause.rawValue] }
        set { clocks[cause.rawValue] = newValue }
    }

    /// The clocks of all causes.
    public var total: Int { clocks.reduce(0, +) }

    /// The cause of most clocks, the first of equals; nil if no clock was idle.
    public var largest: DRAMIdleCause? {
        total == 0 ? nil : DRAMIdleCause.allCases.reversed().max { self[$0] < self[$1] }
    }

    /// Adds another channel's clocks.
    public static func += (sum: inout DRAMIdleCycles, other: DRAMIdleCycles) {
        for cause in DRAMIdleCause.allCases { sum[cause] += other[cause] }
    }
}

/// The charging of idle clocks to causes.
extension Channel {
    /// Charges the idle clocks before a burst. Must be called before the booking changes any bank.
    ///
    /// It is `mutating` because a nonmutating call would copy the channel.
    ///
    /// - Parameters:
    ///   - gap: the idle clocks.
    ///   - time: the cycle of the burst's column command.
    ///   - index: the request's index in the pool.
    ///   - rankGroup: the rank and group of its bank.
    @inline(never)
    mutating func chargeIdle(_ gap: Int, before time: Int, of index: Int, _ rankGroup: Int, isMiss: Bool) {
        let request = pool + index
        let entered = request.pointee.entered
        let isWrite = request.pointee.isWrite
        var held = time - gap
        if entered > held {
            charge(.noRequest, &held, until: request.pointee.accepted + Self.acceptToCommand, time)
            charge(.queue, &held, until: entered, time)
        }
        if isMiss {
            let state = bank + request.pointee.bank
            let refreshed = refreshEnd[rankGroup]
            charge(.refresh, &held, until: refreshed + timings.tRCD, time)
            let isConflict = state.pointee.row >= 0
            var row = isConflict ? max(state.pointee.precharge, entered) + timings.tRP : entered
            if state.pointee.activate > refreshed { row = max(row, state.pointee.activate) }
            charge(.row, &held, until: row + timings.tRCD, time)
            charge(.activateRate, &held, until: activateGate[rankGroup] + timings.tRCD, time)
            guard held < time else { return }
        }
        let columns = lastColumnOf + (isWrite ? rankGroups : 0)
        charge(.columnRate, &held, until: columns[rankGroup] + timings.tCCDLong, time)
        guard held < time else { return }
        let r = rankGroup / groups
        for g in r * groups..<(r + 1) * groups {
            charge(.columnRate, &held, until: columns[g] + timings.tCCDShort, time)
        }
        let last = recent[served]
        if lastWasWrite == 0 && !isWrite && last.bank / banksPerGroup / groups != r {
            charge(.rankSwitch, &held, until: last.time + burst + timings.tRTRS, time)
        }
        // All other gates are those of a turnaround of the bus.
        charge(.turnaround, &held, until: time, time)
    }

    /// Clocks from a request's acceptance to its first command, if nothing delays it.
    private static var acceptToCommand: Int { 2 }

    /// Charges the delay of a cause beyond that of the causes before it, which is until `held`.
    @inline(__always)
    private func charge(_ cause: DRAMIdleCause, _ held: inout Int, until bound: Int, _ time: Int) {
        let end = min(bound, time)
        guard end > held else { return }
        idle[cause.rawValue] += end - held
        held = end
    }
}
