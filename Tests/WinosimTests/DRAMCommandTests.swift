import TestSupport
import Testing

@Suite struct DRAMCommandTests {
    let folder: Folder

    init() throws {
        folder = try Folder.withTraces()
        try folder.writeMemories()
        // Reads that run through rows, every fourth request a write somewhere else.
        let lines = (0..<400).map { i in
            i % 4 == 3
                ? "0x\(String(0x400_0000 + i * 8192, radix: 16)) WRITE 0" : "0x\(String(i * 64, radix: 16)) READ 0"
        }
        try folder.write(lines.joined(separator: "\n") + "\n", to: "requests.txt")
    }

    private func replay(_ arguments: String...) throws -> Outcome {
        let line = (["\"$WINOSIM\" dram requests.txt --configs Configs"] + arguments).joined(separator: " ")
        return try Program.shell(line, in: folder)
    }

    private func number(_ object: [String: Any], _ key: String) throws -> Double {
        try #require(object[key] as? Double, "\(key)")
    }

    @Test func theTableShowsAllFigures() throws {
        let outcome = try replay("--dram DDR4-2400")
        #expect(outcome.code == 0 && outcome.talk.isEmpty, "\(outcome)")
        #expect(outcome.output.hasPrefix("requests.txt on DDR4-2400: 1 channel of 1 rank, "), "\(outcome)")
        #expect(outcome.output.contains("\nData bus: busy in "), "\(outcome)")
        for name in [
            "cycles", "fraction_of_peak", "bus_bytes", "busy_cycles", "idle_refresh_cycles", "read_latency_p99",
            "read_write_switches", "refresh_energy_uJ",
        ] {
            #expect(outcome.output.contains("\n\(name) "), "\(name)\n\(outcome)")
        }
        #expect(outcome.output.split(separator: "\n").allSatisfy { $0.count <= 120 })
    }

    @Test func jsonHoldsTheFiguresAndTheMemory() throws {
        let outcome = try replay("--dram DDR4-2400 --json")
        #expect(outcome.code == 0 && outcome.talk.isEmpty, "\(outcome)")
        let object = try object(outcome.output)
        let keys = [
            "cycles", "time_us", "bandwidth_GBps", "fraction_of_peak", "read_latency_mean", "read_latency_p50",
            "read_latency_p99", "read_latency_max", "row_hit_rate", "reads", "writes", "activates", "precharges",
            "refreshes", "read_write_switches", "energy_uJ", "activate_energy_uJ", "read_energy_uJ",
            "write_energy_uJ", "refresh_energy_uJ", "background_energy_uJ", "bus_bytes", "requested_bytes",
            "merged_requests", "busy_cycles", "idle_no_request_cycles", "idle_queue_cycles", "idle_refresh_cycles",
            "idle_row_cycles", "idle_activate_rate_cycles", "idle_column_rate_cycles", "idle_rank_switch_cycles",
            "idle_turnaround_cycles",
        ]
        for key in keys { #expect(object[key] is Double, "\(key)") }
        #expect(try number(object, "reads") == 300 && number(object, "writes") == 100)
        let memory = try #require(object["memory"] as? [String: Any])
        #expect(memory["standard"] as? String == "DDR4-2400" && memory["ranks"] as? Int == 1)
        #expect((memory["timings"] as? [String: Any])?["tRCD"] as? Int == 17)
        #expect(object["trace"] as? String == "requests.txt")
    }

    @Test func csvHasTheSameFiguresInOneRow() throws {
        let outcome = try replay("--dram DDR4-2400 --json --csv out.csv")
        #expect(outcome.code == 0 && outcome.talk == "written: out.csv\n", "\(outcome)")
        let lines = try folder.text("out.csv").split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        #expect(lines.count == 2 && lines[0].count == lines[1].count)
        for (name, value) in zip(lines[0], lines[1]) {
            let text = Double(value) == nil ? "\"\(value)\"" : value
            #expect(outcome.output.contains("\n  \"\(name)\": \(text),\n"), "\(name): \(value)")
        }
        let missing = try replay("--dram DDR4-2400 --csv gone/out.csv")
        #expect(missing.code == 73 && missing.output.isEmpty, "\(missing)")
    }

    @Test func keysOfTheMemoryCanBeSet() throws {
        func cycles(_ arguments: String) throws -> (cycles: Double, memory: [String: Any]) {
            let outcome = try Program.shell(
                "\"$WINOSIM\" dram requests.txt --configs Configs --dram DDR4-2400 --json \(arguments)", in: folder)
            #expect(outcome.code == 0, "\(outcome)")
            let object = try object(outcome.output)
            return (try number(object, "cycles"), try #require(object["memory"] as? [String: Any]))
        }
        let plain = try cycles("")
        let ranks = try cycles("--set dram.ranks=2")
        #expect(ranks.cycles != plain.cycles && ranks.memory["ranks"] as? Int == 2)
        let last = try cycles("--set dram.timings.tRCD=20 --set dram.timings.tRCD=30 --set dram.read_queue=8")
        let timings = last.memory["timings"] as? [String: Any]
        #expect(last.cycles > plain.cycles && timings?["tRCD"] as? Int == 30 && last.memory["read_queue"] as? Int == 8)
        let other = try cycles("--set dram.standard=HBM2")
        #expect(other.memory["standard"] as? String == "HBM2")
    }

    @Test(arguments: [
        ("dram.rank=2", 6, "unknown key \"rank\" in dram: did you mean \"ranks\"?"),
        ("dram.ranks=3", 12, "found \"3\", expected a power of two"),
        ("dram.timings.tRCd=2", 14, "did you mean \"tRCD\"?"),
        ("drm.ranks=2", 1, "\"drm\" is not a key of the memory: did you mean \"dram\"?"),
        ("ranks=2", 1, "\"ranks\" is not a key of the memory: did you mean \"dram.ranks\"?"),
        ("rank=2", 1, "\"rank\" is not a key of the memory: did you mean \"dram.ranks\"?"),
        ("name=x", 1, "\"name\" is not a key of the memory; expected dram.KEY=VALUE"),
        ("pe_array.rows=2", 1, "\"pe_array\" is not a key of the memory; expected dram.KEY=VALUE"),
        ("dram.standard=DDR4-2401", 15, "unknown standard \"DDR4-2401\": did you mean \"DDR4-2400\"?"),
        ("dram.model=ideal", 6, "the key \"standard\" is missing in dram"),
        ("dram=3", 6, "found \"3\" as dram, expected a mapping"),
        ("dram.ranks", 1, "found no \"=\""),
    ]) func brokenOverridesHavePlaces(_ text: String, _ column: Int, _ message: String) throws {
        let outcome = try replay("--dram DDR4-2400 --set '\(text)'")
        #expect(outcome.code == 65 && outcome.output.isEmpty, "\(outcome)")
        #expect(outcome.talk.hasPrefix("--set \(text):1:\(column): error: "), "\(outcome)")
        #expect(outcome.talk.contains(message), "\(outcome)")
    }

    @Test func unknownStandardsHaveANearName() throws {
        let near = try replay("--dram ddr4-2400")
        #expect(near.code == 66 && near.output.isEmpty, "\(near)")
        #expect(near.talk.hasPrefix("--dram ddr4-2400: error: "), "\(near)")
        #expect(near.talk.contains("did you mean \"DDR4-2400\"? expected one of DDR4-2400, HBM2"), "\(near)")
        let far = try replay("--dram SRAM")
        #expect(far.code == 66 && far.talk.contains("; expected one of DDR4-2400, HBM2"), "\(far)")
        let bare = try replay()
        #expect(bare.code == 64, "\(bare)")
    }

    @Test func brokenTracesHaveMarks() throws {
        try folder.write("0x40 READ 0\n0x80 RAED 1\n", to: "broken.txt")
        let broken = try Program.run("dram", "broken.txt", "--dram", "HBM2", "--configs", "Configs", in: folder)
        #expect(broken.code == 65 && broken.output.isEmpty, "\(broken)")
        #expect(broken.talk.hasPrefix("broken.txt:2:6: error: found \"RAED\", expected READ or WRITE"), "\(broken)")
        let missing = try Program.run("dram", "gone.txt", "--dram", "HBM2", "--configs", "Configs", in: folder)
        #expect(missing.code == 66 && missing.talk.hasPrefix("gone.txt: error: "), "\(missing)")
    }

    @Test func addressesBeyondTheMemoryAreNoted() throws {
        try folder.write("0x40 READ 0\n0x200000040 READ 0\n", to: "far.txt")
        let outcome = try Program.run("dram", "far.txt", "--dram", "DDR4-2400", "--configs", "Configs", in: folder)
        #expect(outcome.code == 0, "\(outcome)")
        #expect(outcome.talk.contains("1 of 2 requests are beyond the memory's 8 GiB"), "\(outcome)")
    }

    @Test func configurationsAreCheckedAgainstTheMemories() throws {
        func check(_ text: String) throws -> Outcome {
            try folder.write("name: x\ndram: {\(text)}\n", to: "x.yaml")
            return try Program.run("config", "check", "x.yaml", "--configs", "Configs", in: folder)
        }
        let good = try check("standard: HBM2, channels: 8")
        #expect(good.code == 0, "\(good)")
        let standard = try check("standard: HBM3")
        #expect(standard.code == 65 && standard.talk.hasPrefix("x.yaml:2:18: error: unknown standard"), "\(standard)")
        let key = try check("standard: HBM2, chanels: 8")
        #expect(key.code == 65 && key.talk.hasPrefix("x.yaml:2:24: error: unknown key \"chanels\""), "\(key)")
    }

    @Test func listNamesTheMemories() throws {
        let outcome = try Program.run("config", "list", "--configs", "Configs", in: folder)
        #expect(outcome.code == 0, "\(outcome)")
        #expect(outcome.output.contains("\n\nIn Configs/dram:\nmemory     description"), "\(outcome)")
        #expect(outcome.output.contains("\nDDR4-2400  ") && outcome.output.contains("\nHBM2       "), "\(outcome)")
    }
}

extension Folder {
    /// Adds two of the shipped memories.
    fileprivate func writeMemories() throws {
        for name in ["DDR4-2400", "HBM2"] {
            let text = try String(contentsOfFile: "\(repository)/Configs/dram/\(name).yaml", encoding: .utf8)
            try write(text, to: "Configs/dram/\(name).yaml")
        }
    }
}
