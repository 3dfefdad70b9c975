import Foundation
import TestSupport
import Testing

@Suite struct SweepTests {
    private static let sweep = """
        # Rows against multipliers.
        base: ../small.yaml
        traces: [../../densities.yaml]
        axes:
          pe_array.rows: [1, 2, 4]
          pe_array.multipliers: {from: 1, to: 4, times: 2}
        """

    private static func folder(_ sweep: String = sweep) throws -> Folder {
        let folder = try Folder.withTraces()
        try folder.write(sweep, to: "Configs/sweeps/shape.yaml")
        return folder
    }

    private func run(_ folder: Folder, _ arguments: String...) throws -> Outcome {
        try Program.run(arguments + (arguments[0] == "merge" ? [] : ["--configs", "Configs"]), in: folder)
    }

    @Test func theFrontIsPrintedAndAllPointsAreWritten() throws {
        let folder = try Self.folder()
        let outcome = try run(folder, "sweep", "shape", "--output", "new/out")
        #expect(outcome.code == 0, "\(outcome)")
        #expect(outcome.output.hasPrefix("9 points; "))
        #expect(outcome.talk == "written to new/out: sweep.csv, sweep.json\n")
        #expect(folder.names(in: "new/out").sorted() == ["sweep.csv", "sweep.journal", "sweep.json"])
        let lines = try folder.text("new/out/sweep.csv").split(separator: "\n")
        #expect(lines.count == 10 && lines[0].hasPrefix("point,trace,pe_array.rows,pe_array.multipliers,cycles,"))
        #expect(lines[0].hasSuffix(",area_mm2,pareto,error"))
        #expect(lines[9].hasPrefix("9,../../densities.yaml,4,4,"))
        let front = lines.count { $0.hasSuffix(",true,") }
        #expect(outcome.output.hasPrefix("9 points; \(front) on the front: cycles minimized, energy_pJ minimized\n"))
        let json = try run(folder, "sweep", "Configs/sweeps/shape.yaml", "--json")
        #expect(json.output == (try folder.text("new/out/sweep.json")))
        let root = try #require(JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        #expect((root["pareto"] as? [[String: Any]])?.count == front)
        let listed = try run(folder, "config", "list")
        #expect(listed.output.contains("shape  Rows against multipliers."), "\(listed)")
    }

    /// A folder of results with the name of the sweep does not hide it.
    @Test func aFolderDoesNotHideASweepOfItsName() throws {
        let folder = try Self.folder()
        for arguments in [["--shard", "1/2"], ["--shard", "1/2", "--resume"]] {
            let outcome = try Program.run(
                ["sweep", "shape", "--configs", "Configs", "--output", "shape"] + arguments, in: folder)
            #expect(outcome.code == 0, "\(outcome)")
        }
    }

    /// Smaller samples and damaged lines are reported.
    @Test func smallSamplesAndDamagedLinesAreReported() throws {
        let folder = try Self.folder(Self.sweep + "\nsample: {method: random, count: 12}")
        let first = try run(folder, "sweep", "shape", "--output", "out")
        #expect(first.code == 0 && first.talk.hasPrefix("the sample has 9 of 12 points: "), "\(first)")
        var journal = try folder.text("out/sweep.journal")
        let csv = try folder.text("out/sweep.csv")
        let line = try #require(journal.split(separator: "\n").dropFirst(3).first)
        journal.replace(line, with: line.dropLast() + "}")
        try folder.write(journal, to: "out/sweep.journal")
        let second = try run(folder, "sweep", "shape", "--output", "out", "--resume")
        #expect(second.code == 0 && second.talk.contains("1 of the journal's lines is damaged"), "\(second)")
        #expect(try folder.text("out/sweep.csv") == csv)
    }

    /// Killed at any time, in any way, it resumes to the same bytes.
    @Test(arguments: ["KILL", "INT", "TERM"]) func aKilledSweepResumes(signal: String) throws {
        // Larger layers, so that there is something to kill.
        let folder = try Self.folder(
            Self.sweep.replacing("[1, 2, 4]", with: "[1, 2, 3, 4, 6, 8]").replacing(
                "../../densities.yaml", with: "\(repository)/Traces/convpool-cnn-c/winograd-relu.yaml"))
        let all = try run(folder, "sweep", "shape", "--output", "whole")
        #expect(all.code == 0, "\(all)")
        let script = """
            # Each in a process group of its own: a plain shell lets its background jobs ignore ^C.
            set -m
            "$WINOSIM" sweep shape --configs Configs --output part & pid=$!
            while sleep 0.05; do
                if [ "$(wc -l <part/sweep.journal 2>/dev/null || echo 0)" -ge 4 ]; then kill -\(signal) $pid; fi
                kill -0 $pid 2>/dev/null || break
            done
            wait $pid; echo "first $?"
            "$WINOSIM" sweep shape --configs Configs --output part; echo "second $?"
            "$WINOSIM" sweep shape --configs Configs --output part --resume >/dev/null; echo "third $?"
            cmp part/sweep.csv whole/sweep.csv && cmp part/sweep.json whole/sweep.json && echo same
            """
        let outcome = try Program.shell(script, in: folder)
        let code = ["KILL": 137, "INT": 130, "TERM": 143][signal] ?? 0
        #expect(outcome.output == "first \(code)\nsecond 65\nthird 0\nsame\n", "\(outcome)")
        #expect(outcome.talk.contains("--resume goes on with them"), "\(outcome)")
    }

    /// A full disk, or a limit on file sizes, ends the sweep with 73; finished points are kept.
    @Test func aSweepResumesAfterAFullDisk() throws {
        let folder = try Self.folder()
        let script = """
            "$WINOSIM" sweep shape --configs Configs --output whole >/dev/null
            trap '' XFSZ
            (ulimit -f 8; "$WINOSIM" sweep shape --configs Configs --output part); echo "first $?"
            head -c 20000 part/sweep.journal | wc -l
            "$WINOSIM" sweep shape --configs Configs --output part --resume >/dev/null; echo "second $?"
            cmp part/sweep.csv whole/sweep.csv && echo same
            """
        let outcome = try Program.shell(script, in: folder)
        let lines = outcome.output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        #expect(
            lines.count == 4 && lines[0] == "first 73" && lines[2] == "second 0" && lines[3] == "same", "\(outcome)")
        #expect(["2", "3", "4", "5", "6", "7"].contains(lines[1]), "\(outcome)")
        #expect(outcome.talk.contains("part/sweep.journal: error: cannot be written"), "\(outcome)")
    }

    @Test func shardsAreMerged() throws {
        let folder = try Self.folder()
        #expect(try run(folder, "sweep", "shape", "--output", "whole").code == 0)
        for shard in 1...3 {
            let part = try run(folder, "sweep", "shape", "--shard", "\(shard)/3", "--output", "part-\(shard)")
            #expect(part.code == 0 && part.output.hasPrefix("3 points; "), "\(part)")
        }
        let merged = try run(folder, "merge", "part-1", "part-2", "part-3", "--output", "merged")
        #expect(merged.code == 0, "\(merged)")
        for name in ["sweep.csv", "sweep.json"] {
            #expect(try folder.bytes("merged/\(name)") == folder.bytes("whole/\(name)"))
        }
        let missing = try run(folder, "merge", "part-1", "part-3", "--output", "again")
        #expect(missing.code == 65 && missing.talk.contains("of 3 shards 2/3 are missing"), "\(missing)")
        #expect(folder.names(in: "again").isEmpty)
        let nothing = try run(folder, "merge", "part-1", "nowhere", "--output", "again")
        #expect(nothing.code == 66 && nothing.talk.hasPrefix("nowhere/sweep.journal: error: "), "\(nothing)")
    }

    @Test func failedPointsEndWithExitCodeOne() throws {
        let folder = try Self.folder(Self.sweep + "\nset: [pe_array.fifo_depth=2, pe_array.broadcast_steps=3]\n")
        let outcome = try run(folder, "sweep", "shape", "--output", "out")
        #expect(outcome.code == 1, "\(outcome)")
        #expect(outcome.output.hasPrefix("9 points, 9 of them failed; 0 on the front"))
        #expect(outcome.output.contains("point 1 and 8 more: broadcast_steps is 3"), "\(outcome)")
        #expect(try folder.text("out/sweep.csv").split(separator: "\n").count == 10)
        // Going on with it says so again.
        #expect(try run(folder, "sweep", "shape", "--output", "out", "--resume").code == 1)
    }

    @Test func faultsAreNamed() throws {
        let folder = try Self.folder()
        let name = try run(folder, "sweep", "shap")
        #expect(
            name.code == 66 && name.talk.contains("no shipped sweep of this name: did you mean \"shape\"?"), "\(name)")
        let shard = try run(folder, "sweep", "shape", "--shard", "4/3", "--output", "out")
        #expect(shard.code == 64 && shard.talk.contains("expected I/N with I from 1 to N"), "\(shard)")
        let homeless = try run(folder, "sweep", "shape", "--shard", "1/3")
        #expect(homeless.code == 64 && homeless.talk.contains("--output is missing"), "\(homeless)")
        let resume = try run(folder, "sweep", "shape", "--resume")
        #expect(resume.code == 64 && resume.talk.contains("--resume requires --output"), "\(resume)")
        let memory = try run(folder, "sweep", "shape", "--memory", "1 gb")
        #expect(memory.code == 65 && memory.talk.contains("did you mean GiB?"), "\(memory)")
        let blocked = try folder.write("", to: "file")
        let output = try run(folder, "sweep", "shape", "--output", blocked)
        #expect(output.code == 73, "\(output)")
    }

    /// Without a terminal there is no line of progress in the first minute.
    @Test func progressNeedsATerminal() throws {
        let folder = try Self.folder()
        #expect(try run(folder, "sweep", "shape").talk.isEmpty)
    }
}
