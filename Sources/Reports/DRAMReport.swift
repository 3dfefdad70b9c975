import DRAM
import YAML

/// What the replay of an address trace found, as people and programs read it: a table for the terminal, a row of CSV, a
/// JSON object.
public struct DRAMReport: Report {
    let result: DRAMResult
    let tracePath: String?
    let version: String

    /// Makes a report.
    ///
    /// - Parameters:
    ///   - result: what the replay found.
    ///   - tracePath: the trace's file as the user named it; nil where it was made in memory.
    ///   - version: the program's version.
    public init(result: DRAMResult, tracePath: String?, version: String) {
        (self.result, self.tracePath, self.version) = (result, tracePath, version)
    }

    /// All figures, what limited the bandwidth, where the energies come from, and the memory with every key that can be set. What is
    /// not defined is null, and empty in CSV; no number is NaN or infinite.
    public var document: ReportDocument {
        let configuration = result.configuration
        let organization = configuration.organization
        func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
        let head =
            "\(tracePath ?? "a trace") on \(configuration.standard): "
            + "\(counted(organization.channels, "channel")) of \(counted(organization.ranks, "rank")), "
            + "\(NumberText.grouped(configuration.peakBandwidth, decimals: 2)) GB/s at most, "
            + "a memory clock of \(configuration.clockNanoseconds) ns"
        let yaml = configuration.lines().joined(separator: "\n") + "\n"
        let table = ReportTable(Column<DRAMResult>.all, rows: [result])
        return ReportDocument(
            sections: [
                [.paragraph(head), .paragraph(limits)],
                [.record(ReportTable(Column<DRAMResult>.measured, rows: [result]))],
                [.paragraph("Energy: \(configuration.energySource)")],
            ], tables: [("dram.csv", table)],
            summary: JSON.row(table.rows.first ?? [], table.columns) + [
                "energy_source": .text(configuration.energySource),
                "memory": (try? Document.parse(yaml, file: "memory")).map { JSON($0) } ?? .null,
                "trace": .optional(tracePath), "program": .program(version),
            ])
    }

    /// What the data buses did: the share of clocks in which they moved bursts, and the largest causes of idle ones.
    private var limits: String {
        func share(_ cycles: Int) -> String {
            NumberText.grouped(100 * Double(cycles) / Double(max(1, result.busCycles)), decimals: 2) + " %"
        }
        let idle = result.counters.idle
        let causes = DRAMIdleCause.allCases.largestFirst { idle[$0] }
        let busy = "Data bus: busy in \(share(result.busyCycles)) of all clocks"
        guard !causes.isEmpty else { return busy + "." }
        let named = causes.prefix(Self.causesNamed).map { "\(share(idle[$0])) for \($0.phrase)" }
        return busy + ", idle in \(named.joined(separator: ", "))\(causes.count > Self.causesNamed ? ", ..." : "")"
    }

    /// Causes of idle clocks that the sentence names.
    private static let causesNamed = 3
}

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
        .count("read_latency_p50", "clocks", "what half of all reads do not exceed") { $0.latency?.median },
        .count("read_latency_p99", "clocks", "what 99 of 100 reads do not exceed") { $0.latency?.percentile99 },
        .count("read_latency_max", "clocks", "the longest") { $0.latency?.maximum },
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
            .count("idle_\(cause.name)_cycles", "clocks", cause.explanation) { $0.counters.idle[cause] }
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
}

extension DRAMResult {
    /// The reads' latency; nil where nothing was read.
    fileprivate var latency: DRAMLatency? { readRequests == 0 ? nil : readLatency }
}
