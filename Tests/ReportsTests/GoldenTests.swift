import Reports
import TestSupport
import Testing

/// The whole text of every report on a small invented result.
@Suite struct GoldenTests {
    static let pinned = PinnedTexts("Golden")

    private func compare(_ bytes: [UInt8], with name: String) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text == (try Self.pinned.expected(name, observed: text)))
    }

    @Test func layersMatchTheGolden() throws { try compare(HandMade.report().layersCSV(), with: "layers.csv") }

    @Test func energyMatchesTheGolden() throws { try compare(HandMade.report().energyCSV(), with: "energy.csv") }

    @Test func areaMatchesTheGolden() throws { try compare(HandMade.report().areaCSV(), with: "area.csv") }

    @Test func sensitivityMatchesTheGolden() throws {
        try compare(HandMade.report().sensitivityCSV(), with: "sensitivity.csv")
    }

    @Test func summaryMatchesTheGolden() throws { try compare(HandMade.report().summaryJSON(), with: "summary.json") }

    @Test func terminalTextMatchesTheGolden() throws {
        try compare(Array(HandMade.report().terminal().utf8), with: "terminal.txt")
    }
}
