import Foundation
import TestSupport
import Testing

/// Shipped names work in any folder; an existing file of the same name takes precedence.
@Suite struct NamesTests {
    /// A folder with its own library, and a working directory.
    let folder: Folder
    private var shipped: [String: String] {
        ["WINOSIM_CONFIGS": folder.file("Configs"), "WINOSIM_TRACES": folder.file("Traces")]
    }

    init() throws {
        folder = try Folder.withTraces()
        let manifest = try folder.text("densities.yaml").replacing("tensors: tensors.safetensors\n", with: "")
        try folder.write(manifest, to: "Traces/net/drawn.yaml")
        let main = manifest.replacing("model: small", with: "model: main\ndescription: A main one.")
        try folder.write(main, to: "Traces/main/trace.yaml")
        try folder.write("name: no trace\n", to: "Traces/main/other.yaml")
        try folder.write("name: x\n", to: "work/.keep")
    }

    /// Runs the program in a folder below, with the library named by the environment.
    private func run(_ arguments: String..., in place: String = "work") throws -> Outcome {
        try run(arguments, in: place)
    }

    private func run(_ arguments: [String], in place: String = "work") throws -> Outcome {
        let words = arguments.map { "'\($0)'" }.joined(separator: " ")
        let variables = shipped.map { "\($0)='\($1)'" }.sorted().joined(separator: " ")
        return try Program.shell("cd \(place) && \(variables) \"$WINOSIM\" \(words)", in: folder)
    }

    @Test func everyCommandThatTakesATraceTakesAName() throws {
        for arguments in [
            ["simulate", "net/drawn", "--config", "small"], ["energy", "main", "--config", "small"],
            ["compare", "main@small", "net/drawn@small"], ["trace", "info", "net/drawn.yaml"],
            ["trace", "fill-in", "main"], ["trace", "validate", "main", "net/drawn"],
            ["trace", "synthesize", "net/drawn", "--weights", "0.5"],
        ] {
            let outcome = try run(arguments)
            #expect(outcome.code == 0 && outcome.talk.isEmpty, "\(arguments): \(outcome)")
        }
    }

    @Test func theFolderIsFoundLikeConfigs() throws {
        let option = try Program.run("trace", "list", "--traces", "Traces", in: folder)
        #expect(option.code == 0 && option.output.contains("main  "), "\(option)")
        // Upward from the working directory would come after the program's own.
        let own = try Program.run("trace", "list", in: try Folder())
        #expect(own.code == 0 && own.output.contains("resnet-18/winograd-relu"), "\(own)")
        try folder.copy(Program.path, to: "bin/winosim")
        let beside = try Program.shell("cd work && ../bin/winosim trace info net/drawn", in: folder)
        #expect(beside.code == 0, "\(beside)")
        let gone = try run("trace", "list", "--traces", "gone")
        #expect(
            gone.code == 66 && gone.talk == "gone: error: cannot be read: --traces names it, but it is not a folder\n")
    }

    @Test func anExistingFileTakesPrecedence() throws {
        let other = try folder.text("Traces/net/drawn.yaml").replacing("model: small", with: "model: beside")
        try folder.write(other, to: "work/net/drawn")
        #expect(try run("trace", "info", "net/drawn").output.hasPrefix("beside\n"))
        try folder.write(other, to: "work/main/trace.yaml")
        #expect(try run("trace", "info", "main").output.hasPrefix("beside\n"))
        // A folder without a manifest may hold an earlier run's results.
        try folder.write("", to: "elsewhere/main/layers.csv")
        #expect(try run("trace", "info", "main", in: "elsewhere").output.hasPrefix("main\n"))
    }

    @Test(arguments: [
        ("net/drown", "net/drawn"), ("Traces/net/drawn", "net/drawn"), ("mian", "main"), ("own", "own.yaml"),
    ])
    func missingTracesHaveANearName(_ name: String, _ near: String) throws {
        try folder.write("", to: "work/own.yaml")
        let outcome = try run("simulate", name)
        #expect(outcome.code == 66 && outcome.talk.contains("did you mean \"\(near)\"?"), "\(outcome)")
    }

    @Test func aFolderOfTracesNamesThem() throws {
        let outcome = try run("trace", "info", "net")
        #expect(outcome.code == 66 && outcome.talk.hasSuffix("of this name: name one of net/drawn\n"), "\(outcome)")
        let far = try run("trace", "info", "nothing-like-it")
        #expect(far.talk.hasSuffix("; shipped are main, net/drawn\n"), "\(far)")
    }

    @Test func configurationsExtendShippedOnes() throws {
        try folder.write("extends: small\nname: mine\n", to: "work/mine.yaml")
        let mine = try run("config", "show", "--config", "mine.yaml")
        #expect(
            mine.code == 0 && mine.output.contains("name: mine\n") && mine.output.contains("  rows: 2\n"), "\(mine)")
        // A file of the same name that extends the shipped one is no circle.
        try folder.write("extends: small\nname: own\n", to: "work/small.yaml")
        #expect(try run("config", "show", "--config", "small.yaml").output.contains("name: own\n"))
        // A file under the very text wins.
        try folder.write("pe_array: {rows: 7}\n", to: "work/small")
        #expect(try run("config", "show", "--config", "mine.yaml").output.contains("  rows: 7\n"))
        // What lies beside is looked for from the file's own folder.
        try folder.write("extends: other.yaml\n", to: "work/deep/mine.yaml")
        try folder.write("pe_array: {rows: 5}\n", to: "work/deep/other.yaml")
        #expect(try run("config", "show", "--config", "deep/mine.yaml").output.contains("  rows: 5\n"))
        try folder.write("name: far\nextends: smal\n", to: "work/far.yaml")
        let far = try run("config", "show", "--config", "far.yaml")
        #expect(far.code == 66 && far.talk.hasPrefix("far.yaml:2:10: error: "), "\(far)")
        #expect(far.talk.contains("no shipped configuration of this name: did you mean \"small\"?"), "\(far)")
    }

    @Test func sweepsAndComparisonsUseShippedNames() throws {
        let sweep = "base: small\ntraces: [net/drawn, main]\naxes: {pe_array.rows: [1, 2]}\n"
        try folder.write(sweep, to: "work/deep/sweep.yaml")
        let done = try run("sweep", "deep/sweep.yaml")
        #expect(done.code == 0 && done.output.hasPrefix("4 points"), "\(done)")
        try folder.write(sweep.replacing("net/drawn", with: "net/drown"), to: "work/deep/sweep.yaml")
        let trace = try run("sweep", "deep/sweep.yaml")
        #expect(trace.code == 66 && trace.talk.hasPrefix("deep/sweep.yaml:2:10: error: "), "\(trace)")
        #expect(trace.talk.contains("did you mean \"net/drawn\"?"), "\(trace)")
        try folder.write(sweep.replacing("base: small", with: "base: smalll"), to: "work/deep/sweep.yaml")
        let base = try run("sweep", "deep/sweep.yaml")
        #expect(base.code == 66 && base.talk.hasPrefix("deep/sweep.yaml:1:7: error: "), "\(base)")
        let comparison = """
            format: winosim-comparison/1
            name: pair
            runs:
              - {name: a, trace: main, configurations: {own: small}}
              - {name: b, trace: net/drawn, configurations: {own: small}, set: [pe_array.columns=4]}
            cases: [{name: one, configurations: own}]

            """
        try folder.write(comparison, to: "work/deep/pair.yaml")
        let pair = try run("compare", "deep/pair.yaml")
        #expect(pair.code == 0 && pair.output.hasPrefix("pair: compared with a\n"), "\(pair)")
        try folder.write(comparison.replacing("trace: main", with: "trace: mian"), to: "work/deep/pair.yaml")
        let slip = try run("compare", "deep/pair.yaml")
        #expect(slip.code == 66 && slip.talk.hasPrefix("deep/pair.yaml:4:22: error: "), "\(slip)")
        #expect(slip.talk.contains("did you mean \"main\"?"), "\(slip)")
    }
}
