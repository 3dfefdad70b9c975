import Foundation
import Testing

/// The content that a digest covers, and that it omits.
@Suite struct DigestTests {
    private static let table = "layer,cycles,bound_by,note,table\nconv1,10,array,as asked,default\n"
    private static let summary = """
        {"program": {"name": "winosim", "version": "1"}, "trace": {"name": "t", "path": "a.yaml", "digest": "00ff"},
         "configuration_yaml": "a: 1", "energy_point": {"sram": "text", "pe_pitch_mm": 0.5}, "warnings": ["one"],
         "columns": [{"name": "cycles", "unit": "cycles", "description": "text"}],
         "layers": [{"layer": "conv1", "cycles": 10, "note": null}]}
        """

    private func csv(_ text: String) throws -> String { try Digest.csv(Array(text.utf8)) }

    private func json(_ text: String) throws -> String { try Digest.json(Array(text.utf8)) }

    @Test(arguments: [("as asked", "\"a note, \"\"reworded\"\"\nin two lines\""), ("as asked", "")])
    func proseOfTablesIsLeftOut(text: String, replacement: String) throws {
        #expect(try csv(Self.table.replacingOccurrences(of: text, with: replacement)) == csv(Self.table))
    }

    @Test(arguments: [
        ("10", "11"), ("array", "drain"), ("cycles", "cycle"), ("conv1", "conv2"), ("default", "logic-40nm"),
        ("10,array", "array,10"), ("\nconv1", "\nconv1,0,array,,default\nconv1"),
    ])
    func figuresOfTablesCount(text: String, replacement: String) throws {
        let changed = Self.table.replacingOccurrences(of: text, with: replacement)
        #expect(changed != Self.table)
        #expect(try csv(changed) != csv(Self.table))
    }

    @Test func unknownColumnsCount() throws {
        #expect(try csv("layer,new\nconv1,1\n") != csv("layer,new\nconv1,2\n"))
        #expect(try json("{\"new\": 1}") != json("{\"new\": 2}"))
        #expect(try json("{\"new\": 1}") != json("{\"new\": \"1\"}"))
    }

    @Test func onlyThePresenceOfAReasonCounts() throws {
        let failed = try csv("point,error\n1,no room\n")
        #expect(try csv("point,error\n1,too large\n") == failed)
        #expect(try csv("point,error\n1,\n") != failed)
    }

    @Test func fieldsDoNotRunTogether() throws {
        #expect(try csv("a,b\n1,23\n") != csv("a,b\n12,3\n"))
        #expect(try csv("a,b\n\"1,2\",3\n") != csv("a,b\n1,\"2,3\"\n"))
        #expect(throws: Digest.Malformed.self) { try csv("a,b\n1,2,3\n") }
    }

    @Test(arguments: [
        ("\"version\": \"1\"", "\"version\": \"2\""), ("a.yaml", "b.yaml"), ("00ff", "00fe"), ("a: 1", "a: 2"),
        ("\"one\"", "\"one\", \"two\""), ("\"description\": \"text\"", "\"description\": \"other\""),
        ("\"sram\": \"text\"", "\"sram\": \"other\""), ("null", "\"a note\""),
    ])
    func proseOfSummariesIsLeftOut(text: String, replacement: String) throws {
        let changed = Self.summary.replacingOccurrences(of: text, with: replacement)
        #expect(changed != Self.summary)
        #expect(try json(changed) == json(Self.summary))
    }

    @Test(arguments: [
        ("10", "11"), ("0.5", "0.25"), ("\"cycles\": 10", "\"cycle\": 10"), ("winosim", "other"), ("conv1", "conv2"),
        ("\"unit\": \"cycles\"", "\"unit\": \"us\""),
    ])
    func figuresOfSummariesCount(text: String, replacement: String) throws {
        let changed = Self.summary.replacingOccurrences(of: text, with: replacement)
        #expect(changed != Self.summary)
        #expect(try json(changed) != json(Self.summary))
    }
}
