import Files
import Hardware
import TestSupport
import Testing

/// Every `Errors/*.yaml` is a broken configuration; `# set: ` lines in it are overrides. Its `.expected` is the message.
@Suite struct GoldenErrorTests {
    static let pinned = PinnedTexts("Errors")
    static let names = pinned.names(ending: ".yaml")

    @Test func allConfigurationsAreFound() { #expect(Self.names.count >= 45) }

    @Test(arguments: names) func messageMatchesTheGolden(of name: String) throws {
        let text = try Self.pinned.text(name)
        let overrides = text.split(separator: "\n").filter { $0.hasPrefix("# set: ") }.map { String($0.dropFirst(7)) }
        let error = try #require(throws: (any Error).self) {
            try Configuration.load(path: Self.pinned.path(name), overrides: overrides.map(Override.init(_:)))
        }
        #expect(error is InputError || name.hasPrefix("extends-") && error is FileError)
        let message = "\(error)\n".replacing(Self.pinned.folder + "/", with: "")
        #expect(message == (try Self.pinned.message(for: name, observed: message)))
    }
}
