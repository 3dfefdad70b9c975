import Foundation
import TestSupport
import Testing

@testable import winosim

@Suite struct HelpTests {
    static let pinned = PinnedTexts("Help")

    /// Every command by its words, `winosim` itself first.
    static let commands: [[String]] = {
        func walk(_ words: [String], _ names: [String]) -> [[String]] { [words] + names.map { words + [$0] } }
        return Winosim.configuration.subcommands.reduce(into: [[]]) { all, command in
            let name = command.configuration.commandName ?? ""
            all += walk([name], command.configuration.subcommands.compactMap { $0.configuration.commandName })
        }
    }()

    @Test func allCommandsAreTested() {
        #expect(
            Set(Self.commands.map { $0.joined(separator: " ") })
                == [
                    "", "simulate", "compare", "sweep", "merge", "energy", "trace", "trace info", "trace fill-in",
                    "trace validate",
                    "trace synthesize", "trace import",
                    "trace list", "config", "config show", "config check", "config explain",
                    "config list", "columns", "dram",
                ])
    }

    @Test(arguments: commands) func helpShowsAnExampleAndIsPinned(_ words: [String]) throws {
        let outcome = try Program.shell("\"$WINOSIM\" \(words.joined(separator: " ")) --help", in: try Folder())
        #expect(outcome.code == 0 && outcome.talk.isEmpty, "\(outcome)")
        let command = (["winosim"] + words).joined(separator: " ")
        #expect(outcome.output.contains("Example:\n  \(command)"), "\(outcome)")
        let name = command.replacing(" ", with: "-") + ".txt"
        #expect(outcome.output == (try Self.pinned.expected(name, observed: outcome.output)))
    }

    @Test func versionIsDefinedOnce() throws {
        let outcome = try Program.run("--version")
        #expect(outcome.code == 0 && outcome.output == "winosim \(winosimVersion)\n", "\(outcome)")
    }
}
