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
        #expect(
            good.code == 0 && good.output == "small: valid: the configuration \"small\", 16 multipliers\n", "\(good)")
        try folder.write("pe_array: {rows: 0}\n", to: "zero.yaml")
        let bad = try Program.run(
            "config", "check", "zero.yaml", "Configs/small.yaml", "gone/x.yaml", "--configs", "Configs", in: folder)
        #expect(bad.code == 65, "\(bad)")
        #expect(bad.output == "Configs/small.yaml: valid: the configuration \"small\", 16 multipliers\n")
        #expect(bad.talk.hasPrefix("zero.yaml:1:18: error: ") && bad.talk.contains("gone/x.yaml: error: "), "\(bad)")
    }

    @Test func checkReadsTheEnergyTable() throws {
        try folder.write("energy: {table: defualt}\n", to: "table.yaml")
        let outcome = try Program.run("config", "check", "table.yaml", "--configs", "Configs", in: folder)
        #expect(outcome.code != 0 && outcome.talk.contains("\"default\""), "\(outcome)")
    }

    @Test func listNamesWhatShips() throws {
        try folder.write(folder.text("densities.yaml"), to: "Traces/net/drawn.yaml")
        let outcome = try Program.run("config", "list", "--configs", "Configs", "--traces", "Traces", in: folder)
        #expect(outcome.code == 0 && outcome.talk.isEmpty, "\(outcome)")
        let lines = outcome.output.split(separator: "\n")
        #expect(lines[0] == "In Configs:" && lines[3] == "small    A small machine.", "\(outcome)")
        #expect(lines[4] == "In Configs/energy:" && lines[5].hasPrefix("energy table  description"), "\(outcome)")
        #expect(outcome.output.hasSuffix("\nnet/drawn       2\n"), "\(outcome)")
        #expect(lines.allSatisfy { $0.count <= 80 }, "\(outcome)")
        let variables = ["WINOSIM_CONFIGS": "Configs", "WINOSIM_TRACES": "Traces"]
        let variable = try Program.run("config", "list", in: folder, environment: variables)
        #expect(variable.output == outcome.output)
        let json = try object(
            try Program.run("config", "list", "--json", in: folder, environment: variables).output)
        let machines = try #require(json["configurations"] as? [[String: String]])
        #expect(
            machines == [["name": "small", "description": "A small machine.", "file": "Configs/small.yaml"]])
        let list = try Program.run("trace", "list", "--json", in: folder, environment: variables)
        let traces = try #require(try object(list.output)["traces"] as? [[String: Any]], "\(list)")
        #expect(traces.count == 1 && traces[0]["file"] as? String == "Traces/net/drawn.yaml")
        #expect(traces[0]["layers"] as? Int == 2)
    }

    @Test func showPrintsJSON() throws {
        let outcome = try Program.run(
            "config", "show", "--config", "small", "--configs", "Configs", "--json", in: folder)
        let machine = try object(outcome.output)
        #expect(machine["name"] as? String == "small" && machine["clock"] as? String == "800 MHz", "\(outcome)")
        #expect((machine["pe_array"] as? [String: Any])?["rows"] as? Int == 2)
    }

    /// The kind of a file is found from its contents, not its name.
    @Test func checkRecognisesEveryKind() throws {
        try folder.copy("\(repository)/Configs/dram", to: "Configs/dram")
        try folder.write("base: small\ntraces: [densities.yaml]\naxes: {pe_array.rows: [1, 2]}\n", to: "a.yaml")
        let comparison = """
            format: winosim-comparison/1
            name: pair
            runs:
              - {name: a, trace: densities.yaml, configurations: {own: small}}
              - {name: b, trace: densities.yaml, configurations: {own: small}}
            cases: [{name: one, configurations: own}]

            """
        try folder.write(comparison, to: "b.yaml")
        try folder.write("name: own\nextends: default\n", to: "c.yaml")
        let known = [
            ("a.yaml", "a sweep of 2 points"), ("b.yaml", "the comparison \"pair\" of 2 runs in 1 case"),
            ("densities.yaml", "the trace \"small\" of 2 layers"),
            ("Configs/energy/aladdin.yaml", "the energy table \"aladdin\", with \"logic-40nm\""),
            ("Configs/energy/sram/hp.yaml", "the SRAM table \"hp\""),
            ("Configs/energy/scaling/stillmaker-baas.yaml", "the scaling table \"stillmaker-baas\""),
            ("Configs/dram/LPDDR4-3200.yaml", "the memory \"LPDDR4-3200\", 12.80 GB/s"),
            ("logic-40nm", "the energy table \"logic-40nm\""), ("HBM2", "the memory \"HBM2\", 32.00 GB/s"),
        ]
        let outcome = try Program.run(
            ["config", "check", "--configs", "Configs"] + known.map(\.0), in: folder)
        #expect(outcome.code == 0 && outcome.talk.isEmpty, "\(outcome)")
        #expect(outcome.output == known.map { "\($0): valid: \($1)\n" }.joined(), "\(outcome)")
    }

    @Test(arguments: [
        // A value that no point can have, a trace and a machine that are not there, a key of the table and of the memory.
        (
            "base: small\ntraces: [densities.yaml]\naxes: {pe_array.rows: [1, 0]}\n",
            "slip.yaml:3:27: error: found \"0\""
        ),
        ("traces: [density.yaml]\naxes: {pe_array.rows: [1]}\n", "slip.yaml:1:10: error: "),
        (
            "format: winosim-comparison/1\nname: x\nruns:\n  - {name: a, trace: densities.yaml, configurations: {own: "
                + "smal}}\n  - {name: b, trace: densities.yaml, configurations: {own: small}}\ncases: [{name: one, "
                + "configurations: own}]\n", "slip.yaml:4:60: error: "
        ),
        ("name: x\ntechnology: 40 nm\nvoltage: 1 V\noperations: {multply: {}}\n", "slip.yaml:4:14: error: "),
        ("name: x\ntechnology: 40 nm\nvoltage: 1 V\ncompanion: logic\noperations: {}\n", "slip.yaml:"),
        ("standard: slip\nclock_period: 1\ntimings: {}\n", "./slip.yaml:2:15: error: "),
        ("format: winosim-trace/1\nlayers: []\n", "slip.yaml:1:1: error: the key \"model\" is missing"),
    ]) func checkReadsAllOfIt(_ text: String, _ place: String) throws {
        try folder.write(text, to: "slip.yaml")
        let outcome = try Program.run("config", "check", "slip.yaml", "--configs", "Configs", in: folder)
        #expect((65...66).contains(outcome.code) && outcome.output.isEmpty, "\(outcome)")
        #expect(outcome.talk.hasPrefix(place), "\(outcome)")
    }

    @Test func checkProposesWhatShips() throws {
        try folder.write(folder.text("densities.yaml"), to: "Traces/net/drawn.yaml")
        for (name, near) in [("smll", "small"), ("logic-40mn", "logic-40nm"), ("net/drwan", "net/drawn")] {
            let outcome = try Program.run(
                "config", "check", name, "--configs", "Configs", "--traces", "Traces", in: folder)
            #expect(outcome.code == 66 && outcome.talk.contains("did you mean \"\(near)\"?"), "\(outcome)")
        }
    }
}
