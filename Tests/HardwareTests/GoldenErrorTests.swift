import Foundation
import Hardware
import Testing
import YAML

/// Every `Errors/*.yaml` is a broken configuration; `# set: ` lines in it are overrides. Its `.expected` is the message.
@Suite struct GoldenErrorTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Errors")

    static let names: [String] = {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return all.filter { $0.hasSuffix(".yaml") }.sorted()
    }()

    @Test func thereAreConfigurations() { #expect(Self.names.count >= 45) }

    @Test(arguments: names) func message(of name: String) throws {
        let url = Self.folder.appendingPathComponent(name)
        let text = String(decoding: try Data(contentsOf: url), as: UTF8.self)
        let overrides = text.split(separator: "\n").filter { $0.hasPrefix("# set: ") }.map { String($0.dropFirst(7)) }
        let error = try #require(throws: (any Error).self) {
            try Configuration.load(path: url.path, overrides: overrides)
        }
        #expect(error is InputError || name.hasPrefix("extends-") && error is FileError)
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
