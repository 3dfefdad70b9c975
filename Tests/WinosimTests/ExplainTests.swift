import TestSupport
import Testing

/// `winosim config explain` and `winosim columns`.
@Suite struct ExplainTests {
    let folder: Folder

    init() throws { folder = try Folder() }

    @Test func aKeyIsExplained() throws {
        let outcome = try Program.run("config", "explain", "pe_array.lookahead", in: folder)
        #expect(
            outcome.output == """
                pe_array.lookahead
                  Entries at the head of the FIFO from which products are taken in a cycle (L).
                  type: whole number
                  range: 1 to 64
                  unit: entries
                  default: 2
                  modelled: page ArrayTiming

                """)
        #expect(outcome.code == 0 && outcome.talk.isEmpty, "\(outcome)")
    }

    @Test func aSectionIsExplainedWithItsKeys() throws {
        let outcome = try Program.run("config", "explain", "output_transform", in: folder)
        let keys = outcome.output.split(separator: "\n").filter { !$0.hasPrefix(" ") }.map(String.init)
        #expect(
            keys == [
                "output_transform", "output_transform.units", "output_transform.interval", "output_transform.latency",
            ])
    }

    @Test func theMemoryHasTheKeysOfModelsAndStandards() throws {
        let outcome = try Program.run("config", "explain", "dram", in: folder)
        for key in ["dram.model", "dram.bytes_per_cycle", "dram.standard", "dram.timings.tREFI"] {
            #expect(outcome.output.contains("\n\(key)\n"), "\(key)")
        }
    }

    @Test(arguments: [
        ("pe_aray.rows", "pe_array.rows"), ("lookahead", "pe_array.lookahead"),
        ("dram.timings.trcd", "dram.timings.tRCD"),
        ("tRCD", "dram.timings.tRCD"),
    ])
    func anUnknownKeyNamesTheNearest(_ key: String, _ near: String) throws {
        let outcome = try Program.run("config", "explain", key, in: folder)
        #expect(outcome.code == 65 && outcome.output.isEmpty, "\(outcome)")
        #expect(
            outcome.talk
                == "winosim: error: unknown key \"\(key)\" of a configuration: did you mean \"\(near)\"?\n")
    }

    @Test func jsonHasEveryKey() throws {
        let all = try Program.run("config", "explain", "--json", in: folder)
        #expect(all.code == 0 && all.output.contains("\"key\": \"mapping.step_width\""), "\(all)")
        let one = try Program.run("config", "explain", "clock", "--json", in: folder)
        for text in ["\"default\": \"800 MHz\"", "\"range\": \"1 Hz to 1000 GHz\"", "\"page\": \"BuffersAndTraffic\""] {
            #expect(one.output.contains(text), "\(one)")
        }
    }

    @Test func theListKeepsToTheTerminal() throws {
        let outcome = try Program.run("config", "explain", in: folder, environment: ["COLUMNS": "80"])
        #expect(outcome.output.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(outcome)")
        #expect(outcome.output.contains("\nweight_buffer.prefetch "), "\(outcome)")
    }

    @Test func columnsAreShownUnderBothNames() throws {
        let columns = try Program.run("columns", "area.csv", in: folder)
        #expect(columns.code == 0 && columns.talk.isEmpty, "\(columns)")
        #expect(columns.output.contains("\narea_mm2       mm2    what all cover\n"), "\(columns)")
        #expect(try Program.run("help", "columns", "area.csv", in: folder).output == columns.output)
        #expect(try Program.run("columns", "area", in: folder).output == columns.output)
        let all = try Program.run("help", "columns", in: folder)
        for name in ["layers.csv", "energy.csv", "compare.csv", "dram.csv", "sweep.csv"] {
            #expect(all.output.contains("\(name): "), "\(name)")
        }
        let json = try Program.run("help", "columns", "sweep.csv", "--json", in: folder)
        #expect(json.code == 0 && json.output.contains("\"name\": \"pareto\""), "\(json)")
    }

    @Test func anUnknownOutputNamesTheNearest() throws {
        let outcome = try Program.run("columns", "layer.csv", in: folder)
        #expect(outcome.code == 65, "\(outcome)")
        #expect(
            outcome.talk.hasPrefix("winosim: error: unknown output \"layer.csv\": did you mean \"layers.csv\"?"),
            "\(outcome)")
    }
}
