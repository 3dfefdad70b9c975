import Files
import TestSupport
import Testing
import YAML

@Suite struct FuzzTests {
    private static let document = """
        # a document with everything in it
        name: "mobile \\u00e9"
        clock: 800 MHz
        pe_array: {rows: 16, columns: 16, list: [1, 2.5, true, ~]}
        buffer: &b
          capacity: 512 KiB
          text: |
            a block
            of text
          folded: >-
            one
            two
        other: *b
        ? explicit
        : - a
          - [b, 'c', !!str d]
        ...

        """

    @Test(arguments: 0..<8) func mutatedDocumentsParseOrThrow(part: Int) {
        let pieces = [
            "\t", "\0", "[", "{", "]", "}", ":", "- ", "*b", "&c ", "<<: ", "\n", "  ", "\"", "'", "!x ", "\u{FEFF}",
            "---\n", "%A", "?",
        ]
        let original = Array(Self.document.utf8)
        var outcomes = (parsed: 0, refused: 0)
        for round in 0..<600 {
            let seed = UInt64(part * 600 + round)
            var random = SeededGenerator(seed: seed)
            var bytes = original
            for _ in 0...random.below(4) {
                let place = random.below(bytes.count)
                switch random.below(5) {
                case 0: bytes[place] = random.byte()
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(contentsOf: Array(pieces[random.below(pieces.count)].utf8), at: place)
                case 3: bytes.removeSubrange(place..<min(place + random.below(30), bytes.count))
                default:
                    let from = random.below(bytes.count)
                    bytes.insert(contentsOf: bytes[from..<min(from + random.below(40), bytes.count)], at: place)
                }
                if bytes.isEmpty { bytes = [0x61] }
            }
            do {
                try Self.readEverything(Document.parse(bytes: bytes, file: "f"))
                outcomes.parsed += 1
            } catch let error as InputError {
                outcomes.refused += 1
                #expect(error.mark.map { $0.line > 0 && $0.column > 0 } ?? false, "seed \(seed): \(error)")
            } catch {
                Issue.record("seed \(seed): \(error)")
            }
        }
        #expect(outcomes.parsed > 20 && outcomes.refused > 20)
    }

    /// Calls every typed read on every node: each returns a value or throws.
    private static func readEverything(_ node: Node) throws {
        _ = try? node.integer(in: 0...9)
        _ = try? node.real()
        _ = try? node.boolean()
        for kind in QuantityKind.allCases { _ = try? node.wholeQuantity(kind, in: 0...Int.max) }
        for entry in node.entries ?? [] {
            _ = entry.key.error("x").description
            try readEverything(entry.value)
        }
        for element in (try? node.elements()) ?? [] { try readEverything(element) }
        if let text = node.text {
            let again = try Document.parse("- " + yamlScalar(text), file: "f").elements()[0]
            #expect(again.text == text)
        }
    }
}
