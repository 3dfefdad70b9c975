import Comparisons
import Files
import TestSupport
import Testing

@Suite struct ComparisonFileTests {
    static let pinned = PinnedTexts("Errors")

    static let good = """
        format: winosim-comparison/1
        name: small
        description: two machines
        baseline: dense
        runs:
          - name: dense
            trace: traces/dense.yaml
            configurations: {multipliers: machines/dense.yaml, area: machines/large.yaml}
          - name: sparse
            trace: ../other/sparse.yaml
            configurations: {multipliers: /machines/sparse.yaml, area: machines/sparse.yaml}
            set: [pe_array.lookahead=1]
        cases:
          - {name: ideal, configurations: multipliers, set: ["dram={model: ideal}"]}
          - {name: four images, configurations: area, batch: 4}
        published:
          source: a paper
          run: sparse
          multiply_reduction: 10.4
          without: [conv1]
          over_earlier: {from: 2.0, to: 3.0}
          earlier: [dense]
        """

    /// Runs of each case in the file's order, with paths from its folder, a run's own keys before the case's.
    @Test func everythingIsRead() throws {
        try withFiles(["deep/small.yaml": Self.good]) { folder in
            let comparison = try Comparison.load(path: folder + "/deep/small.yaml")
            #expect(comparison.name == "small" && comparison.description == "two machines")
            #expect(comparison.baseline == "dense")
            #expect(comparison.cases.map(\.name) == ["ideal", "four images"])
            #expect(
                comparison.cases[0].runs == [
                    ComparisonRun(
                        name: "dense", trace: folder + "/deep/traces/dense.yaml",
                        configuration: folder + "/deep/machines/dense.yaml", overrides: ["dram={model: ideal}"]),
                    ComparisonRun(
                        name: "sparse", trace: folder + "/other/sparse.yaml", configuration: "/machines/sparse.yaml",
                        overrides: ["pe_array.lookahead=1", "dram={model: ideal}"]),
                ])
            #expect(comparison.cases[1].runs.map(\.batch) == [4, 4])
            #expect(comparison.cases[1].runs[0].configuration == folder + "/deep/machines/large.yaml")
            #expect(
                comparison.published
                    == PublishedFigures(
                        source: "a paper", run: "sparse", reduction: 10.4, without: ["conv1"], overEarlier: 2...3,
                        earlier: ["dense"]))
        }
    }

    @Test func theFirstRunIsTheBaselineWhereNoneIsNamed() throws {
        try withFiles(["small.yaml": Self.good.replacing("baseline: dense\n", with: "")]) { folder in
            let comparison = try Comparison.load(path: folder + "/small.yaml")
            #expect(comparison.baseline == "dense")
        }
    }

    @Test func allBrokenFilesAreFound() { #expect(Self.pinned.names(ending: ".yaml").count >= 20) }

    @Test(arguments: pinned.names(ending: ".yaml")) func brokenFilesGiveTheirMessage(of name: String) throws {
        let error = try #require(throws: InputError.self) { try Comparison.load(path: Self.pinned.path(name)) }
        let message = "\(error)\n".replacing(Self.pinned.folder + "/", with: "")
        #expect(message == (try Self.pinned.message(for: name, observed: message)))
    }
}
