import Files
import Testing
import YAML

@testable import Hardware

/// What `mapping.layers` and `mapping.tiles` ask for, and what of it is refused.
@Suite struct LayerPinTests {
    private func machine(_ mapping: String, _ array: String = "{}") throws -> Configuration {
        try Configuration.decode(
            Document.parse("{mapping: \(mapping), pe_array: \(array)}", file: "machine"))
    }

    @Test func laterPatternsReplaceEarlierOnes() throws {
        let machine = try machine(
            "{layers: {\"conv*\": {algorithm: direct, filters_per_pe: 1}, conv4_1: {algorithm: winograd, balance: none}}}"
        )
        let pins = try #require(machine.mapping.pins(of: "conv4_1"))
        #expect(pins.algorithm == .winograd && pins.filtersPerPE == 1 && pins.balance == Balance.none)
        #expect(machine.mapping.pins(of: "conv5")?.algorithm == .direct)
        #expect(machine.mapping.pins(of: "fc") == nil)
        let pinned = machine.pinned(pins)
        #expect(pinned.peArray.filtersPerPE == 1 && pinned.peArray.balance == .none)
        #expect(pinned.mapping.algorithm == machine.mapping.algorithm)
    }

    @Test(arguments: [
        (
            "{layers: {a: {filters_per_pe: 3}}}",
            "mapping.layers \"a\": filters_per_pe is 3, and the hardware has 2 (pe_array.filters_per_pe); expected 1 to 2"
        ),
        (
            "{layers: {a: {tiles_per_pe: 2}}}",
            "mapping.layers \"a\": tiles_per_pe is 2, and the hardware has 1 (pe_array.tiles_per_pe); expected 1 to 1"
        ),
        (
            "{layers: {a: {step_width: 32}}}",
            "mapping.layers \"a\": step_width is 32, and the hardware has 16 (the bits of a PE's mask, by "
                + "mapping.step_width and step); expected 1 to 16"
        ),
        (
            "{tiles: [2, 4], layers: {a: {tile: 3}}}",
            "mapping.layers \"a\": tile is 3, and the transform units have 2 or 4 (mapping.tiles); expected 2 or 4"
        ),
        ("{tiles: [3, 4]}", "mapping.tile is 2, and mapping.tiles are 3, 4: expected `tile` to be one of `tiles`"),
        ("{tiles: []}", "found an empty list, expected at least one number, or auto"),
        ("{tiles: [2, 2]}", "found a number twice in [2, 2]"),
        ("{layers: [a]}", "as layers, expected patterns of layers: {\"conv4_*\": {algorithm: direct}}"),
        ("{layers: {a: {filters: 3}}}", "unknown key \"filters\""),
    ]) func whatTheHardwareCannotDoIsRefused(_ mapping: String, _ message: String) {
        let error = #expect(throws: InputError.self) { try machine(mapping) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }

    /// Area and widths cover the largest tile, and all positions where steps hold them.
    @Test func theHardwareCoversAllTiles() throws {
        let one = try machine("{tile: 2}")
        let two = try machine("{tile: 2, tiles: [4, 2]}")
        #expect(two.mapping.tiles == [2, 4] && two.mapping.largestTile == 4)
        #expect(two.outputPort.count == 4 * one.outputPort.count)
        #expect(two.maskBits == 16)
        #expect(try machine("{step: positions, tile: 2, tiles: [2, 4]}").maskBits == 36)
        #expect(try machine("{step: positions, algorithm: direct, step_width: 8}").maskBits == 9)
    }
}
