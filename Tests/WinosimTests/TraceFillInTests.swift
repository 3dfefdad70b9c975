import Foundation
import TestSupport
import Testing

@Suite struct TraceFillInTests {
    let folder: Folder

    init() throws {
        folder = try Folder.withTraces()
        let manifest = try folder.text("trace.yaml")
        let trained = manifest.replacing("weights: {density: 0.5}", with: "weights: {density: 0.5, domain: winograd}")
        try folder.write(trained, to: "trained.yaml")
        try folder.write(manifest.replacing("padding: 1}", with: "stride: 2}"), to: "strided.yaml")
    }

    private func fillIn(_ arguments: String) throws -> Outcome {
        try Program.shell("COLUMNS=140 \"$WINOSIM\" trace fill-in \(arguments)", in: folder)
    }

    private func layers(_ outcome: Outcome) throws -> [[String: Any]] {
        let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
        return try #require(object?["layers"] as? [[String: Any]], "\(outcome)")
    }

    @Test func theTableHasARowALayer() throws {
        let outcome = try fillIn("trace.yaml")
        #expect(outcome.code == 0 && outcome.talk.isEmpty, "\(outcome)")
        let lines = outcome.output.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        // The weights' values are -2 to 2 in turn, the inputs' 0 to 3: 43 of 54 and 54 of 72 are not zero.
        let first = try #require(lines.first { $0.hasPrefix("conv1 ") }, "\(outcome)")
        #expect(first.hasPrefix("conv1 winograd-2x2-3x3 none 79.6 "), "\(first)")
        #expect(first.contains(" 75.0 75.0 "), "\(first)")
        // Densities have no signs, so nothing is known of a ReLU in the Winograd domain.
        let second = try #require(lines.first { $0.hasPrefix("conv2 ") }, "\(outcome)")
        #expect(second.hasPrefix("conv2 winograd-2x2-3x3 spatial ") && second.hasSuffix(" -"), "\(second)")
        #expect(!outcome.output.contains("Left out"), "\(outcome)")
    }

    @Test func jsonAndCSVHaveTheSameFigures() throws {
        let outcome = try fillIn("trace.yaml --json --csv out.csv")
        #expect(outcome.code == 0 && outcome.talk == "written: out.csv\n", "\(outcome)")
        let rows = try folder.text("out.csv").split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        #expect(rows.count == 3 && rows.allSatisfy { $0.count == rows[0].count })
        #expect(try layers(outcome).count == 2)
        // As text: a parser need not give back the same double.
        let objects = outcome.output.components(separatedBy: "    {\n").dropFirst()
        for (row, object) in zip(rows.dropFirst(), objects) {
            for (name, value) in zip(rows[0], row) {
                let text = value.isEmpty ? "null" : Double(value) == nil ? "\"\(value)\"" : value
                #expect(
                    object.contains("\n      \"\(name)\": \(text)") || object.hasPrefix("      \"\(name)\": \(text)"))
            }
        }
        let missing = try fillIn("trace.yaml --csv gone/out.csv")
        #expect(missing.code == 73 && missing.output.isEmpty, "\(missing)")
    }

    @Test func theTileCanBeChanged() throws {
        let own = try layers(fillIn("trace.yaml --json"))
        let four = try layers(fillIn("trace.yaml --json --tile 4"))
        #expect(four.map { $0["algorithm"] as? String } == ["winograd-4x4-3x3", "winograd-4x4-3x3"])
        for (a, b) in zip(own, four) {
            #expect(a["pixel_density"] as? Double == b["pixel_density"] as? Double)
            let (before, after) = (a["weight_density_after"] as? Double, b["weight_density_after"] as? Double)
            #expect(try #require(before) < #require(after))
        }
        let trained = try fillIn("trained.yaml --tile 4")
        #expect(trained.code == 65 && trained.output.isEmpty, "\(trained)")
        #expect(trained.talk.hasPrefix("trained.yaml:") && trained.talk.contains("layer \"conv2\": "), "\(trained)")
        #expect(trained.talk.contains("no form at tile 4"), "\(trained)")
        for tile in ["0", "8", "x"] {
            let outcome = try fillIn("trace.yaml --tile \(tile)")
            #expect(outcome.code == 64 && outcome.talk.contains("--tile"), "\(outcome)")
        }
    }

    @Test func layersWithoutAWinogradFormAreNamed() throws {
        let strided = try fillIn("strided.yaml")
        #expect(strided.code == 0 && strided.talk.isEmpty, "\(strided)")
        #expect(strided.output.contains("\n  conv1: its stride is 2x2, not 1\n"), "\(strided)")
        #expect(try layers(fillIn("strided.yaml --json")).isEmpty)
        let large = try fillIn("trace.yaml --tile 7")
        #expect(large.output.contains("  conv2: F(7x7,3x3) has 9x9 positions, and a mask holds 64\n"), "\(large)")
    }

    @Test func layersCanBeSelected() throws {
        let one = try layers(fillIn("trace.yaml --json --layers '*2'"))
        #expect(one.map { $0["layer"] as? String } == ["conv2"])
        let none = try fillIn("trace.yaml --layers conv22")
        #expect(none.code == 65 && none.output.isEmpty, "\(none)")
        #expect(none.talk.contains("no layer matches \"conv22\": did you mean \"conv2\"?"), "\(none)")
        let empty = try fillIn("''")
        #expect(empty.code == 64 && empty.talk.contains("<trace>"), "\(empty)")
    }
}
