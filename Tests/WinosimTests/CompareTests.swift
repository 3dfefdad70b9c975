import Foundation
import TestSupport
import Testing

@Suite struct CompareTests {
    private static let comparison = """
        format: winosim-comparison/1
        name: pair
        runs:
          - {name: small, trace: ../../densities.yaml, configurations: {own: ../small.yaml}}
          - {name: wide, trace: ../../densities.yaml, configurations: {own: ../small.yaml}, set: [pe_array.columns=4]}
        cases:
          - {name: one image, configurations: own}
          - {name: two images, configurations: own, batch: 2}
        """

    private static func folder() throws -> Folder {
        let folder = try Folder.withTraces()
        try folder.write("# Two machines.\n" + comparison, to: "Configs/comparisons/pair.yaml")
        return folder
    }

    @Test func runsAreComparedLayerByLayer() throws {
        let folder = try Self.folder()
        let outcome = try Program.run(
            ["compare", "densities.yaml@small", "densities.yaml", "--set", "clock=1 GHz", "--configs", "Configs"],
            in: folder)
        #expect(outcome.code == 0, "\(outcome)")
        #expect(outcome.output.hasPrefix("comparison: compared with densities@small\n"))
        #expect(outcome.output.contains("conv1  densities@small"))
        #expect(outcome.output.contains("total  densities@small"))
        #expect(outcome.talk.isEmpty)
    }

    @Test func theBaselineIsOneOfTheRuns() throws {
        let folder = try Self.folder()
        let arguments = ["compare", "densities.yaml@small", "densities.yaml", "--configs", "Configs", "--baseline"]
        let outcome = try Program.run(arguments + ["densities.yaml"], in: folder)
        #expect(outcome.output.hasPrefix("comparison: compared with densities\n"), "\(outcome)")
        let wrong = try Program.run(arguments + ["densities.yaml@smal"], in: folder)
        #expect(wrong.code == 64)
        #expect(wrong.talk.contains("did you mean \"densities.yaml@small\"?"), "\(wrong)")
    }

    @Test func comparisonsAreFoundByNameAndFile() throws {
        let folder = try Self.folder()
        let named = try Program.run(["compare", "pair", "--configs", "Configs", "--output", "new/out"], in: folder)
        #expect(named.code == 0, "\(named)")
        #expect(named.output.hasPrefix("pair: compared with small\n"))
        #expect(named.output.contains("\ntwo images\n"))
        #expect(named.talk == "written to new/out: compare.csv, compare.json\n")
        #expect(folder.names(in: "new/out") == ["compare.csv", "compare.json"])
        let file = try Program.run(
            ["compare", "Configs/comparisons/pair.yaml", "--configs", "Configs", "--json"], in: folder)
        #expect(file.output == (try folder.text("new/out/compare.json")))
        let csv = try folder.text("new/out/compare.csv")
        let lines = csv.split(separator: "\n")
        // Two cases of two runs, each of one layer or more and a total.
        #expect(lines.filter { $0.contains(",total,") }.count == 4)
        let listed = try Program.run(["config", "list", "--configs", "Configs"], in: folder)
        #expect(listed.output.contains("pair        Two machines."), "\(listed)")
    }

    @Test func onlyDensitiesHaveOtherBatches() throws {
        let folder = try Self.folder()
        let text = try folder.text("Configs/comparisons/pair.yaml").replacing("densities.yaml", with: "trace.yaml")
        try folder.write(text, to: "tensors.yaml")
        let outcome = try Program.run(["compare", "tensors.yaml", "--configs", "Configs"], in: folder)
        // The paths in it are another folder's now.
        #expect(outcome.code == 66, "\(outcome)")
        try folder.write(text, to: "Configs/comparisons/tensors.yaml")
        let tensors = try Program.run(["compare", "tensors", "--configs", "Configs"], in: folder)
        #expect(tensors.code == 65)
        #expect(tensors.talk.contains("so it cannot run at a batch of 2; densities can"), "\(tensors)")
    }

    @Test func faultsAreNamed() throws {
        let folder = try Self.folder()
        func run(_ arguments: String...) throws -> Outcome {
            try Program.run(["compare"] + arguments + ["--configs", "Configs"], in: folder)
        }
        let single = try run("densities.yaml@small")
        #expect(single.code == 64 && single.talk.contains("has no run to be compared with"), "\(single)")
        #expect(single.talk.contains("Usage: winosim compare"), "\(single)")
        let trace = try run("densities.yaml")
        #expect(trace.code == 64 && trace.talk.contains("has no run to be compared with"), "\(trace)")
        for (half, missing) in [
            ("densities.yaml@", "no configuration or setting after"), ("@small", "no trace before"),
        ] {
            let outcome = try run(half, "densities.yaml")
            #expect(outcome.code == 64 && outcome.talk.contains(missing), "\(outcome)")
        }
        let mixed = try run("pair", "densities.yaml")
        #expect(mixed.code == 64 && mixed.talk.contains("\"pair\" is a comparison: expected no other runs"), "\(mixed)")
        let gone = try run("gone/pair.yaml")
        #expect(gone.code == 66 && gone.talk.hasPrefix("gone/pair.yaml: error: "), "\(gone)")
        let near = try run("pairs")
        #expect(near.code == 66 && near.talk.contains("did you mean \"pair\"?"), "\(near)")
        let machine = try run("densities.yaml@smal", "densities.yaml")
        #expect(machine.code == 66 && machine.talk.contains("did you mean \"small\"?"), "\(machine)")
        let unknown = try run("densties.yaml", "densities.yaml")
        #expect(unknown.code == 66 && unknown.talk.contains("did you mean \"densities.yaml\"?"), "\(unknown)")
        let key = try run("densities.yaml@small", "densities.yaml", "--set", "pe_array.rowz=2")
        #expect(key.code == 65 && key.talk.contains("did you mean \"rows\"?"), "\(key)")
    }

    /// A run is equal to a single run with its settings; --set applies to all, a run's own settings take precedence.
    @Test func runsHaveTheirSettings() throws {
        let folder = try Self.folder()
        let runs = [
            "densities.yaml@small", "densities.yaml@small@pe_array.rows=4@pe_array.columns=1",
            "densities.yaml@pe_array.lookahead=1",
        ]
        let compared = try Program.run(
            ["compare"] + runs + ["--set", "pe_array.rows=3", "--configs", "Configs", "--json"], in: folder)
        #expect(compared.code == 0, "\(compared)")
        let cases = try #require(try object(compared.output)["cases"] as? [[String: Any]])
        let results = try #require(cases[0]["runs"] as? [[String: Any]])
        #expect(
            results.map { $0["name"] as? String }
                == ["densities@small", "densities@small@rows=4@columns=1", "densities@lookahead=1"])
        let settings = [
            ["--config", "small", "--set", "pe_array.rows=3"],
            ["--config", "small", "--set", "pe_array.rows=4", "--set", "pe_array.columns=1"],
            ["--set", "pe_array.rows=3", "--set", "pe_array.lookahead=1"],
        ]
        for (result, setting) in zip(results, settings) {
            let alone = try Program.run(
                ["simulate", "densities.yaml", "--configs", "Configs", "--json"] + setting, in: folder)
            let summary = try object(alone.output)
            #expect(result["configuration_yaml"] as? String == summary["configuration_yaml"] as? String)
            let (mine, other) = (result["total"] as? [String: Any], summary["total"] as? [String: Any])
            #expect(mine?["cycles"] as? Int == other?["cycles"] as? Int && mine?["cycles"] != nil)
        }
        let baseline = try Program.run(
            ["compare"] + runs + ["--baseline", runs[1], "--configs", "Configs"], in: folder)
        #expect(
            baseline.output.hasPrefix("comparison: compared with densities@small@rows=4@columns=1\n"), "\(baseline)")
    }

    /// Errors in a run's settings have positions in the run.
    @Test(arguments: [
        (
            "densities.yaml@small@pe_array.rowz=2",
            ":1:31: error: unknown key \"rowz\" in pe_array: did you mean \"rows\"?"
        ),
        ("densities.yaml@small@pe_array.rows=two", ":1:36: error: found \"two\""),
        ("densities.yaml@small@pe_array.rows=", ":1:35: error: found no value after the \"=\""),
        ("densities.yaml@pe_aray.rows=2", ":1:16: error: "),
    ]) func slipsInSettingsHaveTheirPlace(_ run: String, _ message: String) throws {
        let folder = try Self.folder()
        let outcome = try Program.run(["compare", run, "densities.yaml", "--configs", "Configs"], in: folder)
        #expect(outcome.code == 65 && outcome.talk.contains(run + message), "\(outcome)")
        #expect(outcome.talk.contains("\n    \(run)\n"), "\(outcome)")
    }

    /// Errors in a file, and missing files that it names, have positions.
    @Test func faultsInAFileHaveMarks() throws {
        let folder = try Self.folder()
        func outcome(_ old: String, _ new: String) throws -> Outcome {
            try folder.write(Self.comparison.replacing(old, with: new), to: "Configs/comparisons/slip.yaml")
            return try Program.run(["compare", "slip", "--configs", "Configs"], in: folder)
        }
        let place = "Configs/comparisons/slip.yaml:"
        let format = try outcome("format:", "fromat:")
        #expect(format.code == 65 && format.talk.hasPrefix(place), "\(format)")
        let value = try outcome("[pe_array.columns=4]", "[pe_array.columns=four]")
        #expect(value.code == 65 && value.talk.hasPrefix(place + "5:108: error: found \"four\""), "\(value)")
        let key = try outcome("[pe_array.columns=4]", "[pe_array.colums=4]")
        #expect(key.code == 65 && key.talk.hasPrefix(place + "5:100: error: "), "\(key)")
        let trace = try outcome(
            "densities.yaml, configurations: {own: ../small.yaml}}",
            "density.yaml, configurations: {own: ../small.yaml}}")
        #expect(trace.code == 66 && trace.talk.hasPrefix(place + "4:26: error: "), "\(trace)")
        let machine = try outcome("{own: ../small.yaml}, set", "{own: ../smal.yaml}, set")
        #expect(machine.code == 66 && machine.talk.hasPrefix(place + "5:69: error: "), "\(machine)")
        #expect(machine.talk.contains("did you mean \"Configs/small.yaml\"?"), "\(machine)")
        let published =
            "published: {source: s, run: wide, multiply_reduction: 2, without: [conv9], over_earlier: {from: 1, to: 2}, "
        let layer = try outcome("cases:", published + "earlier: [small]}\ncases:")
        #expect(layer.code == 65 && layer.talk.contains("has no layer \"conv9\": did you mean \"conv1\"?"), "\(layer)")
    }
}
