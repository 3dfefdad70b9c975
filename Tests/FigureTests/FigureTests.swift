import Foundation
import TestSupport
import Testing

/// Digests of the figures of everything shipped: a change of the code that must not change figures changes none of
/// them.
@Suite struct FigureTests {
    private static let isQuick = ProcessInfo.processInfo.environment["WINOSIM_TIER"] == "quick"
    private static let records = ProcessInfo.processInfo.environment["WINOSIM_RECORD"] == "1"

    private static let heading = """
        # Digests of every figure that the shipped traces, comparisons and sweeps give. FigureTests compares them and records them.
        #
        # trace                           machine, case, points         file          digest, or exit code

        """

    @Test func shippedFiguresAreThePinnedOnes() async throws {
        try #require(!(Self.isQuick && Self.records), "unset WINOSIM_TIER: a quick run has only a part of the figures")
        let runs = try ShippedRuns(isQuick: Self.isQuick)
        let observed = try await runs.digests()
        let text = Self.heading + observed.map(\.line).sorted().joined(separator: "\n") + "\n"
        let pinned = try PinnedTexts("Pinned").expected("figures.txt", observed: text)
            .split(separator: "\n").filter { !$0.hasPrefix("#") }
            .map { line in try #require(FigureDigest(line: String(line)), "\(line)") }
        let differences = Differences(pinned: pinned.filter(runs.covers), observed: observed)
        #expect(differences.lines.isEmpty, "\(differences)")
    }

    @Test func differencesNameTheRunsAndFiles() {
        let pinned = ["layers.csv", "energy.csv", "area.csv"].map { FigureDigest("digits", "mobile", $0, "00ff") }
        var observed = pinned
        observed[0] = FigureDigest("digits", "mobile", "layers.csv", "00fe")
        observed[1] = FigureDigest("digits", "mobile", "energy.csv", "00fe")
        observed[2] = FigureDigest("digits", "edge", "exit", "65")
        #expect(
            Differences(pinned: pinned, observed: observed).lines == [
                "digits, edge: exit (not pinned)", "digits, mobile: area.csv (missing), energy.csv, layers.csv",
            ])
        #expect(Differences(pinned: pinned, observed: pinned.reversed()).lines.isEmpty)
    }
}

/// Where pinned and observed digests differ, in words.
struct Differences: CustomStringConvertible {
    /// A line for each run with files that differ: `digits, mobile: energy.csv, layers.csv`.
    let lines: [String]

    init(pinned: [FigureDigest], observed: [FigureDigest]) {
        var files: [String: [String]] = [:]
        func add(_ figure: FigureDigest, _ remark: String) {
            files["\(figure.subject), \(figure.conditions)", default: []].append(figure.file + remark)
        }
        func place(_ figure: FigureDigest) -> [String] { [figure.subject, figure.conditions, figure.file] }
        let expected = Dictionary(uniqueKeysWithValues: pinned.map { (place($0), $0) })
        let found = Dictionary(uniqueKeysWithValues: observed.map { (place($0), $0) })
        for (place, figure) in expected {
            guard let other = found[place] else {
                add(figure, " (missing)")
                continue
            }
            if other.digest != figure.digest { add(figure, "") }
        }
        for (place, figure) in found where expected[place] == nil { add(figure, " (not pinned)") }
        lines = files.map { run, files in "\(run): \(files.sorted().joined(separator: ", "))" }.sorted()
    }

    var description: String {
        """
        figures of \(lines.count) shipped runs are not those of Tests/FigureTests/Pinned/figures.txt:
          \(lines.joined(separator: "\n  "))
        To see a difference, run it with the code before and after the change, and compare the files:
          winosim simulate TRACE --config MACHINE --output FOLDER
          winosim compare COMPARISON --output FOLDER
          winosim sweep SWEEP --output FOLDER --shard I/N
        Where the model was meant to change, record the figures with WINOSIM_RECORD=1, and give the reason in the commit.
        """
    }
}
