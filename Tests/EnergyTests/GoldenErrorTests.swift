import Energy
import TestSupport
import Testing
import YAML

/// Every `Errors/*.yaml` is a broken energy table, and its `.expected` the message.
@Suite struct GoldenErrorTests {
    static let pinned = PinnedTexts("Errors")
    static let names = pinned.names(ending: ".yaml")

    @Test func thereAreTables() { #expect(Self.names.count >= 18) }

    @Test(arguments: names) func message(of name: String) throws {
        let error = try #require(throws: InputError.self) { try EnergyTable.load(path: Self.pinned.path(name)) }
        let message = "\(error)\n".replacing(Self.pinned.folder + "/", with: "")
        #expect(message == (try Self.pinned.message(for: name, observed: message)))
    }
}
