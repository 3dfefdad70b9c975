import DRAM
import Foundation
import YAML

/// What the replay of an address trace found, as people and programs read it: a table for the terminal, a row of CSV, a
/// JSON object.
public struct DRAMReport: Sendable {
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

    /// All figures: a line of names, and one of values. What is not defined is empty.
    public func csv() -> [UInt8] { CSV(Column<DRAMResult>.all, rows: [result]).bytes }

    /// All figures as one object, under the names of the CSV's columns, and the memory with every key that can be set.
    /// What is not defined is null; no number is NaN or infinite.
    public func json() -> [UInt8] {
        let configuration = result.configuration
        let yaml = configuration.lines().joined(separator: "\n") + "\n"
        let figures = Column<DRAMResult>.all.map { (key: $0.name, value: JSON($0.cell(result))) }
        return JSON.object(
            figures + [
                ("energy_source", .text(configuration.energySource)),
                ("memory", (try? Document.parse(yaml, file: "memory")).map { JSON($0) } ?? .null),
                ("trace", tracePath.map(JSON.text) ?? .null),
                ("program", .object([("name", .text("winosim")), ("version", .text(version))])),
            ]
        ).bytes()
    }

    /// What limited the bandwidth, the table of all figures, and where the energies come from.
    ///
    /// - Parameter width: characters that lines have at most.
    public func terminal(width: Int = 120) -> String {
        let configuration = result.configuration
        let organization = configuration.organization
        func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
        let head =
            "\(tracePath ?? "a trace") on \(configuration.standard): "
            + "\(counted(organization.channels, "channel")) of \(counted(organization.ranks, "rank")), "
            + "\(NumberText.grouped(configuration.peakBandwidth, decimals: 2)) GB/s at most, "
            + "a memory clock of \(configuration.clockNanoseconds) ns"
        var table = TextTable([("figure", .left), ("value", .right), ("unit", .left), ("what it is", .left)])
        for column in Column<DRAMResult>.measured {
            let (value, unit) = Self.shown(column, result)
            table.add([column.name, value, unit, column.description])
        }
        let source = "Energy: \(configuration.energySource)"
        let lines =
            NumberText.wrapped(NumberText.printable(head), width: width)
            + NumberText.wrapped(limits, width: width) + [""] + table.lines(within: width, prose: 3) + [""]
            + NumberText.wrapped(NumberText.printable(source), width: width)
        return lines.joined(separator: "\n") + "\n"
    }

    /// What the data buses did: the share of clocks in which they moved bursts, and the largest causes of idle ones.
    private var limits: String {
        func share(_ cycles: Int) -> String {
            NumberText.grouped(100 * Double(cycles) / Double(max(1, result.busCycles)), decimals: 2) + " %"
        }
        let idle = result.counters.idle
        // Stable, so that the first of equal causes stands first.
        let causes = DRAMIdleCause.allCases.filter { idle[$0] > 0 }.enumerated().sorted { a, b in
            (idle[b.element], a.offset) < (idle[a.element], b.offset)
        }
        let busy = "Data bus: busy in \(share(result.busyCycles)) of all clocks"
        guard !causes.isEmpty else { return busy + "." }
        let named = causes.prefix(Self.causesNamed).map { "\(share(idle[$0.element])) for \($0.element.words)" }
        return busy + ", idle in \(named.joined(separator: ", "))\(causes.count > Self.causesNamed ? ", ..." : "")"
    }

    /// Causes of idle clocks that the sentence names.
    private static let causesNamed = 3

    /// A figure's value and unit: ratios in percent, small measures with the digits that count.
    private static func shown(_ column: Column<DRAMResult>, _ result: DRAMResult) -> (value: String, unit: String) {
        switch column.cell(result) {
        case .integer(let value): return (NumberText.grouped(value), column.unit)
        case .real(let value) where column.unit.isEmpty: return (NumberText.grouped(value * 100, decimals: 2), "%")
        case .real(let value) where value > 0 && value < 0.1: return (String(format: "%.3g", value), column.unit)
        case .real(let value): return (NumberText.grouped(value, decimals: value < 10 ? 3 : 2), column.unit)
        case .text(let text): return (text, column.unit)
        case .empty: return ("-", "")
        }
    }
}
