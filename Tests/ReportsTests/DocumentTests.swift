import Testing

@testable import Reports

/// A small document in every output format.
@Suite struct DocumentTests {
    private struct Run: Sendable {
        let name: String
        let group: String
        let cycles: Int
        let energy: Double?
        let share: Double
    }

    private static let runs = [
        Run(name: "a, \"b\"", group: "x", cycles: 12_345_678, energy: 2_000, share: 0.5),
        Run(name: "c\u{1B}", group: "x", cycles: 7_000_000, energy: nil, share: 0.001),
        Run(name: "d", group: "y", cycles: 0, energy: .infinity, share: 1),
    ]
    private static let total = Run(name: "total", group: "", cycles: 19_345_678, energy: 2_000, share: 1)

    private static let name = Column<Run>.text("name", "name of the run") { $0.name }
    private static let group = Column<Run>.text("group", "what it belongs to") { $0.group }
    private static let cycles = Column<Run>.count("cycles", "cycles", "how long it takes") { $0.cycles }
    private static let energy = Column<Run>.measure("energy_pJ", "pJ", "what it takes") { $0.energy }
    private static let share = Column<Run>.measure("share", "", "of all") { $0.share }

    private static func table(exponents: [Int] = [0]) -> ReportTable {
        ReportTable(
            [
                group.shown(["group", ""], skipsRepeats: true), name.shown(["name", ""]), cycles.shown(["cycles", ""]),
                energy.shown(["energy", ""], as: .scaled(.energy)), share.shown(["share", "%"], as: .percent),
            ], rows: runs, totals: [total], names: 2, exponents: exponents)
    }

    private static func document(_ sections: [[ReportDocument.Part]], keepsLines: Bool = false) -> ReportDocument {
        let table = ReportTable([name, cycles, energy], rows: runs, totals: [total])
        return ReportDocument(
            sections: sections, tables: [("runs.csv", table), ("shares.csv", ReportTable([share], rows: runs))],
            summary: ["columns": .columns(table.columns), "runs": .rows(table), "total": .total(table)],
            keepsLines: keepsLines)
    }

    private struct Small: Report { let document: ReportDocument }

    @Test func sectionsAreSeparatedByEmptyLines() {
        let chart = ReportChart(title: "shares", bars: ReportTable([Self.name, Self.share], rows: Self.runs))
        let report = Small(
            document: Self.document([
                [.paragraph("some\u{7} words that need two lines"), .list("", ["an item of two lines"])],
                [.list("Nothing:", [])], [.chart(chart)], [],
                [.table(Self.table()), .list("Notes:", ["one"])],
            ]))
        let lines = report.terminal(width: 20).split(separator: "\n")
        #expect(lines.prefix(4) == ["some\u{FFFD} words that", "  need two lines", "  an item of two", "    lines"])
        #expect(
            report.terminal() == """
                some\u{FFFD} words that need two lines
                  an item of two lines

                group  name        cycles  energy    share
                                               nJ        %
                ------------------------------------------
                x      a, "b"  12,345,678   2.000   50.0
                       c\u{FFFD}       7,000,000   -        0.100
                y      d                0   -      100
                ------------------------------------------
                       total   19,345,678   2.000  100
                Notes:
                  one

                """)
    }

    /// If counts alone are too wide, they are shown in the first power of ten with which the table fits.
    @Test func countsAreScaledToFitTheWidth() {
        func lines(_ width: Int) -> [String] {
            Small(document: Self.document([[.table(Self.table(exponents: [0, 3, 6]))]])).terminal(width: width)
                .split(separator: "\n").map(String.init)
        }
        #expect(lines(42)[0] == "group  name        cycles  energy    share")
        #expect(lines(41)[1] == "                 10^3      nJ        %")
        #expect(lines(41)[3] == "x      a, \"b\"  12,346   2.000   50.0")
        // No power makes it fit: counts are unchanged, and columns are set below each other.
        #expect(lines(37)[0] == "group  name        cycles")
    }

    @Test func linesThatAreKeptAreNotBroken() {
        let parts: [ReportDocument.Part] = [.paragraph("a  long\tline"), .list("Failed:", ["point 1: a  reason"])]
        let report = Small(document: Self.document([parts], keepsLines: true))
        #expect(report.terminal(width: 5) == "a  long\u{FFFD}line\nFailed:\n  point 1: a  reason\n")
    }

    @Test func recordsHaveOneFigurePerLine() {
        let row = ReportTable([Self.name, Self.cycles, Self.energy, Self.share], rows: Array(Self.runs.prefix(1)))
        #expect(
            Small(document: Self.document([[.record(row)]])).terminal() == """
                figure          value  unit    what it is
                ------------------------------------------------
                name           a, "b"          name of the run
                cycles     12,345,678  cycles  how long it takes
                energy_pJ    2,000.00  pJ      what it takes
                share           50.00  %       of all

                """)
    }

    @Test func filesHaveAllDigits() {
        let document = Self.document([])
        let files = document.files(summary: "runs.json").map { ($0.name, String(decoding: $0.bytes, as: UTF8.self)) }
        #expect(files.map(\.0) == ["runs.csv", "shares.csv", "runs.json"])
        #expect(
            files[0].1 == """
                name,cycles,energy_pJ
                "a, ""b""\",12345678,2000.0
                c\u{1B},7000000,
                d,0,
                total,19345678,2000.0

                """)
        #expect(files[1].1 == "share\n0.5\n0.001\n1.0\n")
        #expect(Small(document: document).csv() == Array(files[0].1.utf8))
        #expect(Small(document: document).json() == Array(files[2].1.utf8))
        #expect(
            files[2].1.hasPrefix(
                "{\n  \"columns\": [\n    {\n      \"name\": \"name\",\n      \"unit\": \"\",\n      "
                    + "\"description\": \"name of the run\"\n    },"))
        #expect(
            files[2].1.hasSuffix(
                "  \"total\": {\n    \"name\": \"total\",\n    \"cycles\": 19345678,\n    \"energy_pJ\": 2000.0\n  }\n}\n"
            ))
        #expect(files[2].1.contains("\"energy_pJ\": null"))
    }

    /// The parts of a layer's bar equal those of its row in layers.csv.
    @Test func barsOfALayerAddUp() throws {
        let report = try HandMade.report()
        let charts = report.document.sections.joined().compactMap {
            if case .chart(let chart) = $0 { chart } else { nil }
        }
        #expect(charts.map(\.title) == ["Cycles by what held the next bundle", "Energy by component"])
        let rows = ReportsTests.table(report.layersCSV())
        for (chart, name) in zip(charts, ["cycles", "energy_pJ"]) {
            #expect(Set(chart.bars.columns.dropFirst().map(\.unit)).count == 1 && chart.bars.rows.count == 3)
            for (bar, row) in zip(chart.bars.rows, rows) {
                let sum = bar.dropFirst().compactMap(\.number).reduce(0, +)
                let whole = try #require(Double(row[name] ?? ""))
                #expect(bar[0].text == row["layer"] && abs(sum - whole) <= 1e-9 * whole, "\(name)")
            }
        }
    }

    @Test(arguments: [
        (Cell.integer(.min), Cell.Kind.count), (.integer(0), .count), (.real(0.1 + 0.2), .measure),
        (.real(1e300), .measure),
        (.real(-0.0), .measure), (.text("a,\"b\"\n"), .text), (.empty, .count), (.empty, .measure), (.empty, .text),
    ]) func cellsReadBack(_ cell: Cell, _ kind: Cell.Kind) {
        #expect(Cell(cell.text, of: kind) == cell)
    }

    @Test(arguments: [
        ("1.0", Cell.Kind.count), ("x", .count), ("9223372036854775808", .count), ("x", .measure), ("inf", .measure),
        ("nan", .measure), ("1e999", .measure),
    ]) func whatIsNoCellIsRefused(_ text: String, _ kind: Cell.Kind) { #expect(Cell(text, of: kind) == nil) }
}
