import Energy
import Files
import TestSupport
import Testing

/// Every `Errors/*.yaml` is a broken energy table, every `Errors/sram/*.yaml` a broken SRAM table and every
/// `Errors/scaling/*.yaml` a broken scaling table; the `.expected` beside it is the message.
@Suite struct GoldenErrorTests {
    static let tables = PinnedTexts("Errors")
    static let memories = PinnedTexts("Errors/sram")
    static let scalings = PinnedTexts("Errors/scaling")

    @Test func allTablesAreFound() {
        #expect(Self.tables.names(ending: ".yaml").count >= 41)
        #expect(Self.memories.names(ending: ".yaml").count >= 39)
        #expect(Self.scalings.names(ending: ".yaml").count >= 21)
    }

    @Test(arguments: tables.names(ending: ".yaml")) func energyTableErrorsMatchTheGolden(name: String) throws {
        try check(name, of: Self.tables) { try EnergyTable.load(path: $0) }
    }

    @Test(arguments: memories.names(ending: ".yaml")) func sramTableErrorsMatchTheGolden(name: String) throws {
        try check(name, of: Self.memories, SRAMTable.load)
    }

    @Test(arguments: scalings.names(ending: ".yaml")) func scalingTableErrorsMatchTheGolden(name: String) throws {
        try check(name, of: Self.scalings, TechnologyScaling.load)
    }

    private func check<T>(_ name: String, of pinned: PinnedTexts, _ load: (String) throws -> T) throws {
        let error = try #require(throws: InputError.self) { try load(pinned.path(name)) }
        let message = "\(error)\n".replacing(pinned.folder + "/", with: "")
        #expect(message == (try pinned.message(for: name, observed: message)))
    }
}
