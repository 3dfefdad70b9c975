import Foundation
import TestSupport
import Testing

@testable import winosim

/// Failures outside of the program: each has an exit code and a message.
@Suite struct FaultTests {
    let folder: Folder

    init() throws { folder = try Folder.withTraces() }

    /// The shell's limit on file sizes simulates a full disk.
    @Test func aRunWritesAllItsFilesOrNone() throws {
        // Whoever runs the tests may have it ignored.
        signal(SIGXFSZ, SIG_DFL)
        let full = "ulimit -f 4; \"$WINOSIM\" simulate trace.yaml --config small --configs Configs --output run"
        let none = try Program.shell(full, in: folder)
        #expect(none.code == 73 && none.talk.hasPrefix("run/"), "\(none)")
        #expect(none.talk.contains(" error: cannot be written: "), "\(none)")
        #expect(!folder.names().contains("run"))
        let whole = try Program.shell(
            "\"$WINOSIM\" simulate trace.yaml --output run --sensitivity && cp -r run before", in: folder)
        #expect(whole.code == 0 && folder.names(in: "run").count == 6, "\(whole)")
        let again = try Program.shell("\(full); code=$?; diff -r run before && exit $code", in: folder)
        #expect(again.code == 73, "\(again)")
    }

    @Test(arguments: ["--help", "--version", "help simulate", "simulate --help", "--generate-completion-script bash"])
    func unwritableHelpIsAnError(_ words: String) throws {
        let outcome = try Program.shell("\"$WINOSIM\" \(words) > /dev/full", in: folder)
        #expect(
            outcome.code == 73 && outcome.talk.hasPrefix("standard output: error: cannot be written: "), "\(outcome)")
        let read = try Program.shell("\"$WINOSIM\" \(words) | head -1; exit ${PIPESTATUS[0]}", in: folder)
        #expect(read.code == 0 && read.talk.isEmpty, "\(read)")
    }

    @Test func aPipeWithoutAReaderEndsWithASignal() throws {
        signal(SIGTERM, SIG_DFL)
        let outcome = try Program.shell(
            """
            set -m
            mkfifo pipe
            "$WINOSIM" energy trace.yaml --csv pipe & id=$!
            # Waiting to open a pipe is a sleep; before that the program computes.
            for i in {1..600}; do
                [ "$(cat /proc/$id/wchan 2>/dev/null)" = wait_for_partner ] && break
                [ $i -gt 20 ] && [ "$(awk '{print $3}' /proc/$id/stat)" = S ] && break
                sleep 0.05
            done
            kill -TERM $id
            for i in {1..200}; do kill -0 $id 2>/dev/null || break; sleep 0.05; done
            kill -KILL $id 2>/dev/null
            wait $id
            """, in: folder)
        #expect(outcome.code == 128 + SIGTERM, "\(outcome)")
        let read = try Program.shell(
            "(head -1 pipe > head &) ; \"$WINOSIM\" energy trace.yaml --csv pipe; wait", in: folder)
        #expect(read.code == 0 || read.code == 73, "\(read)")
        #expect(try folder.text("head").hasPrefix("layer,component,action"))
    }

    @Test func invalidUTF8InArgumentsIsAnError() throws {
        let outcome = try Program.shell("\"$WINOSIM\" simulate trace.yaml --output $'r\\xe9s'", in: folder)
        #expect(outcome.code == 64 && outcome.output.isEmpty, "\(outcome)")
        #expect(outcome.talk.hasPrefix("Error: argument 4 is not UTF-8: \"r\u{FFFD}s\". "), "\(outcome)")
        #expect(folder.names().allSatisfy { !$0.hasPrefix("r") })
        let accents = try Program.shell("\"$WINOSIM\" simulate trace.yaml --output r\u{E9}s", in: folder)
        #expect(accents.code == 0 && folder.names().contains("r\u{E9}s"), "\(accents)")
    }

    @Test(arguments: [("a,b", "a,b"), ("a,b", "a\\,b"), ("a,b[1]", "a,b[1]"), ("a,b", "a?b")])
    func layersWithACommaAreSelectable(_ name: String, _ glob: String) throws {
        try folder.write(
            folder.text("trace.yaml").replacing("name: conv1", with: "name: \"\(name)\""), to: "comma.yaml")
        let outcome = try Program.shell("\"$WINOSIM\" simulate comma.yaml --json --layers '\(glob)'", in: folder)
        #expect(outcome.code == 0 && outcome.output.contains("\"layer\": \"a,b"), "\(outcome)")
        #expect(!outcome.output.contains("\"layer\": \"conv2\""))
    }

    @Test func aMisspeltNameWithACommaHasANearName() throws {
        try folder.write(folder.text("trace.yaml").replacing("name: conv1", with: "name: \"a,b\""), to: "comma.yaml")
        let wrong = try Program.run("simulate", "comma.yaml", "--layers", "a,c", in: folder)
        #expect(wrong.code == 65 && wrong.talk.contains("no layer matches \"a\": did you mean \"a,b\"?"), "\(wrong)")
    }

    @Test(arguments: [
        ("total", "found the layer's name \"total\", which is that of the reports' row of all layers"),
        ("=1+1", "found \"=1+1\", which a spreadsheet would run as a formula"),
        ("+SUM(A1)", "found \"+SUM(A1)\", which"), ("-1", "found \"-1\", which"), ("@x", "found \"@x\", which"),
        ("a\\u202Eb", "found \"a\\u{202e}b\", expected a layer's name without control and format characters"),
    ]) func unsafeNamesAreRefused(_ name: String, _ message: String) throws {
        let manifest = try folder.text("trace.yaml").replacing("name: conv1", with: "name: \"\(name)\"")
        try folder.write(manifest, to: "named.yaml")
        let outcome = try Program.run("simulate", "named.yaml", in: folder)
        #expect(outcome.code == 65 && outcome.talk.hasPrefix("named.yaml:5:11: error: \(message)"), "\(outcome)")
    }

    @Test func gitLFSPointersAreRefused() throws {
        let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
        for name in ["tensors.safetensors", "trace.yaml", "shapes.csv"] { try folder.write(pointer, to: "lfs/\(name)") }
        for arguments in [
            ["trace", "info", "lfs"], ["simulate", "trace.yaml", "--config", "lfs/trace.yaml"],
            ["trace", "synthesize", "lfs/shapes.csv"],
        ] {
            let outcome = try Program.run(arguments, in: folder)
            #expect(outcome.code == 65 && outcome.talk.contains(":1:1: error: found a Git LFS pointer"), "\(outcome)")
            #expect(outcome.talk.contains("has 12345 bytes: run \"git lfs pull\""), "\(outcome)")
        }
        try folder.write(pointer, to: "tensors.safetensors")
        let tensors = try Program.run("trace", "info", "trace.yaml", in: folder)
        #expect(
            tensors.code == 65 && tensors.talk.hasPrefix("tensors.safetensors:1:1: error: found a Git LFS pointer"),
            "\(tensors)")
    }

    /// The tensors are truncated while points run: the results are the same.
    @Test func aTensorFileThatShrinksDoesNotChangeASweep() throws {
        try folder.write(
            """
            base: Configs/small.yaml
            traces: [trace.yaml]
            axes: {pe_array.lookahead: [1, 2, 3, 4, 5, 6, 7, 8], mapping.tile: [2, 4], pe_array.multipliers: [1, 2, 4]}
            """, to: "sweep.yaml")
        let outcome = try Program.shell(
            """
            "$WINOSIM" sweep sweep.yaml --configs Configs --output whole > /dev/null || exit 1
            "$WINOSIM" sweep sweep.yaml --configs Configs --output cut --jobs 1 > /dev/null & id=$!
            until [ "$(wc -l < cut/sweep.journal 2>/dev/null || echo 0)" -gt 2 ]; do sleep 0.01; done
            : > tensors.safetensors
            wait $id || exit 2
            cmp whole/sweep.csv cut/sweep.csv
            """, in: folder)
        #expect(outcome.code == 0, "\(outcome) \(folder.names(in: "cut"))")
    }

    @Test func slowClocksScaleTime() throws {
        try folder.copy("\(repository)/Configs/dram", to: "Configs/dram")
        func run(_ clock: String) throws -> Outcome {
            try Program.run(
                "simulate", "trace.yaml", "--configs", "Configs", "--config", "small", "--set", "clock=\(clock)",
                "--set",
                "dram={standard: LPDDR4-3200}", "--json", in: folder)
        }
        let slowest = try run("1 Hz")
        #expect(
            slowest.code == 65 && slowest.talk.hasPrefix("--set clock=1 Hz:1:7: error: found a clock of 1 Hz"),
            "\(slowest)")
        func microseconds(_ clock: String) throws -> Double {
            let outcome = try run(clock)
            #expect(outcome.code == 0, "\(outcome)")
            let object = try #require(JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
            return try #require((object["total"] as? [String: Any])?["time_us"] as? Double)
        }
        // The machine waits for nothing at either clock, so that both take the same cycles.
        let ratio = try microseconds("1 kHz") / microseconds("1.4 kHz")
        #expect(abs(ratio - 1.4) < 1e-9, "\(ratio)")
    }

    @Test func aPortThatIsWiderThanItsBankHasAMark() throws {
        try folder.write("name: x\nweight_buffer:\n  capacity: 32 B\n  banks: 1\n", to: "bank.yaml")
        try folder.write("extends: bank.yaml\nweight_buffer: {bandwidth: 64 B}\n", to: "port.yaml")
        for (arguments, place) in [
            (["--config", "bank.yaml"], "bank.yaml:4:10"), (["--config", "port.yaml"], "port.yaml:2:28"),
            (
                ["--set", "operand_buffer={capacity: 64 KiB, port: 4 KiB}"],
                "--set operand_buffer={capacity: 64 KiB, port: 4 KiB}:1:41"
            ),
            (["--set", "input_buffer.bandwidth=4 MiB"], "--set input_buffer.bandwidth=4 MiB:1:24"),
            (
                ["--config", "Configs/small.yaml", "--set", "output_buffer.capacity=8 B"],
                "--set output_buffer.capacity=8 B:1:24"
            ),
        ] {
            let outcome = try Program.run(["simulate", "trace.yaml"] + arguments, in: folder)
            #expect(outcome.code == 65 && outcome.talk.contains("\(place): error: "), "\(outcome)")
            #expect(outcome.talk.contains("found a port of "), "\(outcome)")
        }
    }

    @Test func aDirectMachineNamesTheSolution() throws {
        let made = try Program.run("trace", "synthesize", "shapes.csv", "--output", "made.yaml", in: folder)
        #expect(made.code == 0, "\(made)")
        let direct = ["simulate", "made.yaml", "--set", "mapping.algorithm=direct"]
        let refused = try Program.run(direct, in: folder)
        #expect(refused.code == 65 && refused.talk.contains("winosim trace synthesize --domain spatial"), "\(refused)")
        let spatial = try Program.run(
            "trace", "synthesize", "shapes.csv", "--domain", "spatial", "--output", "made.yaml", in: folder)
        #expect(spatial.code == 0, "\(spatial)")
        let runs = try Program.run(direct, in: folder)
        #expect(runs.code == 0, "\(runs)")
    }
}
