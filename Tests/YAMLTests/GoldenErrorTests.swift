import Files
import TestSupport
import Testing
import YAML

/// The reader of the broken documents of `Errors/`.
private enum Fixture {
    enum Mode: String, CaseIterable {
        case fast
        case small
        case balanced
    }

    static func decode(_ root: Node) throws {
        let decoder = try MappingDecoder(root, what: "the document")
        _ = try decoder.required("name").string()
        _ = try decoder.optional("rows")?.integer(in: 1...1024)
        _ = try decoder.optional("total")?.integer(in: 0...Int.max)
        _ = try decoder.optional("density")?.real(in: 0...1)
        _ = try decoder.optional("quantize")?.boolean()
        _ = try decoder.optional("mode")?.choice(Mode.self, what: "mode")
        _ = try decoder.optional("capacity")?.wholeQuantity(.capacity, in: 1...(1 << 40))
        _ = try decoder.optional("clock")?.quantity(.frequency, in: 1e3...1e12)
        _ = try decoder.optional("width")?.wholeQuantity(.width, in: 1...64)
        _ = try decoder.optional("energy")?.quantity(.energy)
        _ = try decoder.optional("pulses")?.wholeQuantity(.energy, in: 1...1000)
        _ = try decoder.optional("supply")?.quantity(.voltage, in: 0.6...1.3)
        _ = try decoder.optional("leakage")?.quantity(.power, in: 0.5...2000)
        _ = try decoder.optional("area")?.quantity(.area)
        _ = try decoder.optional("ambient")?.quantity(.temperature)
        for element in try decoder.optional("list")?.elements() ?? [] { _ = try element.integer(in: 0...9) }
        if let inner = decoder.optional("inner") {
            let decoder = try MappingDecoder(inner, what: "inner")
            _ = try decoder.required("fifo_depth").integer(in: 1...1024)
            decoder.allow("comment", "note")
            try decoder.finish()
        }
        try decoder.finish()
    }
}

@Suite struct GoldenErrorTests {
    static let pinned = PinnedTexts("Errors")
    static let names = pinned.names(ending: ".yaml")

    @Test func allDocumentsAreFound() { #expect(Self.names.count >= 40) }

    @Test(arguments: names) func messageMatchesTheGolden(of name: String) throws {
        let bytes = [UInt8](try Self.pinned.bytes(name))
        let error = try #require(throws: InputError.self) {
            try Fixture.decode(Document.parse(bytes: bytes, file: name))
        }
        let message = "\(error)\n"
        #expect(message == (try Self.pinned.message(for: name, observed: message)))
    }
}
