import Foundation
import TestSupport
import Testing

@testable import winosim

@Suite struct CompletionTests {
    let folder: Folder

    init() throws {
        folder = try Folder.withTraces()
        try folder.copy("\(repository)/Configs/dram", to: "Configs/dram")
        try folder.write("# c", to: "Configs/comparisons/methods.yaml")
        try folder.write("# s", to: "Configs/sweeps/shape.yaml")
        try folder.copy("\(folder.path)/densities.yaml", to: "Traces/net/dense.yaml")
    }

    /// The request of a shell's script: the words of the line, of which the last is completed.
    private func proposals(_ argument: String, _ line: String...) throws -> [String] {
        let words = ["winosim"] + line
        let command = line.prefix {
            !$0.hasPrefix("-") && ["simulate", "sweep", "compare", "dram", "trace", "synthesize"].contains($0)
        }
        let outcome = try Program.run(
            ["---completion"] + command + ["--", argument, "\(words.count - 1)", "\(words[words.count - 1].count)"]
                + words,
            in: folder)
        #expect(outcome.code == 0 && outcome.talk.isEmpty, "\(outcome)")
        return outcome.output.split(separator: "\n").map(String.init)
    }

    @Test func shippedNamesAreProposed() throws {
        #expect(
            try proposals("--config", "simulate", "trace.yaml", "--configs", "Configs", "--config", "sm") == ["small"])
        #expect(try proposals("positional@0", "sweep", "--configs", "Configs", "sh") == ["shape"])
        #expect(try proposals("positional@0", "compare", "--configs", "Configs", "met") == ["methods"])
        #expect(try proposals("positional@0", "simulate", "--traces", "Traces", "net") == ["net/dense"])
        #expect(try proposals("positional@0", "compare", "--traces", "Traces", "net/") == ["net/dense"])
        #expect(
            try proposals("--dram", "dram", "r.txt", "--configs", "Configs", "--dram", "LP")
                == ["LPDDR4-3200", "LPDDR5-6400"])
    }

    @Test func networksAreProposedWhereShapesAreTaken() throws {
        try folder.write("# input: 1 x 8 x 8\nname,operation,filters\na,linear,4\n", to: "Traces/networks/neat.csv")
        #expect(
            try proposals("positional@0", "trace", "synthesize", "--traces", "Traces", "ne") == ["neat", "net/dense"])
        #expect(try proposals("positional@0", "simulate", "--traces", "Traces", "ne") == ["net/dense"])
    }

    @Test func filesAreProposedByKind() throws {
        #expect(
            try proposals("positional@0", "simulate", "--traces", "Traces", "")
                == ["net/dense", "Configs/", "Traces/", "densities.yaml", "partial.yaml", "trace.yaml", "wrong.yaml"])
        #expect(try proposals("positional@0", "trace", "synthesize", "--traces", "Traces", "s") == ["shapes.csv"])
        // The only folder comes with what is in it, or the shell would end the word.
        #expect(
            try proposals("--config", "simulate", "--config", "Conf")
                == [
                    "Configs/", "Configs/comparisons/", "Configs/dram/", "Configs/energy/", "Configs/small.yaml",
                    "Configs/sweeps/",
                ])
        #expect(
            try proposals("--config", "simulate", "--config", "Configs/s") == ["Configs/small.yaml", "Configs/sweeps/"])
        #expect(try proposals("positional@0", "simulate", "nowhere/x").isEmpty)
    }

    @Test(arguments: ["bash", "zsh", "fish"]) func scriptsAreGenerated(_ shell: String) throws {
        let outcome = try Program.run("--generate-completion-script", shell)
        #expect(outcome.code == 0 && outcome.output.contains("---completion simulate -- positional@0"), "\(outcome)")
    }
}
