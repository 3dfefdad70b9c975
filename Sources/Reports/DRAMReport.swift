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
        self.result = result
        self.tracePath = tracePath
        self.version = version
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
            summary: table.rows.flatMap { JSON.entries($0, table.columns) } + [
                ("energy_source", .text(configuration.energySource)),
                ("memory", (try? Document.parse(yaml, file: "memory")).map { JSON($0) } ?? .null),
                ("trace", .optional(tracePath)), ("program", .program(version)),
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
