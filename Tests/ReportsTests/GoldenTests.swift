import Reports
import TestSupport
import Testing

/// The whole text of every report on a small result made up by hand.
@Suite struct GoldenTests {
    static let pinned = PinnedTexts("Golden")

    private func compare(_ bytes: [UInt8], with name: String) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text == (try Self.pinned.expected(name, observed: text)))
    }

    @Test func layers() throws { try compare(HandMade.report().layersCSV(), with: "layers.csv") }

    @Test func energy() throws { try compare(HandMade.report().energyCSV(), with: "energy.csv") }

    @Test func area() throws { try compare(HandMade.report().areaCSV(), with: "area.csv") }

    @Test func sensitivity() throws { try compare(HandMade.report().sensitivityCSV(), with: "sensitivity.csv") }

    @Test func summary() throws { try compare(HandMade.report().summaryJSON(), with: "summary.json") }

    @Test func terminal() throws { try compare(Array(HandMade.report().terminal().utf8), with: "terminal.txt") }
}
