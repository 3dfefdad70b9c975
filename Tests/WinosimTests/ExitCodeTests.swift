import Foundation
import TestSupport
import Testing

@testable import winosim

@Suite struct ExitCodeTests {
    let folder: Folder

    init() throws { folder = try Folder.withTraces() }

    @Test(arguments: [
        ["simulate"], ["simulate", "trace.yaml", "--confg", "x"], ["simulate", "trace.yaml", "extra"],
        ["simulate", "trace.yaml", "--jobs", "0"], ["simulate", "trace.yaml", "--jobs", "x"],
        ["simulate", "trace.yaml", "--tolerance", "1e-3"],
        ["simulate", "trace.yaml", "--verify", "--tolerance", "nan"],
        ["simulate", "trace.yaml", "--layers", "a,,b"], ["simulate", "trace.yaml", "--report"],
        ["simulate", "trace.yaml", "--timeline"], ["energy"],
        ["config", "check"], ["trace", "info"], ["simulate", "''"], ["help", "simulat"],
        ["simulate", "trace.yaml", "--config", "''"], ["simulate", "trace.yaml", "--output", "''"],
        ["energy", "trace.yaml", "--csv", "''"], ["config", "list", "--configs", "''"], ["simulat", "trace.yaml"],
        ["trace", "inf", "trace.yaml"],
    ]) func badUsageEndsWith64(_ arguments: [String]) throws {
        let line = "\"$WINOSIM\" " + arguments.joined(separator: " ")
        let outcome = try Program.shell(line, in: folder)
        #expect(outcome.code == 64 && outcome.output.isEmpty && outcome.talk.hasPrefix("Error: "), "\(outcome)")
    }

    @Test func misspeltCommandsAndOptionsHaveANearName() throws {
        let command = try Program.run("simulat", "trace.yaml", in: folder)
        #expect(command.talk.contains("did you mean \"simulate\"?"), "\(command)")
        let inner = try Program.run("trace", "synthesise", in: folder)
        #expect(
            inner.talk.contains("winosim trace has no command") && inner.talk.contains("\"synthesize\""), "\(inner)")
        let option = try Program.run("simulate", "trace.yaml", "--confg", "x", in: folder)
        #expect(option.talk.contains("'--config'"), "\(option)")
    }

    @Test func badDataHasAMarkAndANearName() throws {
        let key = try Program.run("simulate", "trace.yaml", "--set", "pe_aray.rows=3", in: folder)
        #expect(key.code == 65 && key.output.isEmpty, "\(key)")
        #expect(
            key.talk.contains("--set pe_aray.rows=3:1:1: error: ") && key.talk.contains("did you mean \"pe_array\"?"),
            "\(key)")
        try folder.write("name: x\npe_array:\n  rowz: 4\n", to: "config.yaml")
        let file = try Program.run("simulate", "trace.yaml", "--config", "config.yaml", in: folder)
        #expect(file.code == 65 && file.talk.hasPrefix("config.yaml:3:3: error: "), "\(file)")
        let manifest = try folder.text("trace.yaml").replacing("relu: none", with: "rleu: none")
        try folder.write(manifest, to: "typo.yaml")
        let trace = try Program.run("simulate", "typo.yaml", in: folder)
        #expect(trace.code == 65 && trace.talk.hasPrefix("typo.yaml:10:5: error: "), "\(trace)")
        #expect(trace.talk.contains("did you mean \"relu\"?"), "\(trace)")
    }

    @Test func unreadableFilesEndWith66() throws {
        let near = try Program.run("simulate", "trcae.yaml", in: folder)
        #expect(near.code == 66 && near.talk.contains("did you mean \"trace.yaml\"?"), "\(near)")
        let missing = try Program.run("simulate", "gone/nothing.yaml", in: folder)
        #expect(missing.code == 66 && missing.talk.hasPrefix("gone/nothing.yaml: error: "), "\(missing)")
        let config = try Program.run("energy", "trace.yaml", "--config", "smal", "--configs", "Configs", in: folder)
        #expect(config.code == 66 && config.talk.contains("did you mean \"small\"?"), "\(config)")
        let configs = try Program.run("config", "list", "--configs", "nowhere", in: folder)
        #expect(configs.code == 66 && configs.talk.contains("nowhere"), "\(configs)")
        try folder.write("format: winosim-trace/1\n", to: "many/a.yaml")
        let many = try Program.run("trace", "info", "many", in: folder)
        #expect(many.code == 66 && many.talk.contains("a.yaml"), "\(many)")
        let none = try Program.run("trace", "info", "Configs/energy/..", in: try Folder())
        #expect(none.code == 66, "\(none)")
    }

    /// A file in place of a folder: even root cannot write there.
    @Test func unwritableOutputsEndWith73() throws {
        try folder.write("", to: "file")
        let run = try Program.run("simulate", "trace.yaml", "--output", "file/run", in: folder)
        #expect(run.code == 73 && run.output.isEmpty && run.talk.contains("file"), "\(run)")
        let csv = try Program.run("energy", "trace.yaml", "--csv", "gone/e.csv", in: folder)
        #expect(csv.code == 73 && csv.talk.contains("gone/e.csv: error: "), "\(csv)")
        let manifest = try Program.run("trace", "synthesize", "shapes.csv", "--output", ".", in: folder)
        #expect(manifest.code == 73, "\(manifest)")
        let full = try Program.shell("\"$WINOSIM\" trace info . > /dev/full", in: folder)
        #expect(full.code == 73 && full.talk.contains("standard output"), "\(full)")
    }

    @Test func aFailedWriteLeavesNothing() throws {
        // A folder stands in the place of the second file.
        try folder.write("", to: "run/energy.csv/x")
        let before = folder.names(in: "run")
        let outcome = try Program.run("simulate", "trace.yaml", "--output", "run", in: folder)
        #expect(outcome.code == 73, "\(outcome)")
        #expect(folder.names(in: "run").allSatisfy { !$0.hasSuffix(".part") })
        #expect(before == ["energy.csv"])
    }

    @Test func aClosedPipeIsNoError() throws {
        let rows = (0..<4000).map { "layer\($0),3,8,8,8,3" }.joined(separator: "\n")
        try folder.write("layer,C,K,H_in,W_in,kernel\n" + rows, to: "many.csv")
        let outcome = try Program.shell(
            "\"$WINOSIM\" trace synthesize many.csv | head -1; exit ${PIPESTATUS[0]}", in: folder)
        #expect(outcome.code == 0 && outcome.talk.isEmpty, "\(outcome)")
        #expect(outcome.output == "format: winosim-trace/1\n")
    }

    @Test(arguments: [SIGINT, SIGTERM]) func aSignalEndsTheProgramWithoutFiles(_ number: Int32) throws {
        // One layer that takes far longer than a signal's way.
        let shapes = "layer,C,K,H_in,W_in,kernel,pad\nhuge,256,1024,512,512,3,1\n"
        try folder.write(shapes, to: "huge.csv")
        let made = try Program.run(
            "trace", "synthesize", "huge.csv", "--weights", "0.5", "--activations", "0.5", "--output", "huge.yaml",
            in: folder)
        #expect(made.code == 0, "\(made)")
        // A program inherits that ^C is ignored, from a background job or a shell without job control (set -m).
        signal(number, SIG_DFL)
        // It says that it starts, then gets its signal.
        let outcome = try Program.shell(
            """
            set -m
            mkfifo talk
            "$WINOSIM" simulate huge.yaml --output run 2> talk & id=$!
            read line < talk
            kill -\(number) $id
            wait $id
            """, in: folder)
        #expect(outcome.code == 128 + number, "\(outcome)")
        #expect(!folder.names().contains("run"))
    }

    @Test func bugsAreToldFromInputErrors() throws {
        struct Surprise: Error {}
        let (code, text) = try #require(Failure.words(for: Surprise()))
        #expect(code == .bug && code.rawValue == 70)
        #expect(text.hasPrefix("winosim: internal error (a bug in winosim, not in your input): Surprise()\n"))
        #expect(text.contains("please report it") && text.contains(winosimVersion))
    }
}
