import DRAM

extension Column<DRAMResult> {
    /// The columns of a replay: what was measured, then on which memory.
    static let all = measured + memory

    /// What was measured. A latency without reads and a hit rate without commands are not defined.
    static let measured = figures + ledger + energies

    private static let figures: [Column<DRAMResult>] = [
        .count("cycles", "clocks", "until the last read is answered and the last write written") { $0.cycles },
        .measure("time_us", "us", "the same in time") { $0.microseconds },
        .measure("bandwidth_GBps", "GB/s", "bytes on the data buses by the time") { $0.bandwidth },
        .measure("fraction_of_peak", "", "the bandwidth by the most that the memory transfers") { $0.fractionOfPeak },
        .count("bus_bytes", "B", "bytes on the data buses: a burst for each read and write command") { $0.busBytes },
        .count("requested_bytes", "B", "a burst for each request; merged requests share one") { $0.requestedBytes },
        .measure("read_latency_mean", "clocks", "from acceptance to data, in the mean over all reads") {
            $0.latency?.mean
        },
        optional("read_latency_p50", "clocks", "what half of all reads do not exceed") { $0.latency?.median },
        optional("read_latency_p99", "clocks", "what 99 of 100 reads do not exceed") { $0.latency?.percentile99 },
        optional("read_latency_max", "clocks", "the longest") { $0.latency?.maximum },
        .measure("row_hit_rate", "", "read and write commands that found their row open, by all") { $0.rowHitRate },
        .count("requests", "requests", "requests of the trace") { $0.requests },
        .count("reads", "requests", "requests that read") { $0.readRequests },
        .count("writes", "requests", "requests that write") { $0.writeRequests },
        .count("merged_requests", "requests", "requests without a burst: a pending or buffered one serves them") {
            $0.mergedRequests
        },
        .count("read_commands", "commands", "bursts read; a pending burst that is asked for again is read once") {
            $0.counters.reads
        },
        .count("write_commands", "commands", "bursts written; writes of one pending burst are merged") {
            $0.counters.writes
        },
        .count("activates", "commands", "rows opened") { $0.counters.activates },
        .count("precharges", "commands", "rows closed, before refreshes too") { $0.counters.precharges },
        .count("refreshes", "commands", "one a rank") { $0.counters.refreshes },
        .count("read_write_switches", "times", "the data bus turned from reads to writes or back") {
            $0.counters.readWriteSwitches
        },
        .count("last_accept_cycle", "clocks", "until the last request was accepted") { $0.lastAccepted },
    ]

    /// Where the clocks of the data buses go. The columns add up to `cycles` times `channels`.
    private static let ledger: [Column<DRAMResult>] =
        [
            .count("busy_cycles", "clocks", "a burst is on the bus; with those below, all clocks of all channels") {
                $0.busyCycles
            }
        ]
        + DRAMIdleCause.allCases.map { cause in
            .count("idle_\(cause.name)_cycles", "clocks", cause.definition) { $0.counters.idle[cause] }
        }

    private static let energies: [Column<DRAMResult>] = [
        .measure("energy_uJ", "uJ", "all energy that the memory's figures count") { $0.energy.total / 1e6 },
        .measure("activate_energy_uJ", "uJ", "opening and closing rows") { $0.energy.activate / 1e6 },
        .measure("read_energy_uJ", "uJ", "read bursts") { $0.energy.read / 1e6 },
        .measure("write_energy_uJ", "uJ", "write bursts") { $0.energy.write / 1e6 },
        .measure("refresh_energy_uJ", "uJ", "refreshes") { $0.energy.refresh / 1e6 },
        .measure("background_energy_uJ", "uJ", "standing by, with rows open or closed") { $0.energy.background / 1e6 },
    ]

    private static let memory: [Column<DRAMResult>] = [
        .text("standard", "the memory's standard") { $0.configuration.standard },
        .count("channels", "channels", "independent channels") { $0.configuration.organization.channels },
        .count("ranks", "ranks", "ranks of a channel") { $0.configuration.organization.ranks },
        .measure("clock_ns", "ns", "the memory clock's period") { $0.configuration.clockNanoseconds },
        .measure("peak_bandwidth_GBps", "GB/s", "the most that all channels transfer") {
            $0.configuration.peakBandwidth
        },
    ]

    private static func optional(
        _ name: String, _ unit: String, _ description: String, _ value: @escaping @Sendable (DRAMResult) -> Int?
    ) -> Column {
        Column(name: name, unit: unit, description: description) { value($0).map(Cell.integer) ?? .empty }
    }
}

extension DRAMResult {
    /// The reads' latency; nil where nothing was read.
    fileprivate var latency: DRAMLatency? { readRequests == 0 ? nil : readLatency }
}

extension DRAMIdleCause {
    /// The cause in the name of its column.
    var name: String {
        switch self {
        case .noRequest: "no_request"
        case .queue: "queue"
        case .refresh: "refresh"
        case .row: "row"
        case .activateRate: "activate_rate"
        case .columnRate: "column_rate"
        case .rankSwitch: "rank_switch"
        case .turnaround: "turnaround"
        }
    }

    /// What its clocks are: the bus was idle and the next burst waited for this.
    fileprivate var definition: String {
        switch self {
        case .noRequest: "idle: no request had come in time; its CL or CWL count too"
        case .queue: "idle: the request waited in the controller's queues"
        case .refresh: "idle: the rank was refreshed"
        case .row: "idle: the bank changed its row: tRP, tRCD, row cycle, tRTP, tWR"
        case .activateRate: "idle: tRRD or tFAW after activates of other banks"
        case .columnRate: "idle: tCCD, mostly of one bank group"
        case .rankSwitch: "idle: tRTRS between reads of two ranks"
        case .turnaround: "idle: turning from reads to writes or back"
        }
    }

    /// What the bus was idle for, in a sentence.
    var words: String {
        switch self {
        case .noRequest: "requests to come"
        case .queue: "the controller's queues"
        case .refresh: "refreshes"
        case .row: "banks that change rows"
        case .activateRate: "the rate of activates (tRRD, tFAW)"
        case .columnRate: "the rate of column commands (tCCD)"
        case .rankSwitch: "changes of rank"
        case .turnaround: "turns between reads and writes"
        }
    }
}
