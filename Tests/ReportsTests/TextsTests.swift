import DRAM
import Engine
import Hardware
import Reports
import Testing

/// The texts on classes of slots, holders of cycles, causes of idle clocks, and columns.
@Suite struct TextsTests {
    @Test func everyCaseHasTexts() {
        for texts in CycleClass.allCases.map({ [$0.name, $0.explanation, $0.advice ?? "-"] })
            + CycleHolder.allCases.map({ [$0.name, $0.explanation, $0.phrase, $0.advice] })
            + DRAMIdleCause.allCases.map({ [$0.name, $0.explanation, $0.phrase] })
        {
            #expect(texts.allSatisfy { !$0.isEmpty && !$0.hasSuffix(".") }, "\(texts)")
            #expect(texts[0].allSatisfy { $0.isLowercase || $0 == "_" }, "\(texts)")
        }
        #expect(Set(CycleClass.allCases.map(\.name)).count == CycleClass.allCases.count)
        #expect(Set(CycleHolder.allCases.map(\.name)).count == CycleHolder.allCases.count)
        #expect(Set(DRAMIdleCause.allCases.map(\.name)).count == DRAMIdleCause.allCases.count)
    }

    /// Keys in an advice are keys of a configuration; one without a section belongs to the section named before it.
    @Test func advicesNameKeys() {
        let keys = Set(Configuration.keyEntries.map(\.key))
        var found = 0
        for advice in CycleClass.allCases.compactMap(\.advice) + CycleHolder.allCases.map(\.advice) {
            var section = ""
            for word in advice.split(whereSeparator: { !$0.isLetter && $0 != "_" && $0 != "." }) {
                if let dot = word.lastIndex(of: ".") { section = String(word[...dot]) }
                guard word.contains(".") || word.contains("_") || keys.contains(section + word) else { continue }
                #expect(keys.contains(word.contains(".") ? String(word) : section + word), "\(advice)")
                found += 1
            }
        }
        #expect(found >= 30)
    }

    @Test func columnsAreNamedOnce() {
        for output in OutputTable.all {
            #expect(Set(output.columns.map(\.name)).count == output.columns.count, "\(output.name)")
            #expect(output.columns.allSatisfy { !$0.description.isEmpty }, "\(output.name)")
        }
    }

    @Test func figuresOfTotalsAreColumnsOfLayers() {
        let layers = OutputTable.all[0].columns
        let figures = RunTotals.Figure.all.map(\.column)
        #expect(figures.dropLast().allSatisfy(layers.contains))
        #expect(figures.count == layers.count - 3 + 1)
        #expect(
            [RunTotals.Figure.cycles, .utilization, .energy, .area, .weightLoadRatio, .inputLoadRatio].map(
                \.column.name)
                == ["cycles", "utilization", "energy_pJ", "area_mm2", "weight_load_ratio", "input_load_ratio"])
    }

    /// Totals in the journal of a sweep read back, and other texts are refused.
    @Test func totalsReadBack() throws {
        let report = try HandMade.report()
        let row = try #require(table(report.layersCSV()).last)
        let texts = RunTotals.Figure.all.map { row[$0.column.name] ?? "1.5" }
        let totals = try #require(RunTotals(texts: texts))
        #expect(totals.texts == texts)
        #expect(totals[.cycles] == .integer(2_001_000) && totals[.area] == .real(1.5))
        #expect(RunTotals(texts: texts.dropLast()) == nil && RunTotals(texts: texts + [""]) == nil)
        #expect(RunTotals(texts: ["1.5"] + texts.dropFirst()) == nil)
    }
}
