import TestSupport
import Testing

@Suite struct ConfigCommandTests {
    let folder: Folder

    init() throws { folder = try Folder.withTraces() }

    @Test func showPrintsWhatLoadsBackEqual() throws {
        let shown = try Program.run(
            "config", "show", "--config", "small", "--configs", "Configs", "--set", "pe_array.rows=32", in: folder)
        #expect(shown.code == 0 && shown.talk.isEmpty, "\(shown)")
        #expect(shown.output.contains("  rows: 32\n") && shown.output.contains("  columns: 2\n"), "\(shown)")
        try folder.write(shown.output, to: "again.yaml")
        let again = try Program.run("config", "show", "--config", "again.yaml", in: folder)
        #expect(again.output == shown.output)
    }

    @Test func showWithoutAConfigurationSaysSo() throws {
        let outcome = try Program.run("config", "show", in: folder)
        #expect(outcome.code == 0 && outcome.talk == "no --config: the default machine runs\n", "\(outcome)")
        #expect(outcome.output.contains("clock: 800 MHz\n"), "\(outcome)")
    }

    @Test func checkReadsAllAndEndsWithTheFirstFault() throws {
        let good = try Program.run("config", "check", "small", "--configs", "Configs", in: folder)
        #expect(good.code == 0 && good.output == "small: valid: \"small\", 16 multipliers\n", "\(good)")
        try folder.write("pe_array: {rows: 0}\n", to: "zero.yaml")
        let bad = try Program.run(
            "config", "check", "zero.yaml", "Configs/small.yaml", "gone/x.yaml", "--configs", "Configs", in: folder)
        #expect(bad.code == 65, "\(bad)")
        #expect(bad.output == "Configs/small.yaml: valid: \"small\", 16 multipliers\n")
        #expect(bad.talk.hasPrefix("zero.yaml:1:18: error: ") && bad.talk.contains("gone/x.yaml: error: "), "\(bad)")
    }

    @Test func checkLooksAtTheEnergyTable() throws {
        try folder.write("energy: {table: defualt}\n", to: "table.yaml")
        let outcome = try Program.run("config", "check", "table.yaml", "--configs", "Configs", in: folder)
        #expect(outcome.code != 0 && outcome.talk.contains("\"default\""), "\(outcome)")
    }

    @Test func listNamesWhatShips() throws {
        let outcome = try Program.run("config", "list", "--configs", "Configs", in: folder)
        #expect(outcome.code == 0 && outcome.talk.isEmpty, "\(outcome)")
        let lines = outcome.output.split(separator: "\n")
        #expect(lines[2] == "small  A small machine.  Configs/small.yaml", "\(outcome)")
        #expect(
            lines[3].hasPrefix("energy table ") && lines.last?.hasSuffix("Configs/energy/logic-40nm.yaml") == true,
            "\(outcome)")
        let variable = try Program.run("config", "list", in: folder, environment: ["WINOSIM_CONFIGS": "Configs"])
        #expect(variable.output == outcome.output)
    }
}
