import Foundation
import TestSupport
import Testing

/// Reads a JSON object.
func object(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
}

@Suite struct SimulateTests {
    let folder: Folder

    init() throws { folder = try Folder.withTraces() }

    @Test func resultsGoToStandardOutputAndMessagesToStandardError() throws {
        let plain = try Program.run("simulate", "trace.yaml", in: folder)
        #expect(plain.code == 0, "\(plain)")
        #expect(plain.talk == "no --config: the default machine runs\n")
        #expect(plain.output.contains("conv1") && plain.output.contains("conv2"), "\(plain)")
        let configured = try Program.run(
            "simulate", "trace.yaml", "--config", "small", "--configs", "Configs", in: folder)
        #expect(configured.code == 0 && configured.talk.isEmpty, "\(configured)")
        #expect(configured.output != plain.output)
    }

    @Test func sensitivityIsATableAndAFile() throws {
        let simulated = try Program.run(
            "simulate", "trace.yaml", "--sensitivity", "--output", "run", in: folder)
        #expect(simulated.code == 0 && simulated.output.contains(/wire +2.0/), "\(simulated)")
        #expect(folder.names(in: "run").contains("sensitivity.csv"))
        let printed = try Program.run("energy", "trace.yaml", "--sensitivity", in: folder)
        #expect(printed.output == (try folder.text("run/sensitivity.csv")))
        #expect(printed.output.hasPrefix("figures,factor,energy_pJ,"))
    }

    @Test func theFolderOfATraceNamesItsManifest() throws {
        let manifest = try Program.run("simulate", "./trace.yaml", in: folder)
        for argument in [".", "./", folder.path] {
            let outcome = try Program.run("simulate", argument, in: folder)
            #expect(outcome.code == 0 && outcome.output.contains("conv2"), "\(outcome)")
        }
        #expect(try Program.run("simulate", ".", in: folder).output == manifest.output)
    }

    @Test func outputFilesMatchTheJSON() throws {
        let outcome = try Program.run("simulate", "trace.yaml", "--output", "new/run", "--json", in: folder)
        #expect(outcome.code == 0, "\(outcome)")
        #expect(folder.names(in: "new/run") == ["area.csv", "energy.csv", "layers.csv", "mapping.csv", "summary.json"])
        #expect(try folder.text("new/run/summary.json") == outcome.output)
        #expect(try object(outcome.output)["verification"] == nil)
        #expect(try folder.text("new/run/layers.csv").hasPrefix("layer,algorithm,cycles,"))
        #expect(try folder.text("new/run/energy.csv").hasPrefix("layer,component,action,"))
    }

    @Test func theTimelineIsWrittenWithTheOtherFiles() throws {
        let homeless = try Program.run("simulate", "trace.yaml", "--timeline", in: folder)
        #expect(homeless.code == 64 && homeless.output.isEmpty, "\(homeless)")
        #expect(homeless.talk.contains("--timeline requires --output"), "\(homeless)")
        let memory = "dram={standard: LPDDR4-3200}"
        let outcome = try Program.run(
            "simulate", "trace.yaml", "--set", memory, "--timeline", "--output", "run", "--json", in: folder)
        #expect(outcome.code == 0, "\(outcome)")
        #expect(
            outcome.talk.hasSuffix(
                "written to run: layers.csv, energy.csv, area.csv, mapping.csv, timeline.json, summary.json\n"),
            "\(outcome)")
        let timeline = TimelineValidator(try folder.bytes("run/timeline.json"))
        #expect(timeline.faults == [])
        let total = try #require(try object(outcome.output)["total"] as? [String: Any])
        #expect(timeline.slices(of: "layers").map(\.name) == ["conv1", "conv2"])
        #expect(timeline.slices(of: "layers").last?.end == total["cycles"] as? Int)
        for track in ["DRAM reads", "DRAM writes", "weight loads, 0", "input loads, 0", "drains", "stores"] {
            #expect(!timeline.slices(of: track).isEmpty, "\(track)")
        }
        // Looking on changes nothing.
        #expect(
            try Program.run("simulate", "trace.yaml", "--set", memory, "--json", in: folder).output == outcome.output)
    }

    @Test func resultsDoNotDependOnJobs() throws {
        let one = try Program.run("simulate", "trace.yaml", "--jobs", "1", "--json", in: folder)
        #expect(one.code == 0 && one.output.hasSuffix("}\n"), "\(one)")
        #expect(try Program.run("simulate", "trace.yaml", "--jobs", "7", "--json", in: folder).output == one.output)
    }

    @Test func selectedLayersRunAsInTheWholeTrace() throws {
        func rows(_ arguments: String...) throws -> [String: Substring] {
            let run = "run\(arguments.count)\(arguments.joined())".filter { $0.isLetter || $0.isNumber }
            let line = "\"$WINOSIM\" simulate trace.yaml --output \(run) " + arguments.joined(separator: " ")
            let outcome = try Program.shell(line, in: folder)
            #expect(outcome.code == 0, "\(outcome)")
            let lines = try folder.text("\(run)/layers.csv").split(separator: "\n").dropFirst()
            return Dictionary(uniqueKeysWithValues: lines.map { (String($0.prefix { $0 != "," }), $0) })
        }
        let all = try rows()
        #expect(all.keys.sorted() == ["conv1", "conv2", "total"])
        // How conv1's outputs are stored depends on conv2, which does not run here.
        let first = try rows("--layers", "'*[!2]'")
        #expect(first.keys.sorted() == ["conv1", "total"])
        #expect(first["conv1"] == all["conv1"])
        #expect(try rows("--layers", "conv2,conv1") == all)
        #expect(try rows("--layers", "'?onv2'", "--layers", "conv1") == all)
    }

    @Test func aPatternWithoutALayerIsAnErrorThatListsThem() throws {
        let outcome = try Program.run("simulate", "trace.yaml", "--layers", "conv1,konv2", in: folder)
        #expect(outcome.code == 65 && outcome.output.isEmpty, "\(outcome)")
        #expect(
            outcome.talk.hasSuffix(
                "--layers conv1,konv2:1:1: error: no layer matches \"konv2\": did you mean \"conv2\"? "
                    + "expected one of the trace's layers: conv1, conv2\n"), "\(outcome)")
    }

    @Test func verificationPasses() throws {
        let outcome = try Program.run("simulate", "trace.yaml", "--verify", in: folder)
        #expect(outcome.code == 0 && outcome.output.contains("verified"), "\(outcome)")
        let json = try Program.run("simulate", "trace.yaml", "--verify", "--json", "--output", "run", in: folder)
        #expect(json.code == 0, "\(json)")
        #expect(try folder.text("run/summary.json") == json.output)
        let rows = try #require(try object(json.output)["verification"] as? [[String: Any]])
        #expect(rows.map { $0["status"] as? String } == ["verified", "skipped"])
        #expect(rows[0]["layer"] as? String == "conv1")
        #expect(try #require(rows[0]["direct_max_error"] as? Double) < 1e-6)
        #expect(rows[1]["note"] is String && rows[1]["products"] is NSNull)
    }

    @Test func wrongOutputsFailTheVerification() throws {
        let outcome = try Program.run("simulate", "wrong.yaml", "--verify", "--output", "run", in: folder)
        #expect(outcome.code == 1 && outcome.output.contains("FAILED"), "\(outcome)")
        #expect(outcome.talk.contains("winosim: verification failed: conv1\nwinosim: the largest error is "))
        #expect(outcome.talk.contains(", and the tolerance is 0.0001; --tolerance "), "\(outcome)")
        #expect(outcome.output.contains("  conv1: differs from the trace's outputs by "), "\(outcome)")
        // The simulation itself holds: its files are there.
        #expect(folder.names(in: "run").count == 5)
        let json = try Program.run("simulate", "wrong.yaml", "--verify", "--json", in: folder)
        let rows = try #require(try object(json.output)["verification"] as? [[String: Any]])
        #expect(json.code == 1 && rows[0]["status"] as? String == "failed")
        #expect(try object(json.output)["verification_tolerance"] as? Double == 1e-4)
        // The tolerance that is named is enough.
        let named = try #require(outcome.talk.firstMatch(of: /--tolerance (\S+) lets it pass/)?.1)
        let lax = try Program.run(
            "simulate", "wrong.yaml", "--verify", "--tolerance", String(named), "--json", in: folder)
        #expect(lax.code == 0, "\(lax)")
        #expect(try object(lax.output)["verification_tolerance"] as? Double == Double(named))
        let plain = try Program.run("simulate", "wrong.yaml", "--json", in: folder)
        #expect(try object(plain.output)["verification_tolerance"] == nil)
    }

    /// An error of rounding is reported as expected; other errors are not.
    @Test func roundingErrorsAreAllowed() throws {
        let rounding = "datatype={weights: 4 bit, activations: 4 bit, quantize: true}"
        let outcome = try Program.run("simulate", "trace.yaml", "--verify", "--set", rounding, in: folder)
        #expect(outcome.code == 1, "\(outcome)")
        #expect(
            outcome.talk.contains(
                "Rounding weights to 4 bit and activations to 4 bit (quantize) alone makes one of "))
        #expect(outcome.talk.contains(", so an error of this size is to be expected; --tolerance "), "\(outcome)")
        let named = try #require(outcome.talk.firstMatch(of: /--tolerance (\S+) lets it pass/)?.1)
        let lax = try Program.run(
            "simulate", "trace.yaml", "--verify", "--tolerance", String(named), "--set", rounding, in: folder)
        #expect(lax.code == 0, "\(lax)")
        let wrong = try Program.run("simulate", "wrong.yaml", "--verify", "--set", rounding, in: folder)
        #expect(wrong.code == 1 && wrong.talk.contains(" is more than that explains\n"), "\(wrong)")
    }

    @Test(arguments: [40, 60, 80, 111, 200]) func tablesFitTheTerminal(_ width: Int) throws {
        for arguments in [
            ["simulate", "trace.yaml", "--verify", "--sensitivity"], ["trace", "info", "trace.yaml"],
            ["trace", "fill-in", "trace.yaml"], ["config", "list"], ["trace", "list"],
            ["compare", "trace.yaml@small", "densities.yaml@small@pe_array.rows=3", "--sensitivity"],
        ] {
            let words = arguments.map { "'\($0)'" }.joined(separator: " ")
            let outcome = try Program.shell(
                "WINOSIM_CONFIGS=Configs COLUMNS=\(width) \"$WINOSIM\" \(words)", in: folder)
            #expect(outcome.code == 0, "\(outcome)")
            // The seed and the digest are one word.
            for line in outcome.output.split(separator: "\n") where !line.hasPrefix("seed ") {
                #expect(line.count <= width, "\(arguments): \(line)")
            }
        }
    }

    /// On a terminal a long run shows its progress; elsewhere it does not.
    @Test func progressIsShownOnATerminal() throws {
        try folder.write("layer,C,K,H_in,W_in,kernel,pad\nhuge,256,1024,512,512,3,1\n", to: "huge.csv")
        let outcome = try Program.shell(
            """
            "$WINOSIM" trace synthesize huge.csv --weights 0.5 --activations 0.5 > huge.yaml
            script -qefc 'exec "$WINOSIM" simulate huge.yaml' log < /dev/null > /dev/null 2>&1 & terminal=$!
            "$WINOSIM" simulate huge.yaml 2> talk & plain=$!
            for try in $(seq 600); do
              grep -q '0 of 1 layers simulated' log && break
              sleep 0.1
            done
            kill -9 $plain; kill $terminal
            """, in: folder)
        let log = try folder.text("log")
        #expect(log.contains("\r\u{1B}[K0 of 1 layers simulated, "), "\(log) \(outcome)")
        #expect(try folder.text("talk") == "no --config: the default machine runs\n")
    }

    @Test func verificationOfNothingFails() throws {
        let outcome = try Program.run("simulate", "densities.yaml", "--verify", in: folder)
        #expect(outcome.code == 1, "\(outcome)")
        #expect(outcome.talk.contains("nothing was verified"), "\(outcome)")
    }

    @Test func energyPrintsTheCSVOfSimulate() throws {
        let printed = try Program.run("energy", "trace.yaml", "--set", "datatype.weights=8 bit", in: folder)
        #expect(printed.code == 0 && printed.output.hasPrefix("layer,component,action,"), "\(printed)")
        let written = try Program.run(
            "energy", "trace.yaml", "--set", "datatype.weights=8 bit", "--csv", "e.csv", in: folder)
        #expect(written.code == 0 && written.output.isEmpty, "\(written)")
        #expect(try folder.text("e.csv") == printed.output)
        _ = try Program.run(
            "simulate", "trace.yaml", "--set", "datatype.weights=8 bit", "--output", "run", in: folder)
        #expect(try folder.text("run/energy.csv") == printed.output)
        let one = try Program.run("energy", "trace.yaml", "--layers", "conv2", in: folder)
        #expect(one.code == 0 && !one.output.contains("conv1"), "\(one)")
    }
}
