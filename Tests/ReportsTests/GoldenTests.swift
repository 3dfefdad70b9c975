import Foundation
import Reports
import Testing

/// The whole text of every report on a small result made up by hand.
@Suite struct GoldenTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden")

    private func compare(_ bytes: [UInt8], with name: String) throws {
        let url = Self.folder.appendingPathComponent(name)
        if ProcessInfo.processInfo.environment["WINOSIM_RECORD"] == "1" {
            try Data(bytes).write(to: url)
            Issue.record("recorded \(name) anew: look at it, then run without WINOSIM_RECORD")
            return
        }
        let expected = String(decoding: try Data(contentsOf: url), as: UTF8.self)
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    @Test func layers() throws { try compare(HandMade.report().layersCSV(), with: "layers.csv") }

    @Test func energy() throws { try compare(HandMade.report().energyCSV(), with: "energy.csv") }

    @Test func summary() throws { try compare(HandMade.report().summaryJSON(), with: "summary.json") }

    @Test func terminal() throws { try compare(Array(HandMade.report().terminal().utf8), with: "terminal.txt") }
}
