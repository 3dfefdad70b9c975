import Energy
import Foundation
import Testing
import YAML

/// Every `Errors/*.yaml` is a broken energy table, and its `.expected` the message.
@Suite struct GoldenErrorTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Errors")

    static let names: [String] = {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return all.filter { $0.hasSuffix(".yaml") }.sorted()
    }()

    @Test func thereAreTables() { #expect(Self.names.count >= 18) }

    @Test(arguments: names) func message(of name: String) throws {
        let url = Self.folder.appendingPathComponent(name)
        let error = try #require(throws: InputError.self) { try EnergyTable.load(path: url.path) }
        let message = "\(error)\n".replacing(Self.folder.path + "/", with: "")
        let expected = url.deletingPathExtension().appendingPathExtension("expected")
        if ProcessInfo.processInfo.environment["WINOSIM_RECORD"] == "1" {
            try Data(message.utf8).write(to: expected)
            Issue.record("recorded \(expected.lastPathComponent) anew: look at it, then run without WINOSIM_RECORD")
            return
        }
        #expect(message == String(decoding: try Data(contentsOf: expected), as: UTF8.self))
    }
}
